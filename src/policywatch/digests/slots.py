"""When a digest is due: crontabs in a time zone, right across daylight saving.

As in cron (Vixie, crontab(5)): a schedule with fixed hours runs once on each local day: a time that the clock skips is
made up at the first moment after, one that comes twice counts the first time. A schedule whose hour is `*` follows the
real hours, 25 of them when the clock is set back and 23 when it is set forward.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

_MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DAYS = {name: at for at, name in enumerate("sun mon tue wed thu fri sat".split())}
_FIELDS = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _DAYS),
)
_PART = re.compile(r"^(?:(?P<any>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?$")
_HORIZON = 366 * 8
"""Days looked ahead: 29 February comes at least every eighth year."""


@dataclass(frozen=True, slots=True)
class Crontab:
    """Five fields: minute, hour, day of the month, month, weekday (0 and 7 are Sunday, 1-5 Monday to Friday)."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    follows_real_hours: bool
    is_either_day: bool
    """Day of the month and weekday are both named: either is enough."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `30 8 * * mon-fri`. Raises ValueError that says what is wrong."""
        parts = text.lower().split()
        if len(parts) != len(_FIELDS):
            raise ValueError(
                f"{text!r} has {len(parts)} fields; a schedule has five: minute, hour, day, month, weekday, "
                'such as "30 8 * * mon-fri" (at 08:30 from Monday to Friday)'
            )
        minutes, hours, days, months, weekdays = (
            _field(part, *field) for part, field in zip(parts, _FIELDS, strict=True)
        )
        crontab = cls(
            text=text,
            minutes=tuple(sorted(minutes)),
            hours=tuple(sorted(hours)),
            days=frozenset(days),
            months=frozenset(months),
            weekdays=frozenset(day % 7 for day in weekdays),
            follows_real_hours=parts[1].startswith("*"),
            is_either_day=not parts[2].startswith("*") and not parts[4].startswith("*"),
        )
        if not any(crontab.covers(date(2024, 1, 1) + timedelta(days=day)) for day in range(_HORIZON)):
            raise ValueError(f"{text!r} names a day that never comes")
        return crontab

    def covers(self, day: date) -> bool:
        """Whether it runs at all on a local day."""
        if day.month not in self.months:
            return False
        is_day, is_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (is_day or is_weekday) if self.is_either_day else (is_day and is_weekday)


def _field(text: str, name: str, least: int, most: int, names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.match(part)
        if match is None:
            raise ValueError(f"{part!r} is no {name}; write a number, a range such as 1-5, a list, or *")
        step = int(match["step"] or 1)
        if match["any"]:
            first, last = least, most
        else:
            first = _number(match["first"], name, least, most, names)
            last = _number(match["last"], name, least, most, names) if match["last"] else first
            if match["step"] and not match["last"]:
                last = most
        if last < first and name == "weekday" and last == 0:
            last = 7
        if step < 1 or last < first:
            raise ValueError(f"{part!r} is no {name}: it counts backwards or stands still")
        found.update(range(first, last + 1, step))
    return found


def _number(text: str, name: str, least: int, most: int, names: dict[str, int]) -> int:
    value = names.get(text[:3], -1) if text.isalpha() else int(text) if text.isdigit() else -1
    if not least <= value <= most:
        known = f", or {', '.join(names)}" if names else ""
        raise ValueError(f"{text!r} is no {name}; write {least} to {most}{known}")
    return value


def slots(crontab: Crontab, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    """The moments, in UTC, that lie in (after, until]."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date() + timedelta(days=1)
    found: set[datetime] = set()
    while day <= last:
        found.update(moment for moment in _of_day(crontab, zone, day) if after < moment <= until)
        day += timedelta(days=1)
    return sorted(found)


def next_slot(crontabs: Sequence[Crontab], zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first moment after another at which any of the schedules is due."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    for _ in range(_HORIZON):
        found = [moment for crontab in crontabs for moment in _of_day(crontab, zone, day) if moment > after]
        if found:
            # A skipped time is made up on the next day in no zone, yet the day after may still hold an earlier one.
            return min([*found, *_after(crontabs, zone, day + timedelta(days=1), after)])
        day += timedelta(days=1)
    return None


def due_slot(crontabs: Sequence[Crontab], zone: ZoneInfo, last: datetime, now: datetime) -> datetime | None:
    """The newest moment in (last, now]; those before it were missed and merge into it. None if none came."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    first = last.astimezone(zone).date() - timedelta(days=1)
    while day >= first:
        found = [moment for crontab in crontabs for moment in _of_day(crontab, zone, day) if last < moment <= now]
        if found:
            return max(found)
        day -= timedelta(days=1)
    return None


def _after(crontabs: Sequence[Crontab], zone: ZoneInfo, day: date, after: datetime) -> Iterator[datetime]:
    for crontab in crontabs:
        yield from (moment for moment in _of_day(crontab, zone, day) if moment > after)


@lru_cache(maxsize=4096)
def _of_day(crontab: Crontab, zone: ZoneInfo, day: date) -> tuple[datetime, ...]:
    """Every moment of one local day."""
    if not crontab.covers(day):
        return ()
    if crontab.follows_real_hours:
        return tuple(_real_hours(crontab, zone, day))
    return tuple(
        sorted({_first_moment(zone, day, hour, minute) for hour in crontab.hours for minute in crontab.minutes})
    )


def _real_hours(crontab: Crontab, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    end = moment + timedelta(hours=48)
    minutes, hours = set(crontab.minutes), set(crontab.hours)
    while moment < end:
        local = moment.astimezone(zone)
        if local.date() == day and local.minute in minutes and local.hour in hours:
            yield moment
        moment += timedelta(minutes=1)


def _first_moment(zone: ZoneInfo, day: date, hour: int, minute: int) -> datetime:
    """The first moment at which the local clock shows a time or has passed it."""
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall.replace(tzinfo=None):
        return moment
    # Skipped: step back to where the clock was set forward.
    while (moment - timedelta(minutes=1)).astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset():
        moment -= timedelta(minutes=1)
    return moment
