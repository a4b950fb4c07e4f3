"""Working days and public holidays, as people keep them: of China with its make-up Saturdays, or Monday to Friday.

China's holidays are decreed a year at a time, usually in November (notices of the State Council's General Office). They
come from the package chinesecalendar; what it does not know yet, or a house does otherwise, stands in the YAML.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from chinese_calendar import constants
from pydantic import BaseModel, ConfigDict, Field, model_validator

WARNED_AHEAD = timedelta(days=30)
_DECREED: frozenset[date] = frozenset(constants.holidays)
_MADE_UP: frozenset[date] = frozenset(constants.workdays)
_KNOWN_YEARS = frozenset(day.year for day in _DECREED)


class CalendarSpec(BaseModel):
    """Which days are working days: for `every: workday ...` and `holidays: skip`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: Literal["china", "weekdays"] = "china"
    """china: China's public holidays and make-up Saturdays; weekdays: Monday to Friday."""
    holidays: list[date] = Field(default_factory=list)
    """Days on which nobody works though the calendar says otherwise, such as 2027-01-01."""
    workdays: list[date] = Field(default_factory=list)
    """Days on which people work though the calendar says otherwise, such as a make-up Saturday."""

    @model_validator(mode="after")
    def _not_both(self) -> CalendarSpec:
        both = sorted(set(self.holidays) & set(self.workdays))
        if both:
            raise ValueError(f"{both[0]} stands under `holidays` and under `workdays`; remove one")
        return self

    @property
    def calendar(self) -> Calendar:
        """What it means."""
        return Calendar(self.base == "china", frozenset(self.holidays), frozenset(self.workdays))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Knows working days. What the configuration names goes before what was decreed, and that before the weekday."""

    is_chinese: bool = True
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_holiday(self, day: date) -> bool:
        """A public holiday; a plain Saturday or Sunday is none."""
        if day in self.workdays:
            return False
        return day in self.holidays or (self.is_chinese and day in _DECREED)

    def is_workday(self, day: date) -> bool:
        """People work on this day. Of years that nothing is known about, Monday to Friday."""
        if day in self.workdays or (self.is_chinese and day in _MADE_UP and day not in self.holidays):
            return True
        return day.isoweekday() <= 5 and not self.is_holiday(day)

    def lacks(self, today: date) -> int | None:
        """The year, this one or one that begins within 30 days, whose holidays nothing names; None when all is known.

        One day of it under `holidays` or `workdays` of the configuration is taken as knowing it.
        """
        if not self.is_chinese:
            return None
        named = {day.year for day in self.holidays | self.workdays}
        for year in (today.year, (today + WARNED_AHEAD).year):
            if year not in _KNOWN_YEARS and year not in named:
                return year
        return None
