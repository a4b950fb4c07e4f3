"""Alerts: the waiting stories that may be one, what their lists' hours hold, those that never got out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from policywatch.model import Hit


@dataclass(frozen=True, slots=True)
class Waiting:
    """A story that waits for its subscription, with its hits on the subscription's lists."""

    story: int
    is_held: bool
    hits: tuple[Hit, ...]


def waiting(tx: Connection, subscription: str, watchlists: Sequence[str], since: datetime | None) -> list[Waiting]:
    """What waits, oldest first; with `since`, only what came after it."""
    rows = tx.execute(
        text(
            """
            SELECT due.story_id, due.held_at, hit.watchlist, hit.score, hit.evidence, hit.excerpt
            FROM due JOIN article ON article.story_id = due.story_id JOIN hit ON hit.article_id = article.id
            WHERE due.subscription = :subscription AND due.run_id IS NULL AND due.due_at > :since
                AND hit.watchlist IN :watchlists
            ORDER BY due.due_at, due.story_id, hit.watchlist
            """
        ).bindparams(bindparam("watchlists", expanding=True)),
        {
            "subscription": subscription,
            "since": -1 if since is None else values.micros(since),
            "watchlists": list(watchlists),
        },
    )
    hits: dict[int, list[Hit]] = {}
    held: dict[int, bool] = {}
    for row in rows:
        hits.setdefault(row.story_id, []).append(values.hit_of(row.watchlist, row.score, row.evidence, row.excerpt))
        held[row.story_id] = row.held_at is not None
    return [Waiting(story, held[story], tuple(found)) for story, found in hits.items()]


def hold(tx: Connection, subscription: str, stories: Sequence[int], now: datetime) -> None:
    """Remembers that stories could not go out; since when, if they could not before."""
    if stories:
        tx.execute(
            text(
                "UPDATE due SET held_at = :now WHERE subscription = :subscription AND held_at IS NULL "
                "AND story_id IN :stories"
            ).bindparams(bindparam("stories", expanding=True)),
            {"now": values.micros(now), "subscription": subscription, "stories": list(stories)},
        )


def note(tx: Connection, run_id: int, watchlists: Iterable[str]) -> None:
    """Counts an alert against the hours of these lists."""
    tx.execute(
        text("INSERT INTO alert_sent (run_id, watchlist) VALUES (:run, :watchlist) ON CONFLICT DO NOTHING"),
        [{"run": run_id, "watchlist": name} for name in watchlists],
    )


def sent(tx: Connection, subscription: str, since: datetime, now: datetime) -> dict[str, int]:
    """How many alerts of the time after `since` each list has."""
    rows = tx.execute(
        text(
            """
            SELECT alert_sent.watchlist, count(*) AS number
            FROM digest_run JOIN alert_sent ON alert_sent.run_id = digest_run.id
            WHERE digest_run.subscription = :subscription AND digest_run.kind = 'alert'
                AND digest_run.created_at > :since AND digest_run.created_at <= :now
            GROUP BY alert_sent.watchlist
            """
        ),
        {"subscription": subscription, "since": values.micros(since), "now": values.micros(now)},
    )
    return {row.watchlist: row.number for row in rows}


def stuck(tx: Connection, subscription: str, before: datetime) -> list[int]:
    """Runs of alerts made before a moment of which no mail was sent, is under way, or may have arrived."""
    rows = tx.execute(
        text(
            """
            SELECT DISTINCT message.run_id
            FROM message JOIN digest_run ON digest_run.id = message.run_id
            WHERE message.state IN ('pending', 'retry') AND message.created_at < :before
                AND digest_run.subscription = :subscription AND digest_run.kind = 'alert'
                AND digest_run.state = 'closed'
                AND NOT EXISTS (
                    SELECT 1 FROM message AS other WHERE other.run_id = message.run_id
                    AND (other.state NOT IN ('pending', 'retry') OR other.ambiguous > 0))
            ORDER BY message.run_id
            """
        ),
        {"before": values.micros(before), "subscription": subscription},
    )
    return [row.run_id for row in rows]


def withdraw(tx: Connection, run_id: int, now: datetime) -> int:
    """Takes an alert's mails back and makes its stories wait for the next digest; says how many stories."""
    tx.execute(
        text("UPDATE message SET state = 'merged', next_at = NULL, settled_at = :now WHERE run_id = :run"),
        {"now": values.micros(now), "run": run_id},
    )
    tx.execute(text("UPDATE digest_run SET state = 'merged' WHERE id = :run"), {"run": run_id})
    return tx.execute(text("UPDATE due SET run_id = NULL WHERE run_id = :run"), {"run": run_id}).rowcount
