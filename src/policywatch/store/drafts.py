"""Digests that are made and wait for somebody to let them go: their mails lie in the outbox as `held`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A digest that waits."""

    id: int
    subscription: str
    slot_at: datetime
    created_at: datetime
    stories: int
    mails: int
    until: datetime
    after: str
    """What becomes of it then: send or drop."""
    subject: str
    is_reminded: bool


_COLUMNS = """
    SELECT id, subscription, slot_at, created_at, story_count, review_until, review_after, reminded_at,
        (SELECT count(*) FROM message WHERE run_id = digest_run.id AND state = 'held') AS mails,
        (SELECT min(subject) FROM digest_text WHERE run_id = digest_run.id) AS subject
    FROM digest_run WHERE state = 'draft'
"""


def hold(tx: Connection, run_id: int, until: datetime, after: str) -> None:
    """Makes a run whose mails are in the outbox a draft."""
    tx.execute(
        text("UPDATE message SET state = 'held', next_at = NULL WHERE run_id = :run AND state = 'pending'"),
        {"run": run_id},
    )
    tx.execute(
        text("UPDATE digest_run SET state = 'draft', review_until = :until, review_after = :after WHERE id = :run"),
        {"until": values.micros(until), "after": after, "run": run_id},
    )


def waiting(tx: Connection) -> list[Draft]:
    """Every draft, the one whose time ends first at the top."""
    return [_draft(row) for row in tx.execute(text(f"{_COLUMNS} ORDER BY review_until, id"))]


def find(tx: Connection, draft: int) -> Draft | None:
    """A draft by its number; None when there is none, or no longer."""
    row = tx.execute(text(f"{_COLUMNS} AND id = :id"), {"id": draft}).first()
    return None if row is None else _draft(row)


def texts(tx: Connection, draft: int) -> list[tuple[str, str, str]]:
    """(language, subject, plain text) of what would be sent."""
    rows = tx.execute(
        text("SELECT language, subject, body FROM digest_text WHERE run_id = :run ORDER BY language"), {"run": draft}
    )
    return [(row.language, row.subject, row.body) for row in rows]


def release(tx: Connection, draft: int, now: datetime) -> int | None:
    """Lets a draft go: its mails are due at once. Says how many; None when it is no draft (any more)."""
    if not _end(tx, draft, "closed"):
        return None
    return tx.execute(
        text("UPDATE message SET state = 'pending', next_at = :now WHERE run_id = :run AND state = 'held'"),
        {"now": values.micros(now), "run": draft},
    ).rowcount


def drop(tx: Connection, draft: int, now: datetime) -> int | None:
    """Drops a draft: its stories count as told. Says how many mails are not sent; None when it is no draft."""
    if not _end(tx, draft, "dropped"):
        return None
    return tx.execute(
        text(
            "UPDATE message SET state = 'dropped', next_at = NULL, settled_at = :now "
            "WHERE run_id = :run AND state = 'held'"
        ),
        {"now": values.micros(now), "run": draft},
    ).rowcount


def remind(tx: Connection, draft: int, now: datetime) -> None:
    """Remembers that the reviewer was reminded."""
    tx.execute(
        text("UPDATE digest_run SET reminded_at = :now WHERE id = :run"), {"now": values.micros(now), "run": draft}
    )


def _end(tx: Connection, draft: int, state: str) -> bool:
    found = tx.execute(
        text("UPDATE digest_run SET state = :state WHERE id = :run AND state = 'draft'"),
        {"state": state, "run": draft},
    )
    return bool(found.rowcount)


def _draft(row: Any) -> Draft:
    return Draft(
        id=row.id,
        subscription=row.subscription,
        slot_at=values.required(row.slot_at),
        created_at=values.required(row.created_at),
        stories=row.story_count,
        mails=row.mails,
        until=values.required(row.review_until),
        after=row.review_after,
        subject=row.subject or "",
        is_reminded=row.reminded_at is not None,
    )
