"""Pages that were fetched and wait to be read: with too many of them at hand, no more are asked for."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 6 << 20
"""Bytes: a second's work or two of a reading process. Without a bound a few bombs, which hold it up for seconds each,
let hundreds of pages gather meanwhile; measured, 20 MB."""


class Backlog:
    """Of one process that fetches.

    What is under way already may go beyond the bound by as many pages as are fetched at once.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open = asyncio.Event()
        self._open.set()
        self.size = 0
        """Bytes that wait to be read."""

    async def room(self) -> None:
        """Waits until another page may be asked for."""
        while not self._open.is_set():
            await self._open.wait()

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """While a page of so many bytes waits to be read, and is read."""
        self._add(size)
        try:
            yield
        finally:
            self._add(-size)

    def _add(self, size: int) -> None:
        self.size += size
        if self.size < self._most:
            self._open.set()
        else:
            self._open.clear()
