"""Several processes of policywatch on one database, which are killed at random and started again."""

from __future__ import annotations

import random
import signal
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running, World

FULL = ()
"""The roles of a process that does everything."""


class Herd:
    """Processes with roles each; knows which one leads, and how long none did after a leader was killed."""

    def __init__(self, world: World, roles: list[tuple[str, ...]], *, is_hasty: bool, seed: int) -> None:
        self._world = world
        self._roles = roles
        self._is_hasty = is_hasty
        self._dice = random.Random(seed)
        self._lock = threading.Condition()
        self._leader: int | None = None
        self._orphaned_at: float | None = None
        self.take_overs: list[float] = []
        """Seconds from a leader's death until another process led."""
        self.kills = 0
        self.running: list[Running] = [self._start(place) for place in range(len(roles))]

    def _start(self, place: int) -> Running:
        return self._world.start(
            *self._roles[place], is_hasty=self._is_hasty, on_line=lambda line: self._hear(place, line)
        )

    def _hear(self, place: int, line: str) -> None:
        if '"event": "leads"' not in line:
            return
        with self._lock:
            self._leader = place
            if self._orphaned_at is not None:
                self.take_overs.append(time.monotonic() - self._orphaned_at)
                self._orphaned_at = None
            self._lock.notify_all()

    @property
    def leader(self) -> int | None:
        with self._lock:
            return self._leader

    def kill(self, place: int | None = None) -> None:
        """kill -9 of one of them, at random without a place, and its restart."""
        place = self._dice.randrange(len(self.running)) if place is None else place
        one = self.running[place]
        one.process.send_signal(signal.SIGKILL)
        one.wait_killed(10)
        self.kills += 1
        with self._lock:
            if self._leader == place:
                self._leader, self._orphaned_at = None, time.monotonic()
        self.running[place] = self._start(place)

    def wait_for_leader(self, seconds: float) -> int:
        with self._lock:
            assert self._lock.wait_for(lambda: self._leader is not None, seconds), f"nobody leads after {seconds} s"
            return self._leader

    def stop(self) -> None:
        """In order; each must end well."""
        for one in self.running:
            one.process.send_signal(signal.SIGTERM)
        for one in self.running:
            code = one.process.wait(30)
            assert code == 0, f"ended with {code}; the log:\n{''.join(one.lines[-40:])}"
