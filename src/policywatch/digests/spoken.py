"""Schedules in the words of a language, whether they were written in words or as cron fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.digests.schedule import LAST, Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.slots import Crontab
    from policywatch.digests.timetable import Timetable

MAX_TIMES = 8
"""Times of a day that are named one by one."""
_EVERY_DAY, _EVERY_MONTH = 31, 12


def timetable(table: Timetable, words: Catalogue) -> str:
    """All schedules of a subscription: `working days at 08:30 (Asia/Shanghai), not on public holidays`."""
    said = words.text("when.also").join(schedule(one, words) for one in table.schedules)
    zoned = words.text("when.zone", when=said, zone=table.zone.key)
    return words.text("when.no_holidays", when=zoned) if table.skips_holidays else zoned


def schedule(one: Plain | Crontab, words: Catalogue) -> str:
    """One schedule: `Mondays and Thursdays at 09:00`, `周一、周四 09:00`."""
    return _plain(one, words) if isinstance(one, Plain) else _crontab(one, words)


def _plain(plain: Plain, words: Catalogue) -> str:
    if plain.kind == "hour":
        return _hourly([plain.times[0][1]], words)
    if plain.kind == "week":
        days = _weekdays(plain.weekdays, words)
    elif plain.kind == "month":
        days = _month_days(plain.days, words)
    else:
        days = words.text(f"when.{plain.kind}")
    return words.text("when.at", days=days, times=_times(plain.times, words))


def _crontab(crontab: Crontab, words: Catalogue) -> str:
    by_day, by_weekday = len(crontab.days) < _EVERY_DAY, len(crontab.weekdays) < 7
    weekdays = _weekdays(sorted(day or 7 for day in crontab.weekdays), words)
    days = words.text("when.month", days=_numbers(crontab.days, "when.day_number", words))
    if by_day and by_weekday:
        said = words.text("when.or", one=days, other=weekdays)
    elif by_day:
        said = days
    else:
        said = weekdays if by_weekday else words.text("when.day")
    if len(crontab.months) < _EVERY_MONTH:
        names = words.names("when.months")
        months = _joined([names[month - 1] for month in sorted(crontab.months)], words)
        said = words.text("when.in_months", days=said, months=months)
    is_plain_day = not by_day and not by_weekday and len(crontab.months) == _EVERY_MONTH
    if crontab.is_hourly:
        hourly = _hourly(sorted(crontab.minutes), words)
        return hourly if is_plain_day else words.text("when.hourly_on", days=said, hourly=hourly)
    if len(crontab.times) <= MAX_TIMES:
        return words.text("when.at", days=said, times=_times(crontab.times, words))
    hours = _joined(_runs(crontab.hours, lambda hour: words.text("when.hour_number", hour=str(hour)), words), words)
    return words.text("when.hours", days=said, hours=hours, minutes=_minutes(sorted(crontab.minutes), words))


def _times(times: Sequence[tuple[int, int]], words: Catalogue) -> str:
    return _joined([f"{hour:02}:{minute:02}" for hour, minute in times], words)


def _hourly(minutes: Sequence[int], words: Catalogue) -> str:
    return _rhythm(minutes, words) or words.text("when.hour", minutes=_minutes(minutes, words))


def _rhythm(minutes: Sequence[int], words: Catalogue) -> str:
    """`every 15 minutes`; empty when they keep no step."""
    step = minutes[1] - minutes[0] if len(minutes) > 2 else 0  # two minutes make no rhythm
    is_even = bool(step) and list(minutes) == list(range(0, 60, step))
    return words.text("when.rhythm", n=step) if is_even else ""


def _minutes(minutes: Sequence[int], words: Catalogue) -> str:
    named = _joined([words.text("when.minute", minute=f"{minute:02}") for minute in minutes], words)
    return _rhythm(minutes, words) or words.text("when.minutes", minutes=named)


def _weekdays(days: Sequence[int], words: Catalogue) -> str:
    names = words.names("when.weekdays")
    return _joined(_runs(days, lambda day: names[day - 1], words), words)


def _month_days(days: Sequence[int], words: Catalogue) -> str:
    numbers = [one for one in days if one != LAST]
    said = [words.text("when.month", days=_numbers(numbers, "when.day_number", words))] if numbers else []
    if LAST in days:
        said.append(words.text("when.last_day"))
    return _joined(said, words)


def _numbers(numbers: Iterable[int], key: str, words: Catalogue) -> str:
    return _joined(_runs(numbers, lambda number: words.text(key, number=str(number)), words), words)


def _runs(numbers: Iterable[int], name: Callable[[int], str], words: Catalogue) -> list[str]:
    """Names, with three or more in a row as a range."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = []
    for run in runs:
        if len(run) > 2:  # two are named
            said.append(words.text("when.range", first=name(run[0]), last=name(run[-1])))
        else:
            said += [name(one) for one in run]
    return said


def _joined(parts: Sequence[str], words: Catalogue) -> str:
    if len(parts) < 2:  # nothing to join
        return "".join(parts)
    return words.text("when.and").join([words.text("list.separator").join(parts[:-1]), parts[-1]])
