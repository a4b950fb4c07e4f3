"""Turns at a host where several processes ask: the pause between two requests lies in the database.

Every moment is the database's own, so that clocks that differ move nothing. A turn that is never given back, because
its process died, ends by itself.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch import logs
from policywatch.store import workers

if TYPE_CHECKING:
    from policywatch.store.db import Database

HOLD = timedelta(seconds=60)
"""Longer than a request may take in all."""
LOOK = timedelta(seconds=1)
"""How often to look whether somebody else's turn has ended."""

_log = logs.get("hosts")


def take(tx: Connection, host: str, holder: str) -> timedelta:
    """Takes the turn if the host is free; else how long to wait before asking again. Zero: it is taken."""
    now = workers.moment(tx)
    taken = tx.execute(
        text(
            """
            INSERT INTO host (name, free_at, holder, held_until) VALUES (:host, 0, :holder, :until)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
                WHERE host.free_at <= :now AND (host.holder = '' OR host.held_until <= :now)
            RETURNING name
            """
        ),
        {"host": host, "holder": holder, "now": now, "until": now + _micros(HOLD)},
    ).first()
    if taken is not None:
        return timedelta()
    row = tx.execute(text("SELECT free_at, holder FROM host WHERE name = :host"), {"host": host}).one()
    wait = timedelta(microseconds=max(row.free_at - now, 1000))
    return max(wait, LOOK) if row.holder else wait


def give(tx: Connection, host: str, holder: str, pause: timedelta) -> None:
    """Ends a turn; the next one may begin after the pause. Does nothing when the turn is no longer the holder's."""
    tx.execute(
        text(
            """
            UPDATE host SET holder = '', held_until = 0,
                free_at = CASE WHEN free_at > :free THEN free_at ELSE :free END
            WHERE name = :host AND holder = :holder
            """
        ),
        {"host": host, "holder": holder, "free": workers.moment(tx) + _micros(pause)},
    )


def forget(tx: Connection) -> int:
    """Forgets hosts that have been free for a day; says how many."""
    before = workers.moment(tx) - _micros(timedelta(days=1))
    return tx.execute(
        text("DELETE FROM host WHERE free_at < :before AND held_until < :before"), {"before": before}
    ).rowcount


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


class SharedTurns:
    """Implements model.Turns on a database that several processes share."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._holders: dict[str, str] = {}
        self._rng = random.Random()  # noqa: S311  # spreads those who wait, no secret

    async def take(self, host: str) -> None:
        """Waits for the turn. Within this process one asks at a time for each host."""
        holder = uuid.uuid4().hex
        wait = await self._db.write(take, host, holder)
        while wait:
            await asyncio.sleep(wait.total_seconds() * self._rng.uniform(1.0, 1.2))
            wait = await self._db.write(take, host, holder)
        self._holders[host] = holder

    async def give(self, host: str, pause: timedelta) -> None:
        """Ends the turn."""
        holder = self._holders.pop(host, None)
        if holder is not None:
            await self._db.write(give, host, holder, pause)
