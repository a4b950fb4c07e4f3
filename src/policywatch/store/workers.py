"""The processes that share a database: who is there, and whose work is to be taken up again.

A process says every few seconds that it is there. One that has not for `GONE` has died or lost the database; what it
had claimed is free again. The moments are the database's own, so that clocks that differ do no harm.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

BEAT = timedelta(seconds=10)
GONE = timedelta(seconds=45)
"""Together with the scheduler's look every few seconds this keeps a take-over under a minute."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process at work."""

    id: str
    roles: str
    """With commas between."""
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime


def moment(tx: Connection) -> int:
    """The database's clock in microseconds: on PostgreSQL the server's, else this machine's."""
    if tx.dialect.name == "postgresql":
        found: int = tx.execute(
            text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)")
        ).scalar_one()
        return found
    return time.time_ns() // 1000


def beat(tx: Connection, worker: str, roles: Iterable[str], host: str, pid: int) -> None:
    """Says that a process is there; the first time also since when."""
    tx.execute(
        text(
            """
            INSERT INTO worker (id, roles, host, pid, started_at, seen_at)
            VALUES (:id, :roles, :host, :pid, :at, :at)
            ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, roles = excluded.roles
            """
        ),
        {"id": worker, "roles": ",".join(sorted(roles)), "host": host, "pid": pid, "at": moment(tx)},
    )


def leave(tx: Connection, worker: str) -> None:
    """A process ends in order."""
    tx.execute(text("DELETE FROM worker WHERE id = :id"), {"id": worker})


def bury(tx: Connection) -> int:
    """Forgets processes that have been gone for a while; says how many."""
    return tx.execute(text("DELETE FROM worker WHERE seen_at < :since"), {"since": since(tx)}).rowcount


def since(tx: Connection) -> int:
    """Who was seen at this moment of the database's clock, or later, is there."""
    return moment(tx) - GONE // timedelta(microseconds=1)


def present(tx: Connection) -> list[Worker]:
    """Who is there, in the order in which they came."""
    rows = tx.execute(
        text("SELECT * FROM worker WHERE seen_at >= :since ORDER BY started_at, id"), {"since": since(tx)}
    )
    return [
        Worker(row.id, row.roles, row.host, row.pid, values.required(row.started_at), values.required(row.seen_at))
        for row in rows
    ]


def alone(tx: Connection, key: int) -> None:
    """Until its end no other transaction that asks for the same key goes on. On SQLite every writer is alone anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
