"""robots.txt files as they were last fetched, so that a restart asks no host for them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RobotsRow:
    """What a host answered."""

    origin: str
    """scheme://host:port"""
    rules: str
    """The file's text; empty when everything is allowed."""
    is_closed: bool
    """The server failed, so nothing is allowed."""
    fetched_at: datetime


def load(tx: Connection, origin: str) -> RobotsRow | None:
    """Of one host; None when it was never asked."""
    row = tx.execute(
        text("SELECT rules, is_closed, fetched_at FROM robots WHERE origin = :origin"), {"origin": origin}
    ).one_or_none()
    if row is None:
        return None
    return RobotsRow(origin, row.rules, bool(row.is_closed), values.required(row.fetched_at))


def keep(tx: Connection, row: RobotsRow) -> None:
    """In the place of what was known."""
    tx.execute(
        text(
            """
            INSERT INTO robots (origin, rules, is_closed, fetched_at) VALUES (:origin, :rules, :closed, :at)
            ON CONFLICT (origin) DO UPDATE SET
                rules = excluded.rules, is_closed = excluded.is_closed, fetched_at = excluded.fetched_at
            """
        ),
        {
            "origin": row.origin,
            "rules": row.rules,
            "closed": int(row.is_closed),
            "at": values.micros(row.fetched_at),
        },
    )
