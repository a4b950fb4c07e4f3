"""Records polls: those of a round that end near each other share a transaction, and its statements.

A statement costs as much for one poll as for a hundred, and most polls of a round end within a moment of each other.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from policywatch.pipeline import record
from policywatch.store import sources as source_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from policywatch.pipeline.plan import Plan
    from policywatch.store.db import Database

    _Read = tuple[source_rows.Success, record.Poll, asyncio.Future[record.Recorded]]
    """A poll that waits to be recorded, and who waits for it."""

READ = 0.1
"""Seconds for which a poll that has read something waits for others of its round;"""
UNCHANGED = 0.5
"""one that has not, of which nobody waits for anything."""
AT_ONCE = 1000
"""Articles up to which polls are recorded together."""


class Recorder:
    """Of one Poller. A poll that is alone waits for nobody."""

    def __init__(self, plan: Plan, db: Database) -> None:
        self._plan = plan
        self._db = db
        self._expected = 0
        """Polls of this round that have not ended, those that have yet to begin among them."""
        self._unchanged: list[source_rows.Unchanged] = []
        self._writing: asyncio.Task[None] | None = None
        self._read: list[_Read] = []
        self._recording: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    def expect(self, polls: int) -> None:
        """So many more polls are to come; -1 for one that has ended."""
        self._expected += polls
        self._look()

    async def read(self, success: source_rows.Success, poll: record.Poll) -> record.Recorded:
        """Returns when a poll that read something is recorded. Raises StoreError, and what is wrong with this poll."""
        future: asyncio.Future[record.Recorded] = asyncio.get_running_loop().create_future()
        self._read.append((success, poll, future))
        self._look()
        if self._recording is None:
            self._recording = asyncio.create_task(self._record_read(), name="record polls")
        return await asyncio.shield(future)

    async def unchanged(self, poll: source_rows.Unchanged) -> None:
        """Returns when a poll without news is recorded. Raises StoreError."""
        self._unchanged.append(poll)
        self._look()
        if self._writing is None:
            self._writing = asyncio.create_task(self._record_unchanged(), name="record unchanged")
        await asyncio.shield(self._writing)

    @property
    def _is_complete(self) -> bool:
        return len(self._unchanged) + len(self._read) >= self._expected

    def _look(self) -> None:
        if self._is_complete:
            for whole in self._waiting:
                if not whole.done():
                    whole.set_result(None)

    async def _gather(self, seconds: float) -> None:
        """Waits for others that end soon; no longer when all that are still open wait to be recorded."""
        await asyncio.sleep(0)
        if self._is_complete:
            return
        whole: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(whole)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await whole
        self._waiting.discard(whole)

    async def _record_read(self) -> None:
        await self._gather(READ)
        polls, self._read, self._recording = self._read, [], None
        while polls:
            batch = [polls.pop(0)]
            count = len(batch[0][1].found)
            while polls and (count := count + len(polls[0][1].found)) <= AT_ONCE:
                batch.append(polls.pop(0))
            await self._record_batch(batch)

    async def _record_batch(self, batch: Sequence[_Read]) -> None:
        try:
            recorded = await self._db.write(
                _record, self._plan, [success for success, _, _ in batch], [poll for _, poll, _ in batch]
            )
        except Exception as error:  # noqa: BLE001  # handed to whoever waits for it
            if len(batch) == 1:
                if not batch[0][2].done():
                    batch[0][2].set_exception(error)
                return
            # One of them may be at fault: each by itself, so that only that one fails.
            for one in batch:
                await self._record_batch([one])
            return
        for (_, _, future), result in zip(batch, recorded, strict=True):
            if not future.done():
                future.set_result(result)

    async def _record_unchanged(self) -> None:
        await self._gather(UNCHANGED)
        polls, self._unchanged, self._writing = self._unchanged, [], None
        await self._db.write(source_rows.record_unchanged, polls)


def _record(
    tx: Connection, plan: Plan, successes: Sequence[source_rows.Success], polls: Sequence[record.Poll]
) -> list[record.Recorded]:
    recorded = record.add_polls(tx, plan, polls, max(success.at for success in successes))
    source_rows.record_successes(tx, successes)
    return recorded
