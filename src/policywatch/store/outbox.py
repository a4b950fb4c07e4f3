"""The outbox: one row for each mail and recipient, from the slot that made it to the server's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.model import Message, Outcome, Receipt
from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

IN_DOUBT = ("dot", "reply")
"""Stages after which the server may have the mail though nothing says so."""
MAX_AMBIGUOUS = 2
"""A mail in doubt is sent once more; in doubt again it is parked for somebody to look at."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process, and no other, may try to deliver now."""

    id: int
    attempt: int
    """Fences the answer: a settle with another number is too late and does nothing."""
    message: Message
    channel: str
    retries: int
    """Failed tries before this one."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox as a person wants to see it."""

    id: int
    recipient: str
    subject: str
    state: str
    attempts: int
    stage: str
    last_error: str
    next_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


def add(tx: Connection, run_id: int, messages: Sequence[Message], channel: str, at: datetime) -> None:
    """Puts the mails of a run into the outbox, due at once; one that is there stays as it is."""
    if messages:
        tx.execute(
            text(
                """
                INSERT INTO message
                    (run_id, recipient, channel, message_id, subject, content, state, next_at, created_at)
                VALUES (:run, :recipient, :channel, :message_id, :subject, :content, 'pending', :at, :at)
                ON CONFLICT DO NOTHING
                """
            ),
            [
                {
                    "run": run_id,
                    "recipient": message.recipient,
                    "channel": channel,
                    "message_id": message.message_id,
                    "subject": message.subject,
                    "content": message.content,
                    "at": values.micros(at),
                }
                for message in messages
            ],
        )


def claim(tx: Connection, now: datetime, limit: int = 20) -> list[Claimed]:
    """Takes the messages that are due, oldest first; each is this process's until it settles."""
    rows = tx.execute(
        text(
            """
            UPDATE message SET state = 'sending', attempts = attempts + 1, stage = 'claimed'
            WHERE id IN (SELECT id FROM message WHERE state IN ('pending', 'retry') AND next_at <= :now
                         ORDER BY next_at, id LIMIT :limit)
            RETURNING id, attempts, recipient, message_id, subject, content, channel, retries, created_at
            """
        ),
        {"now": values.micros(now), "limit": limit},
    ).all()
    return [
        Claimed(
            row.id,
            row.attempts,
            Message(row.recipient, row.message_id, row.subject, bytes(row.content)),
            row.channel,
            row.retries,
            values.required(row.created_at),
        )
        for row in sorted(rows, key=lambda row: row.id)
    ]


def stage(tx: Connection, message: int, attempt: int, name: str) -> bool:
    """Records how far a try has got; false when the try is no longer ours."""
    return bool(
        tx.execute(
            text("UPDATE message SET stage = :stage WHERE id = :id AND attempts = :attempt AND state = 'sending'"),
            {"stage": name, "id": message, "attempt": attempt},
        ).rowcount
    )


def settle(
    tx: Connection, message: int, attempt: int, receipt: Receipt, *, next_at: datetime | None, at: datetime
) -> bool:
    """Records what became of a try; false when it is no longer ours.

    `next_at` is when a RETRY, CONFIG or first UNKNOWN may be tried again; without it the message is given up.
    CONFIG burns no retry. An UNKNOWN that was in doubt before is parked.
    """
    row = tx.execute(
        text("SELECT ambiguous FROM message WHERE id = :id AND attempts = :attempt AND state = 'sending'"),
        {"id": message, "attempt": attempt},
    ).first()
    if row is None:
        return False
    ambiguous = row.ambiguous + (receipt.outcome is Outcome.UNKNOWN)
    state = {
        Outcome.SENT: "sent",
        Outcome.FAILED: "failed",
        Outcome.RETRY: "retry" if next_at else "failed",
        Outcome.CONFIG: "retry" if next_at else "failed",
        Outcome.UNKNOWN: "retry" if next_at and ambiguous < MAX_AMBIGUOUS else "unknown",
    }[receipt.outcome]
    tx.execute(
        text(
            """
            UPDATE message SET state = :state, stage = :stage, last_error = :error, ambiguous = :ambiguous,
                retries = retries + :burnt, next_at = :next, settled_at = :settled
            WHERE id = :id
            """
        ),
        {
            "state": state,
            "stage": receipt.stage,
            "error": "" if receipt.outcome is Outcome.SENT else receipt.detail[:1000],
            "ambiguous": ambiguous,
            "burnt": int(receipt.outcome in {Outcome.RETRY, Outcome.UNKNOWN}),
            "next": values.micros(next_at) if state == "retry" else None,
            "settled": None if state == "retry" else values.micros(at),
            "id": message,
        },
    )
    return True


def doubt(tx: Connection, now: datetime) -> int:
    """Marks what waits in a restored store as in doubt, for it may have been sent since; gives how many mails.

    It is sent once more under the same Message-ID; one that was in doubt as often as may be is parked as unknown.
    What is held for somebody to read stays held, and is in doubt once it is let go.
    """
    tx.execute(text("UPDATE message SET ambiguous = ambiguous + 1 WHERE state = 'held'"))
    return tx.execute(
        text(
            """
            UPDATE message SET ambiguous = ambiguous + 1, claimed_by = NULL,
                state = CASE WHEN ambiguous + 1 >= :most THEN 'unknown' ELSE 'retry' END,
                next_at = CASE WHEN ambiguous + 1 >= :most THEN NULL ELSE CAST(:now AS BIGINT) END,
                settled_at = CASE WHEN ambiguous + 1 >= :most THEN CAST(:now AS BIGINT) END,
                last_error = 'restored from a backup: it may have been sent since'
            WHERE state IN ('pending', 'retry', 'sending')
            """
        ),
        {"now": values.micros(now), "most": MAX_AMBIGUOUS},
    ).rowcount


def recover(tx: Connection, now: datetime) -> list[int]:
    """Takes up what a process that died was sending, and gives the ids.

    A try that had not sent its final dot is simply tried again. One that had is in doubt: it is sent once more under
    the same Message-ID, and parked as unknown when that happens twice.
    """
    rows = tx.execute(text("SELECT id, stage, ambiguous FROM message WHERE state = 'sending' ORDER BY id")).all()
    for row in rows:
        ambiguous = row.ambiguous + (row.stage in IN_DOUBT)
        is_parked = ambiguous >= MAX_AMBIGUOUS
        tx.execute(
            text(
                """
                UPDATE message SET state = :state, ambiguous = :ambiguous, next_at = :next, settled_at = :settled,
                    last_error = :error
                WHERE id = :id
                """
            ),
            {
                "state": "unknown" if is_parked else "retry",
                "ambiguous": ambiguous,
                "next": None if is_parked else values.micros(now),
                "settled": values.micros(now) if is_parked else None,
                "error": f"the process ended at stage {row.stage}",
                "id": row.id,
            },
        )
    # Those that the settings held back: perhaps they were mended before this start.
    tx.execute(
        text("UPDATE message SET next_at = :now WHERE state = 'retry' AND stage IN ('login', 'tls', 'claimed')"),
        {"now": values.micros(now)},
    )
    return [row.id for row in rows]


def counts(tx: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    rows = tx.execute(text("SELECT state, count(*) AS number FROM message GROUP BY state ORDER BY state"))
    return {row.state: row.number for row in rows}


def recent(tx: Connection, limit: int = 50) -> list[Waiting]:
    """The newest messages; those in trouble first."""
    rows = tx.execute(
        text(
            """
            SELECT id, recipient, subject, state, attempts, stage, last_error, next_at, created_at, settled_at
            FROM message
            ORDER BY CASE WHEN state IN ('failed', 'unknown', 'retry') THEN 0 ELSE 1 END, id DESC LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return [
        Waiting(
            row.id,
            row.recipient,
            row.subject,
            row.state,
            row.attempts,
            row.stage,
            row.last_error,
            values.moment(row.next_at),
            values.required(row.created_at),
            values.moment(row.settled_at),
        )
        for row in rows
    ]


def is_any_due(tx: Connection, now: datetime) -> bool:
    """Whether a message may be tried now."""
    found = tx.execute(
        text("SELECT 1 FROM message WHERE state IN ('pending', 'retry') AND next_at <= :now LIMIT 1"),
        {"now": values.micros(now)},
    )
    return found.first() is not None


def oldest_waiting(tx: Connection) -> datetime | None:
    """When the oldest message that still waits was made."""
    found = tx.execute(
        text("SELECT min(created_at) FROM message WHERE state IN ('pending', 'retry', 'sending')")
    ).scalar()
    return values.moment(found)
