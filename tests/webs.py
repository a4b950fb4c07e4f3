"""A web application for tests, with the shipped templates."""

from __future__ import annotations

import functools
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from starlette.requests import Request

from policywatch.digests.render import Renderer
from policywatch.digests.status import StatusView
from policywatch.store.newest import CameIn
from policywatch.web.drawing import Drawing
from policywatch.web.pages.sources import Rhythm, SourcesPage
from policywatch.web.pages.today import TodayPage
from policywatch.web.site import Site

TEMPLATES = Path(__file__).parents[1] / "templates"


def site_of(plan, db, renderer, now, last_tick=None, **more) -> Site:
    """What the pages are made from; `now` and `last_tick` are functions."""
    return Site(
        plan=plan,
        db=db,
        renderer=renderer,
        drawing=Drawing(TEMPLATES / "web", renderer, language=plan.language, zone=plan.zone, now=now),
        style=(TEMPLATES / "web" / "style.css").read_text(encoding="utf-8"),
        now=now,
        last_tick=last_tick or now,
        **more,
    )


def today(view: StatusView, language: str = "zh-CN") -> str:
    """The page Today of a moment without news."""
    return _drawn("today", TodayPage(view, len(view.sources), "", CameIn(0, 0, 0), view.now, (), ()), view, language)


def sources(view: StatusView, language: str = "zh-CN") -> str:
    """The page of the sources, which brought nothing of late."""
    rhythms = {one.id: Rhythm((), "", 1, 0) for one in view.sources}
    return _drawn("sources", SourcesPage(view, rhythms, 0, ""), view, language)


def _drawn(template: str, page: object, view: StatusView, language: str) -> str:
    request = Request({"type": "http", "path": "/", "query_string": b"", "headers": [], "server": ("127.0.0.1", 80)})
    return _drawing(view.now).draw(template, language, page, request)


@functools.cache
def _drawing(now: datetime) -> Drawing:
    renderer = Renderer(jinja2.FileSystemLoader(TEMPLATES), is_shipped=True)
    return Drawing(TEMPLATES / "web", renderer, language="zh-CN", zone=ZoneInfo("Asia/Shanghai"), now=lambda: now)
