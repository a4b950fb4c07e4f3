"""Brings the search index up to the store, a little at a time, so that no poll waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.store import indexing

if TYPE_CHECKING:
    from policywatch.store.db import Database

AT_ONCE = 50
"""Articles of one transaction: measured, a twentieth of a second."""


async def catch_up(db: Database) -> int:
    """Puts in what waits until nothing does; gives how many articles. Reading and folding is done by a reader."""
    count, is_any = 0, True
    while is_any:
        is_any, put = await _put_some(db)
        count += put
    return count


async def _put_some(db: Database) -> tuple[bool, int]:
    """Whether something waited, and how much of it was put in. What it took, 10 MB, is let go of with it."""
    entries = await db.read(indexing.take, AT_ONCE)
    return bool(entries), await db.write(indexing.put, entries) if entries else 0
