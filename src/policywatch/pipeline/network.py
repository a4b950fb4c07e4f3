"""Tells a network that is down from sources that are: when nearly every host fails at once, no host is at fault."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.store.sources import SourceState

HOSTS = 20
"""The last so many hosts that were asked are looked at."""
LEAST_HOSTS = 3
"""Of fewer nobody can say."""
RECENT = timedelta(minutes=15)
DOWN = 0.8
"""The share of hosts that fail at once."""
FAULTS = frozenset({"connection", "timeout"})
"""Codes of a FetchError that may be the network's."""


class Network:
    """Notes which hosts answered, and which sources were blamed for what may turn out to be the network's fault.

    Hosts that had been failing before are not to be noted: they say nothing about the network.
    """

    def __init__(self) -> None:
        self._hosts: dict[str, tuple[datetime, bool]] = {}
        self._blamed: dict[str, tuple[datetime, SourceState]] = {}
        self.is_down = False

    def note(self, host: str, at: datetime, *, answered: bool) -> None:
        """A host was asked."""
        self._hosts.pop(host, None)
        self._hosts[host] = at, answered
        while len(self._hosts) > HOSTS:
            del self._hosts[next(iter(self._hosts))]
        recent = [one for moment, one in self._hosts.values() if at - moment <= RECENT]
        self.is_down = len(recent) >= LEAST_HOSTS and recent.count(False) >= DOWN * len(recent)

    def blame(self, source: str, at: datetime, before: SourceState) -> None:
        """A source's failure was counted; `before` is what it was before that."""
        self._blamed = {name: one for name, one in self._blamed.items() if at - one[0] <= RECENT}
        if before.failures == 0:
            self._blamed[source] = at, before

    def acquit(self, source: str) -> None:
        """A source answered again."""
        self._blamed.pop(source, None)

    def blamed(self, at: datetime) -> list[SourceState]:
        """What the sources were before they were blamed, of those blamed of late; they are no longer."""
        found = [before for moment, before in self._blamed.values() if at - moment <= RECENT]
        self._blamed.clear()
        return found
