"""Changed files take effect without a restart: loaded whole, then swapped, and a broken one changes nothing.

Two parts. `Generations` holds what works now and lets go of what worked before once its last user is done, so that no
poll ever sees half of one configuration and half of another. `Reloader` watches and loads.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from policywatch import errors, logs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

T = TypeVar("T")
State = dict["Path", tuple[int, int, int]]
"""What files look like from outside: time of change, size and inode of each."""

_log = logs.get("reload")


def state_of(paths: frozenset[Path]) -> State:
    """How the files look now; one that is not there is left out."""
    found: State = {}
    for path in paths:
        try:
            told = path.stat()
        except OSError:
            continue
        found[path] = told.st_mtime_ns, told.st_size, told.st_ino
    return found


class Generations(Generic[T]):
    """One value after another. A user keeps the one it began with; an old one is closed when nobody uses it."""

    def __init__(self, first: T, close: Callable[[T], Awaitable[None]]) -> None:
        self._current = _Generation(first)
        self._old: set[_Generation[T]] = set()
        self._close = close

    @property
    def current(self) -> T:
        """What works now. To keep it over an `await`, take it by `using`."""
        return self._current.value

    @asynccontextmanager
    async def using(self) -> AsyncIterator[T]:
        """The current value, kept open until the block ends whatever is swapped meanwhile."""
        mine = self._current
        mine.users += 1
        try:
            yield mine.value
        finally:
            mine.users -= 1
            await self._let_go(mine)

    async def swap(self, value: T) -> None:
        """Makes a value the current one; the one before is closed now, or by its last user."""
        old, self._current = self._current, _Generation(value)
        self._old.add(old)
        await self._let_go(old)

    async def close(self) -> None:
        """Closes everything, used or not."""
        for one in [*self._old, self._current]:
            await self._close(one.value)
        self._old.clear()

    async def _let_go(self, one: _Generation[T]) -> None:
        if one in self._old and not one.users:
            self._old.discard(one)
            await self._close(one.value)


class _Generation(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value
        self.users = 0


class Reloader(Generic[T]):
    """Looks at files again and again; loads them when they changed and have come to rest.

    `watched` says which files a load depends on (it may change with each load), `load` reads them all or raises
    PolicywatchError, `apply` makes the result work, `broken` hears of what could not be loaded.
    """

    def __init__(
        self,
        *,
        watched: Callable[[], frozenset[Path]],
        load: Callable[[], T],
        apply: Callable[[T], Awaitable[None]],
        broken: Callable[[errors.PolicywatchError], Awaitable[None]],
    ) -> None:
        self._watched = watched
        self._load = load
        self._apply = apply
        self._broken = broken
        self._tried = state_of(watched())
        self._last = self._tried
        self.fault: errors.PolicywatchError | None = None
        """Why the files as they are now do not work; None when they do."""

    async def check(self) -> bool:
        """Looks once; true when a new configuration took effect. Does not raise for what the files hold."""
        seen = await asyncio.to_thread(lambda: state_of(self._watched()))
        if seen == self._tried:
            self._last = seen
            return False
        if seen != self._last:
            # Editors write in steps: a file is read when it looks the same twice.
            self._last = seen
            return False
        return await self._reload(seen)

    async def _reload(self, seen: State) -> bool:
        try:
            loaded = await asyncio.to_thread(self._load)
        except errors.PolicywatchError as error:
            self._tried = await self._state_after(seen)
            self.fault = error
            for fault in getattr(error, "faults", None) or [error]:
                _log.error("not taken over, the old configuration goes on", fault=str(fault))
            await self._broken(error)
            return False
        await self._apply(loaded)
        self._tried = await self._state_after(seen)
        self.fault = None
        _log.info("taken over", files=len(self._tried))
        return True

    async def _state_after(self, before: Mapping[Path, tuple[int, int, int]]) -> State:
        """What was loaded; a file that changed meanwhile stands as it was before, so that it is loaded again."""
        after = await asyncio.to_thread(lambda: state_of(self._watched()))
        return {path: before.get(path, told) for path, told in after.items()}
