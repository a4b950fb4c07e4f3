"""Invented stories for the tests of digests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jinja2

from policywatch.digests.compose import compose
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.model import Coverage, Excerpt, Hit, Span, Story, TextState

TEMPLATES = Path(__file__).parents[1] / "templates"
SLOT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
LISTS = ("脑机接口", "量子科技", "商业航天")


def renderer(*folders):
    return Renderer(jinja2.FileSystemLoader([str(folder) for folder in (*folders, TEMPLATES)]))


def span(rule, field="body", text=None):
    text = rule if text is None else text
    return Span(rule, field, 0, len(text), text)


def hit(watchlist="脑机接口", score=80.0, spans=None, text="", marks=(), title_marks=()):
    spans = (span(watchlist, "title"),) if spans is None else tuple(spans)
    return Hit(watchlist, score, spans, Excerpt(text, tuple(marks)), tuple(title_marks))


def story(number=1, title="某市建成脑机接口中试平台", hits=None, **changes):
    values = {
        "id": number,
        "article": number,
        "title": title,
        "url": f"https://news.example.org/2026/{number}.html",
        "source": "daily",
        "source_name": "示例日报",
        "publisher": "",
        "published": datetime(2026, 11, 21, 8, 20, tzinfo=UTC),
        "first_seen": datetime(2026, 11, 22, 23, 1, tzinfo=UTC),
        "text_state": TextState.COMPLETE,
        "was_repaired": False,
        "hits": (hit(),) if hits is None else tuple(hits),
    }
    return Story(**{**values, **changes})


def subscription(**changes):
    values = {
        "id": "morning",
        "name": "未来产业早报",
        "to": ["reader@example.org"],
        "watchlists": list(LISTS),
        "digest": {"at": "30 8 * * mon-fri"},
    }
    return SubscriptionSpec.model_validate({**values, **changes})


def digest(stories=None, *, coverage=None, spec=None, kind="digest", public_url=None, lists=LISTS, slot=SLOT):
    return compose(
        spec or subscription(),
        [story()] if stories is None else stories,
        watchlists=lists,
        slot=slot,
        coverage=coverage or Coverage(sources_read=40, articles_read=1316, since=slot - timedelta(days=3)),
        timezone="Asia/Shanghai",
        public_url=public_url,
        kind=kind,
    )
