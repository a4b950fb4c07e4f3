"""A web application for tests, with the shipped templates."""

from __future__ import annotations

from pathlib import Path

from policywatch.web.drawing import Drawing
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
