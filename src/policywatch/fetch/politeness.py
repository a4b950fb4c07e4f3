"""One request at a time for each host, with a pause between, and none while the host asks to be left alone."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from policywatch.model import Turns

LONGEST_PAUSE = timedelta(minutes=1)
"""A host that wants longer pauses still gets this one between the articles of one poll."""
_SWEEP_AT_LEAST = 256


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Host:
    """What is remembered of one host. Moments are those of the monotonic clock."""

    __slots__ = ("blocked_until", "free_at", "lock", "reopens_at", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        """Those who wait or have their turn."""
        self.free_at = 0.0
        """When the pause after the last request is over."""
        self.reopens_at = 0.0
        """When a block is over."""
        self.blocked_until: datetime | None = None
        """The same by the wall clock, as the server said it."""


class Politeness:
    """Gives out turns, in the order in which they were asked for.

    `spacing` is the least time between the end of one turn at a host and the start of the next. A turn at a blocked
    host is waited for if the block lasts at most `patience`; else it raises FetchError (`host_blocked`) at once.
    `turns` are shared with other processes, which then keep the same pause. Clock, sleep and wall clock can be
    replaced; the spacing is kept by the monotonic clock, so that setting the machine's time moves nothing.
    """

    def __init__(
        self,
        spacing: timedelta,
        *,
        patience: timedelta = timedelta(seconds=60),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], datetime] = _utc_now,
        turns: Turns | None = None,
    ) -> None:
        self._turns = turns
        self._spacing = spacing.total_seconds()
        self._patience = patience.total_seconds()
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._hosts: dict[str, _Host] = {}
        self._sweep_at = _SWEEP_AT_LEAST

    def __len__(self) -> int:
        """How many hosts are remembered."""
        return len(self._hosts)

    def turn(self, host: str, url: str = "", *, pause: timedelta | None = None) -> Turn:
        """Waits for the host to be free; it is busy until the block ends. `url` is named in a FetchError.

        `pause` is what the host wants between two requests; up to `LONGEST_PAUSE` it replaces a shorter spacing.
        """
        wanted = min(pause, LONGEST_PAUSE).total_seconds() if pause else 0.0
        return Turn(self, host, url, max(self._spacing, wanted))

    async def begin(self, host: str, url: str) -> None:
        """Returns when the host is free for whoever asks, who must `end` it. Raises FetchError."""
        entry = self._entry(host)
        entry.users += 1
        try:
            self._refuse_blocked(host, entry, url)
            await entry.lock.acquire()
        except BaseException:
            entry.users -= 1
            raise
        try:
            while True:
                # Anew after each wait: the request before, or the pause, may have brought a block.
                self._refuse_blocked(host, entry, url)
                wait = max(entry.free_at, entry.reopens_at) - self._clock()
                if wait <= 0:
                    break
                await self._sleep(wait)
            if self._turns is not None:
                await self._turns.take(host)
        except BaseException:
            entry.lock.release()
            entry.users -= 1
            raise

    async def end(self, host: str, spacing: float) -> None:
        """The host is free for the next one after so many seconds."""
        entry = self._hosts[host]
        try:
            entry.free_at = self._clock() + spacing
            if self._turns is not None:
                await self._turns.give(host, timedelta(seconds=spacing))
        finally:
            entry.lock.release()
            entry.users -= 1

    def block(self, host: str, until: datetime) -> None:
        """Keeps the host from being asked before `until` (aware). Never shortens an earlier block."""
        entry = self._entry(host)
        reopens_at = self._clock() + (until - self._now()).total_seconds()
        if reopens_at > entry.reopens_at:
            entry.reopens_at = reopens_at
            entry.blocked_until = until

    def _refuse_blocked(self, host: str, entry: _Host, url: str) -> None:
        if entry.reopens_at - self._clock() <= self._patience:
            return
        until = entry.blocked_until
        when = f"{until:%Y-%m-%d %H:%M} UTC" if until else "later"
        raise errors.FetchError(
            url or host,
            f"{host} asked for a pause until {when}; it is left alone until then",
            code="host_blocked",
            status=429,
            retry_after=until,
        )

    def _entry(self, host: str) -> _Host:
        found = self._hosts.get(host)
        if found is None:
            if len(self._hosts) >= self._sweep_at:
                self._forget_idle()
            found = self._hosts[host] = _Host()
        return found

    def _forget_idle(self) -> None:
        now = self._clock()
        self._hosts = {
            name: entry
            for name, entry in self._hosts.items()
            if entry.users or max(entry.free_at, entry.reopens_at) > now
        }
        # Twice what is really in use, so that sweeping costs a constant share however many hosts there are.
        self._sweep_at = max(_SWEEP_AT_LEAST, 2 * len(self._hosts))


class Turn:
    """One turn at a host, for `async with`. A class: a generator's context manager costs three times as much."""

    __slots__ = ("_host", "_politeness", "_spacing", "_url")

    def __init__(self, politeness: Politeness, host: str, url: str, spacing: float) -> None:
        self._politeness = politeness
        self._host = host
        self._url = url
        self._spacing = spacing

    async def __aenter__(self) -> None:
        await self._politeness.begin(self._host, self._url)

    async def __aexit__(self, *_: object) -> None:
        await self._politeness.end(self._host, self._spacing)
