"""What came in last: of each source, of each watch-list, today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LOOKED_AT = 60
"""Of each watch-list so many of the newest hits are looked at: several may be of one story."""
_DAY = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """An article in a line: the one that stands for its story, or one of a source."""

    story: int
    title: str
    url: str
    source: str
    published: datetime | None
    at: datetime
    """When it came in."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A day by which something must be done, and the story that says so."""

    day: date
    kind: str
    story: int
    title: str


@dataclass(frozen=True, slots=True)
class CameIn:
    """How much came in since a moment."""

    articles: int
    stories: int
    """Those that a watch-list wants."""
    mails: int
    """That were handed over."""


def of_watchlists(tx: Connection, watchlists: Sequence[str], limit: int) -> list[Line]:
    """The newest stories of a watch-list or several together, newest first."""
    found: dict[int, int] = {}
    for watchlist in watchlists:
        rows = tx.execute(
            text(
                """
                SELECT article.story_id, newest.matched_at FROM (
                    SELECT article_id, matched_at FROM hit WHERE watchlist = :watchlist
                    ORDER BY matched_at DESC LIMIT :looked) AS newest
                JOIN article ON article.id = newest.article_id
                """
            ),
            {"watchlist": watchlist, "looked": LOOKED_AT},
        )
        for row in rows:
            found[row.story_id] = max(row.matched_at, found.get(row.story_id, 0))
    newest = sorted(found, key=lambda story: (-found[story], -story))[:limit]
    if not newest:
        return []
    rows = tx.execute(
        text(
            """
            SELECT story.id AS story_id, article.title, article.url, article.published_at, article.fetched_at,
                source.name, source.id AS source
            FROM story JOIN article ON article.id = story.head_id JOIN source ON source.id = article.source
            WHERE story.id IN :stories
            """
        ).bindparams(bindparam("stories", expanding=True)),
        {"stories": newest},
    )
    lines = {
        row.story_id: Line(
            row.story_id,
            row.title,
            row.url,
            row.name or row.source,
            values.moment(row.published_at),
            values.required(found[row.story_id]),
        )
        for row in rows
    }
    return [lines[story] for story in newest if story in lines]


def of_source(tx: Connection, source: str, limit: int) -> list[Line]:
    """The newest articles of a source, newest first."""
    rows = tx.execute(
        text(
            """
            SELECT story_id, title, url, published_at, fetched_at FROM article
            WHERE source = :source ORDER BY id DESC LIMIT :limit
            """
        ),
        {"source": source, "limit": limit},
    )
    return [
        Line(
            row.story_id,
            row.title,
            row.url,
            source,
            values.moment(row.published_at),
            values.required(row.fetched_at),
        )
        for row in rows
    ]


def daily(tx: Connection, until: datetime, days: int, source: str | None = None) -> dict[str, tuple[int, ...]]:
    """How many articles each source brought in each of the last days of 24 hours; the one that ends at `until` last.

    Only sources that brought any; of all, or of the one that is named.
    """
    end = values.micros(until) or 0
    rows = tx.execute(
        text(
            f"""
            SELECT source, ago, count(*) AS number FROM (
                SELECT source, (:end - fetched_at) / :day AS ago FROM article
                WHERE fetched_at > :begin AND fetched_at <= :end {"AND source = :source" if source is not None else ""}
            ) AS counted GROUP BY source, ago
            """  # noqa: S608  # words of our own
        ),
        {"end": end, "begin": end - days * _DAY, "day": _DAY} | ({"source": source} if source is not None else {}),
    )
    found: dict[str, list[int]] = {}
    for name, ago, number in rows:
        found.setdefault(name, [0] * days)[days - 1 - ago] = number
    return {name: tuple(counts) for name, counts in found.items()}


def came_in(tx: Connection, since: datetime) -> CameIn:
    """What came in since a moment."""
    at = {"since": values.micros(since)}
    return CameIn(
        articles=tx.execute(text("SELECT count(*) FROM article WHERE fetched_at >= :since"), at).scalar_one(),
        stories=tx.execute(
            text(
                "SELECT count(DISTINCT story_id) FROM article WHERE fetched_at >= :since "
                "AND EXISTS (SELECT 1 FROM hit WHERE hit.article_id = article.id)"
            ),
            at,
        ).scalar_one(),
        mails=tx.execute(
            text("SELECT count(*) FROM message WHERE state = 'sent' AND settled_at >= :since"), at
        ).scalar_one(),
    )


def ending(tx: Connection, first: date, last: date, limit: int) -> list[Ending]:
    """The deadlines from `first` to `last`, both included, of stories that a watch-list wants, the nearest first."""
    rows = tx.execute(
        text(
            """
            SELECT deadline.day, article.story_id, min(deadline.kind) AS kind, min(head.title) AS title
            FROM deadline JOIN article ON article.id = deadline.article_id
                JOIN story ON story.id = article.story_id JOIN article AS head ON head.id = story.head_id
            WHERE deadline.day >= :first AND deadline.day <= :last
                AND EXISTS (SELECT 1 FROM hit WHERE hit.article_id = article.id)
            GROUP BY deadline.day, article.story_id ORDER BY deadline.day, article.story_id LIMIT :limit
            """
        ),
        {"first": first.isoformat(), "last": last.isoformat(), "limit": limit},
    )
    return [Ending(date.fromisoformat(row.day), row.kind, row.story_id, row.title) for row in rows]
