"""Feeds of invented stories and digests, for the tests of published feeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from digests_samples import SLOT, renderer, subscription
from policywatch.digests.feeds import issues, stories
from policywatch.digests.feeds.formats import FORMATS

HOME = "https://watch.example.org/"
CHINA = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 22, 23, 1, tzinfo=UTC)


@cache
def words(language="zh-CN"):
    return renderer().catalogue(language)


def listed(found):
    """Stories with when they came, the first of them last."""
    return [(one, AT + timedelta(minutes=len(found) - number)) for number, one in enumerate(found)]


def watchlist_feed(found, name="脑机接口"):
    return stories.of_watchlist(name, listed(found), words(), CHINA)


def digest_feed(*rendered, spec=None):
    made = [issues.issue(f"slot {number}", SLOT + timedelta(days=number), one) for number, one in enumerate(rendered)]
    return issues.of_subscription(spec or subscription(), made[::-1], words())


def written(feed, ending):
    return FORMATS[ending].document(feed, f"{HOME}feeds/watchlist/x.{ending}", HOME)


def document(found, ending, name="脑机接口"):
    return written(watchlist_feed(found, name), ending)
