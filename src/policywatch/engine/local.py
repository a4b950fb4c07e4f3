"""`engine: local`: one process does all of the work on its own ticks.

On PostgreSQL a second process with this engine stands by: only the one that leads works.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from policywatch.engine import ticks, upkeep
from policywatch.service import Job

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from policywatch.bootstrap import Parts
    from policywatch.engine.use import Use
    from policywatch.store.leader import Leadership


class Local:
    """The ticks that do the work themselves."""

    def __init__(self, use: Use, leadership: Leadership, *, works: bool = True) -> None:
        self._use = use
        self._works = works
        self._leadership = leadership

    async def prepare(self) -> None:
        """Leads from the first tick on, if nobody else does."""
        if self._works:
            await self._look()

    def jobs(self) -> list[Job]:
        """What is to be done again and again."""
        if not self._works:
            return []
        return [
            Job("lead", ticks.LEAD, self._look),
            Job("poll", ticks.POLL, self._leading(lambda parts: parts.poller.poll_due()), may_overlap=True),
            Job("texts", ticks.POLL, self._leading(lambda parts: parts.texts.read_due()), may_overlap=True),
            Job("digest", ticks.DIGEST, self._leading(lambda parts: parts.digester.close_due())),
            Job("deliver", ticks.DELIVER, self._leading(lambda parts: parts.deliver_all())),
            Job("index", ticks.INDEX, self._leading(lambda parts: parts.index())),
            Job("health", ticks.HEALTH, self._leading(lambda parts: parts.tell_troubles())),
            Job("clock", ticks.CLOCK, self._leading(upkeep.mend_clock)),
            Job("upkeep", ticks.UPKEEP, self._leading(upkeep.prune)),
            Job("rematch", ticks.REMATCH, self._leading(_rematch)),
        ]

    def sides(self) -> Mapping[str, Callable[[asyncio.Event], Awaitable[None]]]:
        """Nothing runs beside the ticks."""
        return {}

    async def close(self) -> None:
        """Leads no longer."""
        await asyncio.to_thread(self._leadership.close)

    async def _look(self) -> None:
        await asyncio.to_thread(self._leadership.holds)

    def _leading(self, do: Callable[[Parts], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        async def job() -> None:
            if self._leadership.leads:
                await self._use(do)

        return job


async def _rematch(parts: Parts) -> None:
    await parts.rematcher.notice()
    await parts.rematcher.apply()
