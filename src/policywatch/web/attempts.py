"""Counts log-ins that failed, so that nobody tries out passwords by the thousand."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SPAN = timedelta(minutes=15)
MOST_EACH = 10
"""Of one address in that span."""
MOST = 200
"""Of all addresses together; those from which somebody came in before are not held up by others."""
REMEMBERED = 2000
"""Addresses."""


class Attempts:
    """Belongs to one event loop. Remembers a bounded number of addresses, whatever comes."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._all: deque[datetime] = deque(maxlen=MOST)
        self._known: OrderedDict[str, None] = OrderedDict()

    def wait(self, address: str, now: datetime) -> timedelta:
        """How long somebody at an address must wait before the next try; nothing when he may try now."""
        who = _neighbourhood(address)
        own = _left(self._failed.get(who), MOST_EACH, now)
        everybody = timedelta() if who in self._known else _left(self._all, MOST, now)
        return max(own, everybody)

    def begin(self, address: str, now: datetime) -> None:
        """A try counts as failed until it succeeds: a thousand at once are no more than one after the other."""
        who = _neighbourhood(address)
        times = self._failed.setdefault(who, deque(maxlen=MOST_EACH))
        self._failed.move_to_end(who)
        times.append(now)
        self._all.append(now)
        while len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """What was tried from there before is forgotten."""
        who = _neighbourhood(address)
        self._failed.pop(who, None)
        if self._all:
            self._all.pop()
        self._known[who] = None
        self._known.move_to_end(who)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _left(times: deque[datetime] | None, most: int, now: datetime) -> timedelta:
    if times is None or len(times) < most:
        return timedelta()
    return max(timedelta(), times[0] + SPAN - now)


def _neighbourhood(address: str) -> str:
    """Who has one IPv6 address has the 2^64 around it."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
