"""Stories: which articles may be reprints of which, what becomes one story, which article stands for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

AT_ONCE = 8000
"""Numbers named in one statement; SQLite takes 32,766."""
DAY = 86_400_000_000

_PROFILE = text(
    """
    INSERT INTO article_profile (article_id, profile, seen_at) VALUES (:article, :profile, :at)
    ON CONFLICT (article_id) DO UPDATE SET profile = excluded.profile
    """
)
_BAND = text("INSERT INTO article_band (band, article_id) VALUES (:band, :article) ON CONFLICT DO NOTHING")
_KEPT = text("SELECT article_id FROM article_profile WHERE article_id IN :articles").bindparams(
    bindparam("articles", expanding=True)
)
_FORGET = text("DELETE FROM article_band WHERE article_id IN :articles").bindparams(
    bindparam("articles", expanding=True)
)
_SHARING = text(
    """
    SELECT band, article_id, story_id FROM article_band JOIN article ON article.id = article_band.article_id
    WHERE band IN :bands AND fetched_at >= :since ORDER BY article_id
    """
).bindparams(bindparam("bands", expanding=True))
_PROFILES = text(
    """
    SELECT article_id, title, published_at, profile
    FROM article_profile JOIN article ON article.id = article_profile.article_id WHERE article_id IN :articles
    """
).bindparams(bindparam("articles", expanding=True))
_HEADS = text(
    f"""
    UPDATE story SET head_id = (
        SELECT id FROM article WHERE story_id = story.id
        ORDER BY standing, coalesce(published_at, fetched_at) / {DAY}, id LIMIT 1)
    WHERE id IN :stories
    """  # noqa: S608  # a number of our own
).bindparams(bindparam("stories", expanding=True))
_MERGE = tuple(
    map(
        text,
        (
            # What was mailed as one of the two is not mailed again as the other.
            """
            DELETE FROM due WHERE story_id = :into AND run_id IS NULL AND EXISTS (
                SELECT 1 FROM due AS other
                WHERE other.subscription = due.subscription AND other.story_id = :story AND other.run_id IS NOT NULL)
            """,
            """
            UPDATE due SET score = (
                SELECT max(other.score) FROM due AS other
                WHERE other.subscription = due.subscription AND other.story_id IN (:into, :story))
            WHERE story_id = :into AND run_id IS NULL
            """,
            """
            DELETE FROM due WHERE story_id = :story AND EXISTS (
                SELECT 1 FROM due AS other
                WHERE other.subscription = due.subscription AND other.story_id = :into)
            """,
            "UPDATE due SET story_id = :into WHERE story_id = :story",
            """
            DELETE FROM reminder WHERE story_id = :story AND EXISTS (
                SELECT 1 FROM reminder AS other WHERE other.subscription = reminder.subscription
                    AND other.story_id = :into AND other.day = reminder.day AND other.days = reminder.days)
            """,
            "UPDATE reminder SET story_id = :into WHERE story_id = :story",
            """
            DELETE FROM verdict WHERE story_id = :story AND EXISTS (
                SELECT 1 FROM verdict AS other
                WHERE other.subscription = verdict.subscription AND other.story_id = :into
                    AND other.watchlist = verdict.watchlist AND other.reader = verdict.reader)
            """,
            "UPDATE verdict SET story_id = :into WHERE story_id = :story",
            "UPDATE article SET story_id = :into WHERE story_id = :story",
            """
            UPDATE story SET first_seen_at = (SELECT min(first_seen_at) FROM story WHERE id IN (:into, :story))
            WHERE id = :into
            """,
            "DELETE FROM story WHERE id = :story",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an article's reprints are found by."""

    article_id: int
    profile: bytes
    bands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sharing:
    """An article that has a band."""

    band: int
    article_id: int
    story_id: int


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """What an article is compared by."""

    article_id: int
    title: str
    published: datetime | None
    profile: bytes


def keep(tx: Connection, kept: Sequence[Kept], at: datetime) -> None:
    """Keeps what articles are known by; of one that changed, in the place of what was kept before."""
    if not kept:
        return
    before = [row.article_id for row in tx.execute(_KEPT, {"articles": [one.article_id for one in kept]})]
    if before:
        tx.execute(_FORGET, {"articles": before})
    values.add_all(
        tx,
        _PROFILE,
        [{"article": one.article_id, "profile": one.profile, "at": values.micros(at)} for one in kept],
    )
    values.add_all(tx, _BAND, [{"band": band, "article": one.article_id} for one in kept for band in one.bands])


def sharing(tx: Connection, bands: Sequence[int], since: datetime) -> list[Sharing]:
    """Articles fetched since a moment that have one of these bands; once for each that they have."""
    return [
        Sharing(*row)
        for part in _parts(sorted(set(bands)))
        for row in tx.execute(_SHARING, {"bands": part, "since": values.micros(since)})
    ]


def profiles(tx: Connection, articles: Sequence[int]) -> list[ProfileRow]:
    """What the articles are compared by; those whose profile is no longer kept are left out."""
    return [
        ProfileRow(row.article_id, row.title, values.moment(row.published_at), bytes(row.profile))
        for part in _parts(sorted(set(articles)))
        for row in tx.execute(_PROFILES, {"articles": part})
    ]


def of_article(tx: Connection, article_id: int) -> int:
    """The story that an article is in."""
    found: int = tx.execute(text("SELECT story_id FROM article WHERE id = :id"), {"id": article_id}).scalar_one()
    return found


def merge(tx: Connection, story: int, into: int) -> None:
    """Makes two stories one. Who was mailed either is not mailed it again; a waiting one keeps its best score."""
    for statement in _MERGE:
        names = {"story": story, "into": into}
        tx.execute(statement, {name: value for name, value in names.items() if f":{name}" in statement.text})


def choose_heads(tx: Connection, stories: Sequence[int]) -> None:
    """Lets the article nearest to the issuing body stand for each story: of several the earliest."""
    for part in _parts(sorted(set(stories))):
        tx.execute(_HEADS, {"stories": part})


def prune(tx: Connection, before: datetime, limit: int = 2000) -> int:
    """Forgets what articles seen before a moment are known by, `limit` at a time; says of how many."""
    rows = tx.execute(
        text(
            "SELECT article_id FROM article_profile WHERE seen_at < :before ORDER BY seen_at, article_id LIMIT :limit"
        ),
        {"before": values.micros(before), "limit": limit},
    )
    articles = [row.article_id for row in rows]
    if articles:
        tx.execute(_FORGET, {"articles": articles})
        tx.execute(
            text("DELETE FROM article_profile WHERE article_id IN :articles").bindparams(
                bindparam("articles", expanding=True)
            ),
            {"articles": articles},
        )
    return len(articles)


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[at : at + AT_ONCE] for at in range(0, len(numbers), AT_ONCE))
