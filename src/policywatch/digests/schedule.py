"""Schedules in plain words, English or Chinese: `workday at 08:30 and 17:00`, `每周一、四 09:00`.

    hour                      hour at :15                 每小时              每小时15分
    day at 08:30              day at 08:30 and 17:00      每天 08:30          每天 8点半和17点
    workday at 08:30                                      工作日 08:30
    weekly on mon at 09:00    weekly on mon, thu at 9:00  每周一 09:00        每周一至周五 09:00
    monthly on 1 at 09:00     monthly on 1 and last at 9:00   每月1日 09:00   每月最后一天 09:00

Times are of 24 hours. A month that is too short for a day has it on its last one, so that a monthly digest comes every
month. `workday` follows the calendar (calendar.py); the others are what the wall calendar says.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from policywatch.digests.calendar import Calendar

Kind = Literal["hour", "day", "workday", "week", "month"]

LAST = 31
"""The day of the month that every month has: its last."""
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HAN_WEEKDAYS = "一二三四五六日"
_HAN = re.compile("[\u4e00-\u9fff]")
_TIME = r"\d{1,2}:\d{2}"
_BETWEEN = re.compile(r"\s*(?:,|、|\band\b|和|及)\s*(?:,|\band\b)?\s*")
_AND = r"\s*(?:,|、|\band\b|和|及|\s)\s*(?:and\b)?\s*"
_TIMES = re.compile(rf"(?P<days>.*?)(?:\s*\bat)?\s*(?P<times>{_TIME}(?:{_AND}{_TIME})*)")
_HOUR = re.compile(r"(?:hour|hourly|小时)(?:\s*(?:at)?\s*:?(?P<minute>\d{1,2})分?)?")
_WEEK = re.compile(r"(?:weekly\b(?: on)?|week\b(?: on)?|(?=mon|tue|wed|thu|fri|sat|sun)|周|星期)\s*(?P<days>\S.*)")
_MONTH = re.compile(r"(?:month(?:ly)?\b(?: on)?(?: the)?\b|月)\s*(?P<days>\S.*)")
_EXAMPLES = {
    "en": "`workday at 08:30`, `day at 08:30 and 17:00`, `weekly on mon at 09:00`, `monthly on 1 at 09:00` or `hour`",
    "zh": "`工作日 08:30`, `每天 08:30 和 17:00`, `每周一 09:00`, `每月1日 09:00` or `每小时`",
}


@dataclass(frozen=True, slots=True)
class Plain:
    """A schedule in plain words, understood."""

    kind: Kind
    times: tuple[tuple[int, int], ...]
    """(hour, minute), ascending."""
    weekdays: tuple[int, ...] = ()
    """1 to 7 from Monday; of kind `week`."""
    days: tuple[int, ...] = ()
    """1 to 31, of kind `month`; 31 is the last of every month."""

    @classmethod
    def parse(cls, text: str) -> Plain:
        """Reads a schedule. Raises ValueError that says which word is wrong and what would be right."""
        return _parsed(text)

    @property
    def is_hourly(self) -> bool:
        """It names every hour, and so follows elapsed time where the clock jumps."""
        return self.kind == "hour"

    def means(self, day: date, calendar: Calendar) -> bool:
        """A local day has times of this schedule."""
        if self.kind == "workday":
            return calendar.is_workday(day)
        if self.kind == "week":
            return day.isoweekday() in self.weekdays
        if self.kind == "month":
            length = monthrange(day.year, day.month)[1]
            return day.day in self.days or (day.day == length and any(one > length for one in self.days))
        return True


@lru_cache(maxsize=512)
def _parsed(text: str) -> Plain:
    plain = _normalised(text)
    examples = _EXAMPLES["zh" if _HAN.search(text) else "en"]
    if (hourly := _HOUR.fullmatch(plain)) is not None:
        minute = int(hourly["minute"] or 0)
        if minute > 59:
            raise ValueError(f"{text!r}: an hour has no minute {minute}; write 0 to 59")
        return Plain("hour", tuple((hour, minute) for hour in range(24)))
    found = _TIMES.fullmatch(plain)
    if found is None:
        raise ValueError(f"{text!r} does not end in a time of 24 hours such as 08:30; write one such as {examples}")
    times = tuple(sorted({_time(one, text) for one in re.findall(_TIME, found["times"])}))
    days = found["days"].strip()
    if days in {"day", "daily", "天", "日"}:
        return Plain("day", times)
    if days in {"workday", "workdays", "working day", "working days", "工作日", "个工作日"}:
        return Plain("workday", times)
    if (monthly := _MONTH.fullmatch(days)) is not None:
        return Plain("month", times, days=_month_days(monthly["days"], text))
    if (weekly := _WEEK.fullmatch(days)) is not None:
        return Plain("week", times, weekdays=_week_days(weekly["days"], text))
    what = f"{days!r} says no days" if days else "no days are named"
    raise ValueError(f"{text!r}: {what}; write one such as {examples}")


def _normalised(text: str) -> str:
    """Small letters, single spaces, half-width signs, times as 08:30; without an `every` of its own."""
    plain = " ".join(text.lower().replace("：", ":").replace("，", ",").split())  # as typed in Chinese
    plain = re.sub(r"^(?:every|each|每)\s*", "", plain)
    plain = re.sub(r"(\d{1,2})\s*[点时]半", r"\1:30", plain)
    plain = re.sub(r"(\d{1,2})\s*[点时](\d{1,2})分?", lambda at: f"{at[1]}:{at[2]:0>2}", plain)
    return re.sub(r"(\d{1,2})\s*[点时]整?", r"\1:00", plain)


def _time(word: str, text: str) -> tuple[int, int]:
    hour, minute = map(int, word.split(":"))
    if hour > 23 or minute > 59:
        raise ValueError(f"{text!r}: there is no time {word}; write 00:00 to 23:59")
    return hour, minute


def _week_days(words: str, text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for word in _split(words):
        first, _, last = re.sub(r"[至到]", "-", word).partition("-")
        start = _weekday(first.strip(), text)
        end = _weekday(last.strip(), text) if last else start
        # `sat-mon` goes round the end of the week.
        found.update((day - 1) % 7 + 1 for day in range(start, end + 7 * (end < start) + 1))
    return tuple(sorted(found))


def _weekday(word: str, text: str) -> int:
    bare = word.removeprefix("周").removeprefix("星期").replace("天", "日")
    for names in (_WEEKDAYS, _LONG_WEEKDAYS, tuple(_HAN_WEEKDAYS)):
        if bare in names:
            return names.index(bare) + 1
    raise ValueError(f"{text!r}: {word!r} is no day of the week; write mon to sun, or 周一 to 周日")


def _month_days(words: str, text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for word in _split(words):
        if word in {"last", "last day", "the last day", "最后一天", "底", "末"}:
            found.add(LAST)
            continue
        number = re.fullmatch(r"(?:the )?(\d{1,2})(?:st|nd|rd|th|日|号)?", word)
        if number is None or not 1 <= int(number[1]) <= 31:
            raise ValueError(f"{text!r}: {word!r} is no day of a month; write 1 to 31, or last (最后一天)")
        found.add(int(number[1]))
    return tuple(sorted(found))


def _split(words: str) -> list[str]:
    return [word for word in _BETWEEN.split(words.strip()) if word]
