"""Slots: what waits for a subscription, which run claimed it, what a run holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.model import (
    Coverage,
    FailedSource,
    Hit,
    Reprint,
    SilentSource,
    Story,
    TextState,
    Trouble,
    strongest_first,
)
from policywatch.store import documents, histories, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

MOST_ALSO = 20
"""Reprints of a story that are named; the others are counted."""
MOST_CHANGES = 3
"""Edits of an article that are named, the newest."""


@dataclass(frozen=True, slots=True)
class Due:
    """A story that a subscription is owed."""

    subscription: str
    story_id: int
    score: float


_ADD_DUE = text(
    """
    INSERT INTO due (subscription, story_id, score, due_at) VALUES (:subscription, :story, :score, :at)
    ON CONFLICT (subscription, story_id) DO UPDATE SET score = excluded.score
        WHERE due.run_id IS NULL AND due.score < excluded.score
    """
)


def subscribe(tx: Connection, ids: Sequence[str], now: datetime) -> None:
    """Remembers since when each subscription exists."""
    if ids:
        tx.execute(
            text("INSERT INTO subscription (id, first_seen_at) VALUES (:id, :now) ON CONFLICT (id) DO NOTHING"),
            [{"id": name, "now": values.micros(now)} for name in ids],
        )


def first_seen(tx: Connection, subscription: str) -> datetime | None:
    """Since when a subscription exists."""
    found = tx.execute(text("SELECT first_seen_at FROM subscription WHERE id = :id"), {"id": subscription}).scalar()
    return values.moment(found)


def add_due(tx: Connection, due: Iterable[Due], at: datetime) -> None:
    """Makes stories due, each once for ever for a subscription, sent or not. A waiting one keeps its best score."""
    rows = [
        {
            "subscription": one.subscription,
            "story": one.story_id,
            "score": float(one.score),
            "at": values.micros(at),
        }
        for one in due
    ]
    if rows:
        tx.execute(_ADD_DUE, rows)


def waiting(tx: Connection, subscription: str) -> list[tuple[int, float]]:
    """(story, score) of what waits for the next slot, oldest first."""
    rows = tx.execute(
        text(
            "SELECT story_id, score FROM due WHERE subscription = :subscription AND run_id IS NULL "
            "ORDER BY due_at, story_id"
        ),
        {"subscription": subscription},
    )
    return [(row.story_id, row.score) for row in rows]


def previous_slot(tx: Connection, subscription: str, before: datetime) -> datetime | None:
    """The latest digest slot before a moment."""
    found = tx.execute(
        text(
            "SELECT max(slot_at) FROM digest_run "
            "WHERE subscription = :subscription AND kind = 'digest' AND slot_at < :before"
        ),
        {"subscription": subscription, "before": values.micros(before)},
    ).scalar()
    return values.moment(found)


def open_run(tx: Connection, subscription: str, slot: str, slot_at: datetime, kind: str, now: datetime) -> int | None:
    """A run for a slot; None when that slot was closed before."""
    found: int | None = tx.execute(
        text(
            """
            INSERT INTO digest_run (subscription, slot, kind, slot_at, state, created_at)
            VALUES (:subscription, :slot, :kind, :slot_at, 'open', :now)
            ON CONFLICT (subscription, slot) DO NOTHING RETURNING id
            """
        ),
        {
            "subscription": subscription,
            "slot": slot,
            "kind": kind,
            "slot_at": values.micros(slot_at),
            "now": values.micros(now),
        },
    ).scalar()
    return found


def claim(tx: Connection, run_id: int, subscription: str, stories: Sequence[int] | None = None) -> int:
    """Gives a run everything that waits for its subscription, or only the given stories; says how many."""
    only = "" if stories is None else " AND story_id IN :stories"
    statement = text(
        f"UPDATE due SET run_id = :run WHERE subscription = :subscription AND run_id IS NULL{only}"  # noqa: S608
    )
    parameters: dict[str, object] = {"run": run_id, "subscription": subscription}
    if stories is not None:
        statement = statement.bindparams(bindparam("stories", expanding=True))
        parameters["stories"] = list(stories)
    return tx.execute(statement, parameters).rowcount


def close(tx: Connection, run_id: int, state: str, story_count: int) -> None:
    """Says what became of a run."""
    tx.execute(
        text("UPDATE digest_run SET state = :state, story_count = :count WHERE id = :id"),
        {"state": state, "count": story_count, "id": run_id},
    )


def stories(tx: Connection, run_id: int, watchlists: Sequence[str]) -> list[Story]:
    """What a run claimed, with the hits of the given watch-lists."""
    rows = tx.execute(text("SELECT story_id FROM due WHERE run_id = :run ORDER BY story_id"), {"run": run_id})
    return load(tx, [row.story_id for row in rows], watchlists)


def preview(tx: Connection, subscription: str, watchlists: Sequence[str]) -> list[Story]:
    """What the next run would claim."""
    return load(tx, [story for story, _ in waiting(tx, subscription)], watchlists)


def load(tx: Connection, ids: Sequence[int], watchlists: Sequence[str], *, brief: bool = False) -> list[Story]:
    """Stories in the given order: the head article, the best hit for each watch-list, the number of reprints.

    A story without a hit of those watch-lists (they were edited since) is kept, with what hits it has. `brief` leaves
    out related stories, the names of reprints, what changed, and numbers and deadlines, for lists that show none of it.
    """
    if not ids:
        return []
    heads = tx.execute(
        text(
            """
            SELECT story.id AS story_id, story.first_seen_at, article.*, source.name AS source_name,
                (SELECT count(*) FROM article AS other WHERE other.story_id = story.id) - 1 AS reprints,
                EXISTS (SELECT 1 FROM article_text
                        WHERE article_id = article.id AND body_original IS NOT NULL) AS is_body_repaired
            FROM story JOIN article ON article.id = story.head_id JOIN source ON source.id = article.source
            WHERE story.id IN :ids
            """
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": list(ids)},
    )
    hits = _hits_of(tx, ids)
    known = documents.of_stories(tx, ids, brief=brief)
    related = {} if brief else documents.related(tx, ids)
    also = {} if brief else _also(tx, ids)
    changes = {} if brief else _changes(tx, ids)
    found = {}
    for row in heads:
        best = _best(hits.get(row.story_id, []), row.id)
        wanted = [hit for hit in best if hit.watchlist in watchlists] or best
        found[row.story_id] = Story(
            id=row.story_id,
            article=row.id,
            title=row.title,
            url=row.url,
            source=row.source,
            source_name=row.source_name,
            publisher=row.publisher,
            published=values.moment(row.published_at),
            first_seen=values.required(row.first_seen_at),
            text_state=TextState(row.text_state),
            was_repaired=row.title_original is not None or bool(row.is_body_repaired),
            hits=strongest_first(wanted),
            reprints=row.reprints,
            document=known.get(row.story_id),
            related=related.get(row.story_id, ()),
            also=tuple(reprint for article, reprint in also.get(row.story_id, []) if article != row.id)[:MOST_ALSO],
            change=changes.get(row.id, ""),
        )
    return [found[story] for story in ids if story in found]


def _also(tx: Connection, ids: Sequence[int]) -> dict[int, list[tuple[int, Reprint]]]:
    """Every article of the stories, with its number, earliest first."""
    rows = tx.execute(
        text(
            """
            SELECT article.id, story_id, article.url, published_at, source.name, source.id AS source
            FROM article JOIN source ON source.id = article.source WHERE story_id IN :ids
            ORDER BY coalesce(published_at, fetched_at), article.id
            """
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": list(ids)},
    )
    found: dict[int, list[tuple[int, Reprint]]] = {}
    for row in rows:
        reprint = Reprint(row.name or row.source, row.url, values.moment(row.published_at))
        found.setdefault(row.story_id, []).append((row.id, reprint))
    return found


def _changes(tx: Connection, ids: Sequence[int]) -> dict[int, str]:
    """What was changed in the articles that stand for the stories, the last few changes in order."""
    rows = tx.execute(
        text(
            """
            SELECT article_id, what FROM article_change JOIN story ON story.head_id = article_change.article_id
            WHERE story.id IN :ids ORDER BY changed_at
            """
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": list(ids)},
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.article_id, []).append(row.what)
    return {article: "；".join(whats[-MOST_CHANGES:]) for article, whats in found.items()}


def _hits_of(tx: Connection, ids: Sequence[int]) -> dict[int, list[tuple[int, Hit]]]:
    rows = tx.execute(
        text(
            """
            SELECT story_id, article_id, watchlist, score, evidence, excerpt
            FROM hit JOIN article ON article.id = hit.article_id WHERE story_id IN :ids
            """
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": list(ids)},
    )
    found: dict[int, list[tuple[int, Hit]]] = {}
    for row in rows:
        hit = values.hit_of(row.watchlist, row.score, row.evidence, row.excerpt)
        found.setdefault(row.story_id, []).append((row.article_id, hit))
    return found


def _best(hits: Iterable[tuple[int, Hit]], head: int) -> list[Hit]:
    """One hit for each watch-list: the head's own, whose marks fit its title; else the strongest of a reprint."""
    best: dict[str, tuple[bool, Hit]] = {}
    for article, hit in hits:
        is_head = article == head
        there = best.get(hit.watchlist)
        if there is None or (is_head, hit.score) > (there[0], there[1].score):
            best[hit.watchlist] = (is_head, hit)
    # Marks of another article's title would point anywhere in this one's.
    return [hit if is_head else Hit(hit.watchlist, hit.score, hit.spans, hit.excerpt) for is_head, hit in best.values()]


def coverage(tx: Connection, since: datetime | None) -> Coverage:
    """What was read since a moment: sources, articles, and what failed last."""
    at = values.micros(since) or 0
    rows = tx.execute(
        text(
            "SELECT id, name, failures, last_error, last_success_at, trouble, history FROM source "
            "WHERE is_active = 1 ORDER BY name, id"
        )
    ).all()
    articles: int = tx.execute(
        text("SELECT count(*) FROM article WHERE fetched_at > :since"), {"since": at}
    ).scalar_one()
    return Coverage(
        sources_read=sum(1 for row in rows if row.last_success_at is not None and row.last_success_at > at),
        sources_failed=tuple(
            FailedSource(row.name or row.id, histories.history_of(row.history).fault, row.last_error)
            for row in rows
            if row.failures > 0
        ),
        sources_silent=tuple(
            SilentSource(row.name or row.id, histories.history_of(row.history).last_new_at)
            for row in rows
            if row.failures == 0 and row.trouble in {Trouble.SILENT, Trouble.STUCK}
        ),
        articles_read=articles,
        since=since,
    )
