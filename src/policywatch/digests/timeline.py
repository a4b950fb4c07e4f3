"""Spans of time, and what watch-lists have in each of them, as tables and plots."""

from __future__ import annotations

import csv
import io
from bisect import bisect
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from policywatch.digests.plots import Bar, Plot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from policywatch.digests.catalogue import Catalogue

By = Literal["week", "month"]
MOST_SPANS = 520
"""Ten years of weeks."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a watch-list has under one key of one table."""

    watchlist: str
    by: str
    """`week`, `month`, `region`, `issuer` or `first`."""
    key: str
    articles: int
    stories: int


def days(by: By, since: date, until: date) -> tuple[date, ...]:
    """The first days of the weeks (Mondays) or months that a time touches, and the day after the last of them.

    At most the last MOST_SPANS.
    """
    day = since - timedelta(days=since.weekday()) if by == "week" else since.replace(day=1)
    found = [day]
    while day <= until:
        day = _next(by, day)
        found.append(day)
    return tuple(found[-MOST_SPANS - 1 :])


def _next(by: By, day: date) -> date:
    return day + timedelta(days=7) if by == "week" else (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def bounds(by: By, since: datetime, until: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """As `days`, as moments: midnight in the zone."""
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    return tuple(datetime.combine(day, time(), zone) for day in days(by, first, last))


def counted(moments: Iterable[tuple[datetime, int]], spans: Sequence[datetime]) -> list[tuple[int, int]]:
    """(articles, stories) in each span, of articles given with their moments and stories; others are left out."""
    stories: list[list[int]] = [[] for _ in spans[1:]]
    for at, story in moments:
        place = bisect(spans, at) - 1
        if 0 <= place < len(stories):
            stories[place].append(story)
    return [(len(some), len(set(some))) for some in stories]


def plot(name: str, spans: Sequence[datetime], counts: Sequence[tuple[int, int]], by: By, words: Catalogue) -> Plot:
    """Articles and, darker, stories of one list; `counts` has one pair for each span."""
    first, last = spans[0], spans[-1] - timedelta(days=1)
    return Plot(
        title=words.text("trends.plot", name=name),
        description=words.text(
            "trends.plot_of",
            n=sum(articles for articles, _ in counts),
            first=words.day(first, last),
            last=words.day(last),
            most=max((articles for articles, _ in counts), default=0),
        ),
        bars=tuple(
            Bar(
                label=f"{span:%m-%d}" if by == "week" else f"{span:%Y-%m}",
                words=words.text("trends.bar", day=_named(span, by), articles=articles, stories=stories),
                whole=articles,
                part=stories,
            )
            for span, (articles, stories) in zip(spans, counts, strict=False)
        ),
    )


def _named(span: datetime, by: By) -> str:
    return f"{span:%Y-%m-%d}" if by == "week" else f"{span:%Y-%m}"


def rows(name: str, spans: Sequence[datetime], counts: Sequence[tuple[int, int]], by: By) -> list[Row]:
    """The same as rows of a table."""
    return [
        Row(name, by, _named(span, by), articles, stories)
        for span, (articles, stories) in zip(spans, counts, strict=False)
    ]


def table(found: Sequence[Row]) -> str:
    """As CSV (RFC 4180), its head in English whatever the language: other programs read it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["watchlist", "by", "key", "articles", "stories"])
    writer.writerows([_harmless(one.watchlist), one.by, _harmless(one.key), one.articles, one.stories] for one in found)
    return out.getvalue()


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (names of sources come from outside)."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def lines(found: Sequence[Row], words: Catalogue) -> list[str]:
    """As a table for people, a part for each list and key."""
    said: list[str] = []
    parts: dict[tuple[str, str], list[Row]] = {}
    for one in found:
        parts.setdefault((one.watchlist, one.by), []).append(one)
    for (name, by), some in parts.items():
        said += ["", f"{name} · {words.text(f'trends.{by}')}"]
        for one in some:
            key = one.key or words.text("trends.none_known")
            numbers = f"{one.stories:>7,}" if by == "first" else f"{one.articles:>7,} {one.stories:>7,}"
            said.append(f"{numbers}  {key}")
    return said[1:]
