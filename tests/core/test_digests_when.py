"""Schedules in plain words, working days and holidays, and how all that is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from digests_samples import renderer
from policywatch.digests import spoken
from policywatch.digests.calendar import Calendar, CalendarSpec
from policywatch.digests.quiet import Quiet
from policywatch.digests.schedule import Plain
from policywatch.digests.slots import Crontab
from policywatch.digests.timetable import Timetable

CHINA = ZoneInfo("Asia/Shanghai")


def table(*schedules, zone="Asia/Shanghai", calendar=None, skip=False):
    return Timetable(tuple(map(Plain.parse, schedules)), ZoneInfo(zone), calendar or Calendar(), skip)


def days(timetable, first, last):
    """The local days on which a timetable has slots, one for each slot."""
    after = datetime(first.year, first.month, first.day, tzinfo=timetable.zone) - timedelta(seconds=1)
    found = []
    for moment in timetable.coming(after, 400):
        day = moment.astimezone(timetable.zone).date()
        if day > last:
            break
        found.append(day.isoformat())
    return found


@pytest.mark.parametrize(
    ("same", "kind", "times", "on"),
    [
        (["hour", "Hourly", "每小时"], "hour", 24, ()),
        (["day at 08:30", "every day at 8:30", "daily at 08:30", "每天 08:30", "每日8点半", "每天8：30"], "day", 1, ()),
        (["day at 08:30 and 17:00", "day at 17:00, 8:30", "每天 08:30、17:00", "每天8点半和17点"], "day", 2, ()),
        (["workday at 08:30", "every workday at 08:30", "工作日 08:30", "每个工作日8点30分"], "workday", 1, ()),
        (["weekly on mon at 09:00", "every monday at 9:00", "mon 9:00", "每周一 09:00", "星期一 9点"], "week", 1, (1,)),
        (["weekly on mon, thu at 09:00", "week on thu and mon at 9:00", "每周一、四 09:00", "每周一和周四 9点"], "week", 1, (1, 4)),
        (["weekly on mon-fri at 09:00", "每周一至周五 09:00"], "week", 1, (1, 2, 3, 4, 5)),
        (["weekly on sat-mon at 09:00"], "week", 1, (1, 6, 7)),
        (["每周日 09:00", "每周天 09:00", "sunday at 09:00"], "week", 1, (7,)),
        (["monthly on 1 at 09:00", "monthly on the 1st at 9:00", "month on 1 at 09:00", "每月1日 09:00", "每月1号 9点"], "month", 1, (1,)),
        (["monthly on 1, 15 at 09:00", "每月1日和15日 09:00"], "month", 1, (1, 15)),
        (["monthly on last at 09:00", "每月最后一天 09:00", "每月底 09:00"], "month", 1, (31,)),
    ],
)  # fmt: skip
def test_the_same_is_understood_in_many_words(same, kind, times, on):
    for text in same:
        plain = Plain.parse(text)
        assert (plain.kind, len(plain.times), plain.weekdays or plain.days) == (kind, times, on), text
        assert plain == Plain.parse(same[0])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workday", "does not end in a time of 24 hours such as 08:30; write one such as `workday at 08:30`"),
        ("day at 8:30am", "does not end in a time"),
        ("day at 24:00", "there is no time 24:00; write 00:00 to 23:59"),
        ("08:30", "no days are named"),
        ("wrkday at 08:30", "'wrkday' says no days"),
        ("下午 3:00", "`工作日 08:30`"),
        ("weekly at 09:00", "'weekly' says no days"),
        ("weekly on mun at 09:00", "'mun' is no day of the week"),
        ("monthly on 32 at 09:00", "'32' is no day of a month; write 1 to 31, or last"),
        ("hour at 60", "an hour has no minute 60"),
        ("", "does not end in a time"),
    ],
)
def test_what_cannot_be_understood_is_told_with_what_would_be_right(text, told):
    with pytest.raises(ValueError, match=r".") as caught:
        Plain.parse(text)
    assert told in str(caught.value)
    assert str(caught.value).startswith(repr(text))


def test_working_days_are_those_of_china_with_the_make_up_saturday():
    """Of the autumn of 2026: 20 September and 10 October are worked, 25 to 27 September and 1 to 7 October are free."""
    found = days(table("workday at 08:30"), date(2026, 9, 18), date(2026, 10, 12))
    assert found == [
        *("2026-09-18", "2026-09-20", "2026-09-21", "2026-09-22", "2026-09-23", "2026-09-24"),
        *("2026-09-28", "2026-09-29", "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12"),
    ]


def test_the_configuration_goes_before_what_was_decreed():
    calendar = CalendarSpec(holidays=["2026-10-08", "2026-10-10"], workdays=["2026-10-07", "2026-10-11"]).calendar
    assert days(table("workday at 08:30", calendar=calendar), date(2026, 10, 6), date(2026, 10, 12)) == [
        "2026-10-07",
        "2026-10-09",
        "2026-10-11",
        "2026-10-12",
    ]
    with pytest.raises(ValidationError, match="2026-10-08 stands under `holidays` and under `workdays`"):
        CalendarSpec(holidays=["2026-10-08"], workdays=["2026-10-08"])


def test_a_house_elsewhere_works_from_monday_to_friday():
    calendar = CalendarSpec(base="weekdays", holidays=["2026-10-02"]).calendar
    found = days(table("workday at 08:30", calendar=calendar), date(2026, 10, 1), date(2026, 10, 10))
    assert found == ["2026-10-01", *(f"2026-10-{day:02}" for day in range(5, 10))]
    assert calendar.lacks(date(2040, 1, 1)) is None


def test_a_year_that_nobody_knows_has_weekdays_and_is_said_thirty_days_ahead():
    calendar = Calendar()
    # Far enough that no decree is known to any version.
    assert days(table("workday at 08:30"), date(2090, 1, 1), date(2090, 1, 9)) == [
        *("2090-01-02", "2090-01-03", "2090-01-04", "2090-01-05", "2090-01-06", "2090-01-09"),
    ]
    assert calendar.lacks(date(2026, 6, 1)) is None
    assert calendar.lacks(date(2090, 6, 1)) == 2090
    named = CalendarSpec(holidays=["2090-01-01"]).calendar
    assert named.lacks(date(2090, 6, 1)) is None
    assert named.lacks(date(2090, 12, 1)) is None
    assert named.lacks(date(2090, 12, 2)) == 2091


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        # National Day: 1 (a Thursday) to 7 October; the first working day is the 8th, the 10th is a make-up Saturday.
        ("day at 08:30", ["09-29", "09-30", "10-08", "10-09", "10-10", "10-11", "10-12", "10-13"]),
        ("weekly on mon at 08:30", ["10-08", "10-12"]),
        ("weekly on fri, sat at 08:30", ["10-08", "10-09", "10-10"]),
        ("weekly on thu at 08:30", ["10-08"]),
        ("monthly on 3 at 08:30", ["10-08"]),
        ("monthly on 11 at 08:30", ["10-11"]),
        ("workday at 08:30", ["09-29", "09-30", "10-08", "10-09", "10-10", "10-12", "10-13"]),
    ],
)
def test_what_falls_on_a_holiday_is_caught_up_on_the_first_working_day(schedule, expected):
    found = days(table(schedule, skip=True), date(2026, 9, 29), date(2026, 10, 13))
    assert [day[5:] for day in found] == expected
    assert len(found) == len(set(found))


def test_a_short_month_has_its_last_day():
    timetable = table("monthly on 30 at 09:00")
    assert days(timetable, date(2027, 1, 1), date(2027, 4, 30)) == [
        *("2027-01-30", "2027-02-28", "2027-03-30", "2027-04-30"),
    ]


def test_several_schedules_are_one_timetable():
    timetable = table("workday at 08:30", "weekly on fri at 17:00")
    friday = datetime(2026, 11, 27, tzinfo=CHINA)
    assert [f"{at.astimezone(CHINA):%a %H:%M}" for at in timetable.coming(friday, 3)] == [
        "Fri 08:30",
        "Fri 17:00",
        "Mon 08:30",
    ]
    assert timetable.due(friday, friday + timedelta(hours=18)) == datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def test_081_plain_words_keep_their_local_time_over_both_changes_of_the_clock():
    berlin = table("day at 02:30", zone="Europe/Berlin")
    spring = berlin.coming(datetime(2026, 3, 27, 12, tzinfo=UTC), 3)
    autumn = berlin.coming(datetime(2026, 10, 23, 12, tzinfo=UTC), 3)
    assert [f"{at:%d %H:%M}" for at in spring] == ["28 01:30", "29 01:00", "30 00:30"]
    assert [f"{at:%d %H:%M}" for at in autumn] == ["24 00:30", "25 00:30", "26 01:30"]
    assert len(table("hour", zone="Europe/Berlin").coming(datetime(2026, 10, 24, 22, tzinfo=UTC), 25)) == 25


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("workday at 8:30 and 17:00", "working days at 08:30 and 17:00", "工作日 08:30和17:00"),
        ("day at 8:30", "every day at 08:30", "每天 08:30"),
        ("weekly on mon, thu at 9:00", "Monday and Thursday at 09:00", "周一和周四 09:00"),
        ("monthly on 1 and last at 9:00", "the 1. of the month and the last day of the month at 09:00", "每月1日和每月最后一天 09:00"),
        ("hour at 15", "every hour at :15", "每小时15分"),
        ("30 8 * * mon-fri", "Monday to Friday at 08:30", "周一至周五 08:30"),
        ("0 9 1 1,7 *", "the 1. of the month in January and July at 09:00", "1月和7月的每月1日 09:00"),
        ("0 9 1 * mon", "the 1. of the month or Monday at 09:00", "每月1日或周一 09:00"),
        ("*/15 8-18 * * *", "every day, in the hours 8:00 to 18:00, every 15 minutes", "每天，8时至18时内每15分钟"),
        ("* * * * *", "every minute", "每1分钟"),
        ("5 * * * mon", "Monday, every hour at :05", "周一，每小时05分"),
    ],
)  # fmt: skip
def test_every_schedule_can_be_said(text, en, zh):
    schedule = Crontab.parse(text) if text[0] in "0123456789*" else Plain.parse(text)
    assert spoken.schedule(schedule, renderer().catalogue("en")) == en
    assert spoken.schedule(schedule, renderer().catalogue("zh-CN")) == zh
    whole = Timetable((schedule,), CHINA, Calendar(), skips_holidays=True)
    assert spoken.timetable(whole, renderer().catalogue("en")) == (
        f"{en} (Asia/Shanghai), caught up on after public holidays"
    )


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [
        ("22:00-07:30", ["22:00", "23:59", "00:00", "07:29"], ["21:59", "07:30", "12:00"]),
        ("12:00 - 14:00", ["12:00", "13:59"], ["11:59", "14:00", "00:00"]),
    ],
)
def test_quiet_hours_begin_and_end_on_the_minute(hours, quiet, loud):
    parsed = Quiet.parse(hours)
    for clock, expected in ((quiet, True), (loud, False)):
        for time in clock:
            hour, minute = map(int, time.split(":"))
            moment = datetime(2026, 11, 25, hour, minute, tzinfo=CHINA).astimezone(UTC)
            assert parsed.holds(moment, CHINA) is expected, time


@pytest.mark.parametrize("hours", ["22-7", "25:00-07:00", "22:00", "08:00-08:00"])
def test_quiet_hours_that_are_none_are_refused(hours):
    with pytest.raises(ValueError, match=hours):
        Quiet.parse(hours)
