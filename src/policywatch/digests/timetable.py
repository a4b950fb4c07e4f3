"""When a subscription's digests are due: its schedules, in a time zone, on a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch.digests import slots
from policywatch.digests.schedule import Plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from policywatch.digests.calendar import Calendar
    from policywatch.digests.slots import Crontab


@dataclass(frozen=True, slots=True)
class Dated:
    """A schedule whose days are known. One that skips holidays catches up on the first working day after them."""

    schedule: Crontab | Plain
    calendar: Calendar
    skips_holidays: bool

    @property
    def is_hourly(self) -> bool:
        """It names every hour, and so follows elapsed time where the clock jumps."""
        return self.schedule.is_hourly

    @property
    def times(self) -> Sequence[tuple[int, int]]:
        """(hour, minute) of each day that matches."""
        return self.schedule.times

    def matches_day(self, day: date) -> bool:
        """A local day has times of this schedule."""
        if not self.skips_holidays:
            return self._means(day)
        if self.calendar.is_holiday(day):
            return False
        return self._means(day) or self._catches_up(day)

    def _means(self, day: date) -> bool:
        if isinstance(self.schedule, Plain):
            return self.schedule.means(day, self.calendar)
        return self.schedule.matches_day(day)

    def _catches_up(self, day: date) -> bool:
        """It is the first working day after a holiday that had times of this schedule."""
        if not self.calendar.is_workday(day):
            return False
        before = day - timedelta(days=1)
        while not self.calendar.is_workday(before):
            if self.calendar.is_holiday(before) and self._means(before):
                return True
            before -= timedelta(days=1)
        return False


@dataclass(frozen=True, slots=True)
class Timetable:
    """All schedules of a subscription together."""

    schedules: tuple[Crontab | Plain, ...]
    zone: ZoneInfo
    calendar: Calendar
    skips_holidays: bool = False

    @property
    def is_hourly(self) -> bool:
        """Every schedule names every hour: its slots are no times of a day."""
        return all(schedule.is_hourly for schedule in self.schedules)

    @property
    def needs_calendar(self) -> bool:
        """Its days depend on holidays."""
        return self.skips_holidays or any(
            isinstance(schedule, Plain) and schedule.kind == "workday" for schedule in self.schedules
        )

    def next(self, after: datetime) -> datetime | None:
        """The first moment (UTC) after `after` at which a digest is due; None when none ever is."""
        return slots.next_slot(self._dated, self.zone, after)

    def coming(self, after: datetime, count: int) -> list[datetime]:
        """The next moments (UTC), at most `count`."""
        found: list[datetime] = []
        moment: datetime | None = after
        while len(found) < count and moment is not None and (moment := self.next(moment)) is not None:
            found.append(moment)
        return found

    def due(self, last: datetime, now: datetime) -> datetime | None:
        """The newest moment (UTC) in (last, now] at which a digest was due; those missed in between merge into it."""
        return slots.due_slot(self._dated, self.zone, last, now)

    def local(self, moment: datetime) -> str:
        """The wall clock's time of a slot, to the minute: what stays the same when the zone changes."""
        return f"{moment.astimezone(self.zone):%Y-%m-%dT%H:%M}"

    @property
    def _dated(self) -> tuple[Dated, ...]:
        return tuple(Dated(schedule, self.calendar, self.skips_holidays) for schedule in self.schedules)
