"""The moments at which digests are due: schedules on a wall clock that jumps twice a year.

A schedule names local times. Most of them exist once a day, and then there is nothing to decide. Where the clock is
put back (a fold) or forward (a gap):

* A schedule for certain hours runs once for each local time that it names. In a fold the first of the two occurrences
  counts; a time inside a gap runs at the first moment after the gap. So a daily digest comes once every day.
* A schedule for every hour follows elapsed time: both passes through a fold count, and times inside a gap are left
  out. So an hourly digest comes 25 times on the long day and 23 times on the short one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EXAMPLE = 'such as "30 8 * * mon-fri" (08:30 from Monday to Friday)'
_PART = re.compile(r"(?P<range>\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,4}))?")
_LONGEST_WAIT = timedelta(days=8 * 366 + 1)
"""29 February is up to eight years away (1896 to 1904, 2096 to 2104)."""
_ALWAYS = frozenset(range(24))


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    """Words that may stand for numbers, the first of them for `low`."""

    def number(self, word: str) -> int:
        lowered = word.lower()
        if lowered in self.names:
            return self.names.index(lowered) + self.low
        if not (word.isascii() and word.isdigit()) or not self.low <= int(word) <= self.high:
            names = f", or {self.names[0]} to {self.names[-1]}" if self.names else ""
            raise ValueError(f"{word!r} is no {self.name}; write {self.low} to {self.high}{names}")
        return int(word)

    def values(self, text: str) -> frozenset[int]:
        found: set[int] = set()
        for part in text.split(","):
            matched = _PART.fullmatch(part)
            if matched is None:
                raise ValueError(f"{part!r} cannot be read as the {self.name} of a schedule; write one {_EXAMPLE}")
            found |= self._of_part(part, matched)
        return frozenset(found)

    def _of_part(self, part: str, matched: re.Match[str]) -> set[int]:
        step = int(matched["step"] or 1)
        if step == 0:
            raise ValueError(f"the step of {part!r} is 0; write at least 1")
        is_weekday = self.names == _WEEKDAYS
        if matched["range"] == "*":
            return set(range(self.low, 7 if is_weekday else self.high + 1, step))
        first = self.number(matched["first"])
        # `5/15` is `5-59/15`, as cron programs read it.
        end = self.high if matched["step"] else first
        last = end if matched["last"] is None else self.number(matched["last"])
        if is_weekday:
            return {day % 7 for day in range(first, last + 7 * (last < first) + 1, step)}
        if last < first:
            raise ValueError(
                f"{part!r} runs backwards; write {first}-{self.high},{self.low}-{last} if it is to go past {self.high}"
            )
        return set(range(first, last + 1, step))


_CLOCK = re.compile(r"\d[:：]\d\d|[点时]")
_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of the month", 1, 31)
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day of the week", 0, 7, _WEEKDAYS)


class Schedule(Protocol):
    """Local days, and the times that each of them has."""

    @property
    def is_hourly(self) -> bool:
        """It names every hour, and so follows elapsed time where the clock jumps."""

    @property
    def times(self) -> Sequence[tuple[int, int]]:
        """(hour, minute) of each day that matches."""

    def matches_day(self, day: date) -> bool:
        """A local day has times of this schedule."""


@dataclass(frozen=True, slots=True)
class Crontab:
    """A schedule in the five fields of crontab(5): minute, hour, day of the month, month, day of the week.

    Numbers mean what they mean in cron, whatever other schedulers make of them: Sunday is 0 or 7, so `1-5` is Monday
    to Friday. Names (`mon-fri`, `jan`), ranges, lists and steps (`*/15`, `9-17/2`) may be used; ranges of days of the
    week may go round the end (`sat-mon`). When both the day of the month and the day of the week are restricted, a
    day on which either matches is meant, as in cron.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 to 6 from Sunday."""

    @classmethod
    def parse(cls, text: str) -> Crontab:
        """Reads a schedule. Raises ValueError that says which word is wrong and what would be right."""
        return _parsed(text)

    @property
    def is_hourly(self) -> bool:
        """It names every hour, and so follows elapsed time where the clock jumps."""
        return self.hours == _ALWAYS

    @property
    def times(self) -> Sequence[tuple[int, int]]:
        """(hour, minute) of each day that matches, ascending."""
        return _times(self.hours, self.minutes)

    def matches_day(self, day: date) -> bool:
        """A local day has times of this schedule."""
        if day.month not in self.months:
            return False
        by_day = day.day in self.days
        by_weekday = day.isoweekday() % 7 in self.weekdays
        if len(self.days) < 31 and len(self.weekdays) < 7:
            return by_day or by_weekday
        return by_day and by_weekday


@lru_cache(maxsize=512)
def _times(hours: frozenset[int], minutes: frozenset[int]) -> tuple[tuple[int, int], ...]:
    return tuple((hour, minute) for hour in sorted(hours) for minute in sorted(minutes))


@lru_cache(maxsize=512)
def _parsed(text: str) -> Crontab:
    words = text.split()
    if len(words) != 5 and _CLOCK.search(text):
        raise ValueError(
            f"{text!r} are words, which stand under `every`: write every: day at 08:30 (or 每天 08:30); `at` has five "
            f"fields: minute, hour, day of the month, month, day of the week, {_EXAMPLE}"
        )
    if len(words) != 5:
        raise ValueError(
            f"{text!r} has {len(words)} fields; a schedule has five: minute, hour, day of the month, month, "
            f"day of the week, {_EXAMPLE}"
        )
    crontab = Crontab(
        minutes=_MINUTE.values(words[0]),
        hours=_HOUR.values(words[1]),
        days=_DAY.values(words[2]),
        months=_MONTH.values(words[3]),
        weekdays=_WEEKDAY.values(words[4]),
    )
    is_by_weekday = len(crontab.weekdays) < 7
    if not is_by_weekday and not any(
        day <= _MONTH_LENGTHS[month - 1] for month in crontab.months for day in crontab.days
    ):
        raise ValueError(f"{text!r} names a day that no month has, so that it would never run")
    return crontab


def slots(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    """Every moment (UTC, ascending, each once) in the half-open interval (after, until] at which a schedule is due."""
    found: set[datetime] = set()
    day, last = _first_day(zone, after), _last_day(zone, until)
    while day <= last:
        found.update(moment for moment in _of_day(schedule, zone, day) if after < moment <= until)
        day += timedelta(days=1)
    return sorted(found)


def next_slot(schedules: Sequence[Schedule], zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first moment (UTC) after `after` at which one of the schedules is due; None without schedules."""
    coming = [moment for schedule in schedules if (moment := _next(schedule, zone, after)) is not None]
    return min(coming, default=None)


def due_slot(schedules: Sequence[Schedule], zone: ZoneInfo, last: datetime, now: datetime) -> datetime | None:
    """The newest moment (UTC) in (last, now] at which one of the schedules was due; None when none was.

    Slots that were missed in between merge into it: what they would have told is told once.
    """
    gone = [moment for schedule in schedules if (moment := _newest(schedule, zone, last, now)) is not None]
    return max(gone, default=None)


def _next(schedule: Schedule, zone: ZoneInfo, after: datetime) -> datetime | None:
    day, last = _first_day(zone, after), _first_day(zone, after) + _LONGEST_WAIT
    while day <= last:
        # Where the clock jumps about midnight, a moment of one day may lie behind one of the next.
        coming = [moment for moment in _of_days(schedule, zone, day, day + timedelta(days=1)) if moment > after]
        if coming:
            return min(coming)
        day += timedelta(days=1)
    return None


def _newest(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    day, first = _last_day(zone, until), _first_day(zone, after)
    while day >= first:
        gone = [moment for moment in _of_days(schedule, zone, day - timedelta(days=1), day) if after < moment <= until]
        if gone:
            return max(gone)
        day -= timedelta(days=1)
    return None


def _first_day(zone: ZoneInfo, moment: datetime) -> date:
    return moment.astimezone(zone).date() - timedelta(days=1)


def _last_day(zone: ZoneInfo, moment: datetime) -> date:
    return moment.astimezone(zone).date() + timedelta(days=1)


def _of_days(schedule: Schedule, zone: ZoneInfo, *days: date) -> Iterator[datetime]:
    for day in days:
        yield from _of_day(schedule, zone, day)


def _of_day(schedule: Schedule, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    """The moments of one local day, not in order and perhaps twice (two times inside one gap)."""
    if not schedule.matches_day(day):
        return
    for hour, minute in schedule.times:
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
        moment = local.astimezone(UTC)
        if local.utcoffset() == (later := local.replace(fold=1)).utcoffset():
            yield moment
        elif moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            yield moment
            if schedule.is_hourly:
                yield later.astimezone(UTC)
        elif not schedule.is_hourly and (end := _end_of_gap(zone, later.astimezone(UTC), moment)) is not None:
            yield end


def _end_of_gap(zone: ZoneInfo, before: datetime, after: datetime) -> datetime | None:
    """The first moment after the gap between two moments (PEP 495); None when the gap swallows a whole day.

    A day that never was (Samoa went from 29 to 31 December 2011) has no digest.
    """
    offset = after.astimezone(zone).utcoffset()
    while (after - before) > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    is_day_lost = (after.astimezone(zone).date() - before.astimezone(zone).date()) > timedelta(days=1)
    return None if is_day_lost else after
