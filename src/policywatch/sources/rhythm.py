"""Decides when a source is asked next.

With `every:` in the configuration that is the interval: what headers and feeds suggest, and the source's own rhythm,
could only make it longer, and the operator has said how long it may be. Without it the interval is the longest of the
default and all suggestions, stretched while nothing new comes, and at most a day. Hours and days that a feed skips,
Retry-After and the Crawl-delay of robots.txt are kept in any case.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from policywatch.model import Cadence

DEFAULT = timedelta(minutes=60)
LONGEST = timedelta(hours=24)
QUIET = 24
"""After as many polls in a row without anything new the interval doubles, and after twice as many once more."""
MOST_STRETCHED = timedelta(hours=4)
"""What the source's own rhythm makes of the default at most: news must not lie for half a day."""
SPREAD_FROM = 100
"""From as many new sources on their first polls are spread; fewer are asked at once."""
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([^\s,\"]*)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_UNHEARD = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b", re.IGNORECASE)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """For how long an answer says that it stays as it is (RFC 9111, 4.2); None when it does not say."""
    control = headers.get("cache-control", "")
    if _UNHEARD.search(control):
        return None
    found = _MAX_AGE.search(control)
    if found:
        lifetime = _seconds(found[1])
    else:
        expires, date = _moment(headers.get("expires")), _moment(headers.get("date"))
        lifetime = expires - (date or now) if expires else None
    if lifetime is None:
        return None
    left = lifetime - (_seconds(headers.get("age", "")) or timedelta(0))
    return left if left > timedelta(0) else None


def interval(
    every: timedelta | None,
    *,
    cadence: Cadence,
    fresh: timedelta | None = None,
    quiet_polls: int = 0,
    pause: timedelta | None = None,
) -> timedelta:
    """How long until the next poll of a source. `every` is None where the configuration does not say.

    `fresh` is what `fresh_for` gave, `pause` the Crawl-delay.
    """
    if every is not None:
        found = every
    else:
        own = min(DEFAULT * 2 ** min(quiet_polls // QUIET, 2), MOST_STRETCHED)
        found = min(max(own, cadence.interval or own, fresh or own), LONGEST)
    return max(found, min(pause, LONGEST)) if pause else found


def beat(due: datetime | None, wait: timedelta, now: datetime) -> datetime:
    """From when the wait for the next poll counts: from when this one was due, so that a source keeps its beat.

    Ticks and the poll itself cost seconds each time, a twelfth of a minute. One that is late by more than a tenth of
    the wait, as after a stop, begins a new beat now.
    """
    return due if due is not None and timedelta(0) <= now - due <= wait / 10 else now


def skips_everything(cadence: Cadence) -> bool:
    """A feed that never wants to be asked: it is asked once a day, and doubted."""
    return len(cadence.skip_hours) == 24 or len(cadence.skip_days) == 7


def not_skipped(moment: datetime, cadence: Cadence, last: datetime | None = None) -> datetime:
    """The moment itself, or the first one after it that lies in no hour and no day that the feed skips.

    Of a feed that skips everything: a day after `last`, when it was last asked.
    """
    if skips_everything(cadence):
        return max(moment, last + LONGEST) if last else moment
    at = moment.astimezone(UTC)
    while at.hour in cadence.skip_hours or at.weekday() in cadence.skip_days:
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def backoff(every: timedelta, failures: int, rng: random.Random) -> timedelta:
    """How long after a failure that followed `failures` others: doubling, at most a day.

    With +-20 %, so that sources that failed together do not come back together.
    """
    return min(every * 2.0 ** min(failures, 20) * rng.uniform(0.8, 1.2), LONGEST)


def spread(sources: Sequence[str], over: timedelta = DEFAULT) -> dict[str, timedelta]:
    """How long each of many new sources waits for its first poll: evenly, in the order given; few do not wait."""
    if len(sources) < SPREAD_FROM:
        return {}
    return {source: over * (rank / len(sources)) for rank, source in enumerate(sources)}


def _seconds(text: str) -> timedelta | None:
    text = text.strip()
    if not _DIGITS.fullmatch(text) or not text.isascii():
        return None
    # Ten digits are three hundred years; int() refuses thousands of them.
    return timedelta(seconds=int(text)) if len(text) <= 10 else timedelta(days=36_500)


def _moment(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None
