"""Days as documents write them, and counting in working days."""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import chinese_calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "o": 0,
    "两": 2,
}
_HAN = "〇○零一二三四五六七八九十"
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), start=1
    )
    for name in names.split()
}  # fmt: skip
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WRITTEN = re.compile(
    rf"""(?=[\d{_HAN}两民中本今明同次当这下年月a-z])(?:
      (?<![\d.])(?:(?P<roc>(?:中华)?民国)\s*|(?<!\d))(?P<year>(?:19|20)\d\d|1\d\d(?=\s*年))\s*年\s*(?P<month>1[0-2]|0?[1-9])\s*月\s*
        (?P<day>3[01]|[12]\d|0?[1-9])(?!\d)\s*[日号]?
    | (?P<han_year>[〇○零一二三四五六七八九o]{{4}}|二[〇○零o]\d\d)\s*年\s*(?P<han_month>十[一二]?|[一二三四五六七八九])\s*月\s*
        (?P<han_day>[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])\s*[日号]
    | (?:(?<![\d./-])|(?<=[./-]\d-)|(?<=[./-]\d\d-))(?P<iso_year>(?:19|20)\d\d)(?P<sep>[-/.])(?P<iso_month>1[0-2]|0?[1-9])(?P=sep)(?P<iso_day>3[01]|[12]\d|0?[1-9])(?!\d)
    | (?<![a-z])(?P<en_month>{_NAMES})\.?\s+(?P<en_day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?\s*,?\s+(?P<en_year>20\d\d)
    | (?<!\d)(?P<eu_day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?\s+(?P<eu_month>{_NAMES})\.?,?\s+(?P<eu_year>20\d\d)
    | (?P<next>(?:本年|今年|明年|同年|次年|当年)\s*)?(?<![\d年/])(?<!\d-)(?P<short_month>1[0-2]|0?[1-9])\s*月\s*(?P<short_day>3[01]|[12]\d|0?[1-9])(?!\d)\s*[日号]
    | (?<![{_HAN}年])(?P<hs_month>十[一二]?|[一二三四五六七八九])月(?P<hs_day>[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号]
    | (?:(?P<end_year>20\d\d)年)?(?<!\d)(?P<end_month>1[0-2]|0?[1-9])月(?P<end_of>底|末|最后一个?工作日|最后一[天日])
    | (?:(?P<ye_year>20\d\d)年|(?<![\d一-龥])|(?<=[请于在至]))(?:年底|年末|(?P<this_year>本年底|今年年底|今年底))
    | (?:(?P<yo_year>20\d\d)年底)
    | (?P<this_month>(?:本|这个|当)月(?:底|末)|(?<=[于在请])月底)
    | (?P<week>本|这|下)(?:个)?(?:周|星期)(?P<weekday>[一二三四五六日天])
    | (?P<only_day>(?<=[-~至到—–])(?:3[01]|[12]\d|0?[1-9])[日号])
    )""",
    re.VERBOSE,
)  # fmt: skip
_CLOCK = re.compile(
    r"\s*(?:\((?:星期|周)[一二三四五六日天]\)|(?:星期|周)[一二三四五六日天])?\s*,?\s*(?:上午|下午|晚上?|中午|凌晨|夜间)?\s*(?:[0-2]?\d\s*[:时点]\s*(?:[0-5]\d\s*分?)?(?::[0-5]\d)?|[零一二三四五六七八九十]{1,3}[时点]|24时)?\s*(?:整|正)?(?:\((?:星期|周)[一二三四五六日天]\)|(?:星期|周)[一二三四五六日天])?"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that stands in a text."""

    start: int
    end: int
    """After the hour, where one follows."""
    date: date
    has_year: bool
    is_vague: bool
    """The end of a month or year: targets are written so as often as deadlines."""


def days_in(text: str, base: date | None) -> list[Day]:
    """Every day in a text, in order. One without a year is the first such day from `base` on; none without a base."""
    return list(_days(text, base))


def _days(text: str, base: date | None) -> Iterator[Day]:
    before: Day | None = None
    for found in _WRITTEN.finditer(text):
        one = _day(found, text, base, before)
        if one is not None:
            before = one
            yield one


def _day(found: re.Match[str], text: str, base: date | None, before: Day | None) -> Day | None:
    said = found.groupdict()
    day, has_year, is_vague = _whole(said), True, False
    if day is None and (said["yo_year"] or said["ye_year"] or said["end_month"]):
        day, is_vague = _end(said, base), True
        has_year = bool(said["yo_year"] or said["ye_year"] or said["end_year"])
    elif day is None and (said["short_month"] or said["hs_month"]):
        day, has_year = _without_year(said, text[: found.start()], base, before), False
    elif day is None and said["only_day"]:
        day, has_year = _only_day(said["only_day"], text[: found.start()], before), False
    elif day is None and base is not None and not any(said[name] for name in _YEARS):
        has_year, is_vague = False, not said["week"]
        day = _named(said, base)
    if day is None:
        return None
    clock = _CLOCK.match(text, found.end())
    return Day(found.start(), clock.end() if clock and clock[0].strip(" ,\n") else found.end(), day, has_year, is_vague)


_YEARS = ("year", "han_year", "iso_year", "en_year", "eu_year")


def _whole(said: dict[str, str | None]) -> date | None:
    """A day with its year."""
    if said["year"]:
        year = int(said["year"])
        year += 1911 if said["roc"] or year < 1900 else 0
        return make(year, int(said["month"] or 0), int(said["day"] or 0))
    if said["han_year"]:
        year = int("".join(str(_DIGITS.get(one, one)) for one in said["han_year"]))
        return make(year, number(said["han_month"] or "") or 0, number(said["han_day"] or "") or 0)
    if said["iso_year"]:
        return make(int(said["iso_year"]), int(said["iso_month"] or 0), int(said["iso_day"] or 0))
    if said["en_year"]:
        return make(int(said["en_year"]), _MONTHS[said["en_month"] or ""], int(said["en_day"] or 0))
    if said["eu_year"]:
        return make(int(said["eu_year"]), _MONTHS[said["eu_month"] or ""], int(said["eu_day"] or 0))
    return None


def _end(said: dict[str, str | None], base: date | None) -> date | None:
    """The end of a year or month; of a month without a year, the first such one from `base` on."""
    year = said["yo_year"] or said["ye_year"]
    if year:
        return make(int(year), 12, 31)
    month = int(said["end_month"] or 0)
    if said["end_year"]:
        day = last_of(int(said["end_year"]), month)
    elif base is not None:
        day = last_of(base.year + (month < base.month), month)
    else:
        return None
    while (said["end_of"] or "").endswith("工作日") and not is_workday(day):
        day -= timedelta(days=1)
    return day


def _only_day(said: str, ahead: str, before: Day | None) -> date | None:
    """24日 in 11月18日—24日."""
    if before is None or not re.fullmatch(r"\s*[-~至到—–]{1,2}", ahead[before.end :]):
        return None
    day = int(said[:-1])
    month = before.date.month if day >= before.date.day else before.date.month % 12 + 1
    return make(before.date.year + (month < before.date.month), month, day)


def _named(said: dict[str, str | None], base: date) -> date:
    """下周五, 本月底, 年底."""
    if said["weekday"]:
        monday = base - timedelta(days=base.weekday())
        weekday = "一二三四五六日".index(said["weekday"].replace("天", "日"))
        return monday + timedelta(days=weekday + 7 * (said["week"] == "下"))
    return last_of(base.year, base.month) if said["this_month"] else date(base.year, 12, 31)


_JOINT = re.compile(r"[\s,起]*(?:[-~至到—–]{1,2}|开始|\(.{1,3}\))[\s至到]*")


def _without_year(said: dict[str, str | None], ahead: str, base: date | None, before: Day | None) -> date | None:
    month = int(said["short_month"]) if said["short_month"] else number(said["hs_month"] or "") or 0
    day = int(said["short_day"]) if said["short_day"] else number(said["hs_day"] or "") or 0
    if before is not None and _JOINT.fullmatch(ahead[before.end :]):
        # The end of a range is the first such day from its beginning on.
        return _from(before.date, month, day)
    if base is None:
        return None
    named = (said["next"] or "").strip()
    if named in {"本年", "今年", "当年"}:
        return make(base.year, month, day)
    if named in {"明年", "次年"}:
        return make(base.year + 1, month, day)
    return _from(base, month, day)


def _from(first: date, month: int, day: int) -> date | None:
    for year in (first.year, first.year + 1):
        found = make(year, month, day)
        if found is not None and found >= first:
            return found
    return None


def make(year: int, month: int, day: int) -> date | None:
    """The day; None when the calendar has no such day or a document would hardly mean it."""
    try:
        return date(year, month, day) if 1949 <= year <= 2100 else None
    except ValueError:
        return None


def last_of(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def months_after(day: date, count: int) -> date:
    """The same day of a later month, or its last one."""
    month = day.month - 1 + count
    last = last_of(day.year + month // 12, month % 12 + 1)
    return last.replace(day=min(day.day, last.day))


def number(text: str) -> int | None:
    """A number in digits or Han characters up to 999; None when it is none."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text)
    if not text or any(one not in _DIGITS and one not in "十百" for one in text):
        return None
    if not re.search("[十百]", text):
        return int("".join(str(_DIGITS[one]) for one in text))
    total, digit = 0, 0
    for one in text:
        if one in "十百":
            total += (digit or 1) * (10 if one == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[one]
    return total + digit


def is_workday(day: date) -> bool:
    """Whether China works on a day; Monday to Friday in years whose holidays are not yet known."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def after(first: date, count: int, *, working: bool) -> date:
    """The last of `count` days of which `first` is the first, if it is one."""
    counts: Callable[[date], bool] = is_workday if working else lambda _: True
    day, left = first, min(count, 400)
    while True:
        left -= counts(day)
        if left <= 0:
            return day
        day += timedelta(days=1)
