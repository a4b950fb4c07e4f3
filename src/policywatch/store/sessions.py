"""Who is logged in to the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in; `id` is a hash of what the reader's cookie holds."""

    id: str
    reader: str
    proof: str
    begun_at: datetime
    seen_at: datetime


def begin(tx: Connection, session: Session, *, stale: datetime, most: int = 1000) -> None:
    """Keeps a new one, and forgets those not seen since `stale` and all but the newest."""
    tx.execute(text("DELETE FROM web_session WHERE seen_at < :stale"), {"stale": values.micros(stale)})
    tx.execute(
        text(
            "DELETE FROM web_session WHERE id NOT IN (SELECT id FROM web_session ORDER BY seen_at DESC, id LIMIT :most)"
        ),
        {"most": most - 1},
    )
    tx.execute(
        text(
            "INSERT INTO web_session (id, reader, proof, begun_at, seen_at) "
            "VALUES (:id, :reader, :proof, :begun, :seen)"
        ),
        {
            "id": session.id,
            "reader": session.reader,
            "proof": session.proof,
            "begun": values.micros(session.begun_at),
            "seen": values.micros(session.seen_at),
        },
    )


def find(tx: Connection, wanted: str) -> Session | None:
    """The one with this id, if it was not ended."""
    row = tx.execute(
        text("SELECT id, reader, proof, begun_at, seen_at FROM web_session WHERE id = :id"), {"id": wanted}
    ).one_or_none()
    if row is None:
        return None
    return Session(row.id, row.reader, row.proof, values.required(row.begun_at), values.required(row.seen_at))


def touch(tx: Connection, wanted: str, now: datetime) -> None:
    """Its reader is still there."""
    tx.execute(text("UPDATE web_session SET seen_at = :now WHERE id = :id"), {"id": wanted, "now": values.micros(now)})


def end(tx: Connection, wanted: str) -> None:
    """Its cookie opens nothing any more."""
    tx.execute(text("DELETE FROM web_session WHERE id = :id"), {"id": wanted})
