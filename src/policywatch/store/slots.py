"""Which slots of a subscription are closed, by the clock of the world and by the one on the wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from datetime import datetime


def last(tx: Connection, subscription: str, now: datetime) -> datetime | None:
    """The latest slot of a digest that was closed; one that lies ahead (the clock was wrong then) does not count."""
    found = tx.execute(
        text(
            "SELECT max(slot_at) FROM digest_run "
            "WHERE subscription = :subscription AND kind = 'digest' AND slot_at <= :now"
        ),
        {"subscription": subscription, "now": values.micros(now)},
    ).scalar()
    return values.moment(found)


def note(tx: Connection, run_id: int, local: str, zone: str) -> None:
    """Remembers what a run's slot was on the wall clock."""
    tx.execute(
        text("UPDATE digest_run SET local_at = :local, zone = :zone WHERE id = :run"),
        {"local": local, "zone": zone, "run": run_id},
    )


def is_closed_elsewhere(tx: Connection, subscription: str, local: str, zone: str) -> bool:
    """A slot of the same local time was closed when the subscription had another zone."""
    found = tx.execute(
        text(
            "SELECT 1 FROM digest_run WHERE subscription = :subscription AND kind = 'digest' "
            "AND local_at = :local AND zone <> :zone LIMIT 1"
        ),
        {"subscription": subscription, "local": local, "zone": zone},
    )
    return found.first() is not None


def run_at(tx: Connection, subscription: str, slot: str) -> int | None:
    """The run that closed a slot."""
    found: int | None = tx.execute(
        text("SELECT id FROM digest_run WHERE subscription = :subscription AND slot = :slot"),
        {"subscription": subscription, "slot": slot},
    ).scalar()
    return found
