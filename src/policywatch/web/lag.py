"""How late the event loop is: whether something blocks it, so that pages and polls wait."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 0.5
"""Seconds between two looks."""
KEPT = 120
"""Looks that count: a minute."""


class LoopLag:
    """Asks to be woken again and again and sees how late it was."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._late: deque[float] = deque(maxlen=KEPT)
        self._clock = clock

    @property
    def seconds(self) -> float:
        """The worst of the last minute; 0 before the first look."""
        return max(self._late, default=0.0)

    def saw(self, late: float) -> None:
        """Takes one look down."""
        self._late.append(max(0.0, late))

    async def measure(self, stop: asyncio.Event) -> None:
        """Looks until it is told to stop."""
        while not stop.is_set():
            due = self._clock() + EVERY
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY)
                return
            self.saw(self._clock() - due)
