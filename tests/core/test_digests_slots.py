"""When digests are due, on clocks that jump."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch.digests.slots import Crontab, due_slot, next_slot, slots

# Days on which the clock of a zone jumps in 2026; Tehran and Shanghai have had no summer time since 2022 and 1991.
TRANSITIONS = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "Europe/Helsinki": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Europe/London": (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Sydney": (date(2026, 10, 4), date(2026, 4, 5)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),
    "Asia/Tehran": (date(2026, 3, 22), date(2026, 9, 22)),
    "Asia/Shanghai": (date(2026, 4, 12), date(2026, 9, 13)),
}


def midnight(day, zone):
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def on_day(text, day, zone):
    """The slots of one local day, its midnight included."""
    moment = timedelta(microseconds=1)
    return slots(
        Crontab.parse(text),
        ZoneInfo(zone),
        midnight(day, zone) - moment,
        midnight(day + timedelta(days=1), zone) - moment,
    )


@pytest.mark.parametrize("time", ["0 1", "30 1", "0 2", "30 2", "0 3"])
@pytest.mark.parametrize(("zone", "day"), [(zone, day) for zone, days in TRANSITIONS.items() for day in days])
def test_081_a_daily_and_a_weekly_digest_run_once_on_every_local_day(zone, day, time):
    """Whatever the clock does that night, each local day has exactly one slot, and a week exactly one weekly one."""
    for number in range(-3, 4):
        one = day + timedelta(days=number)
        assert len(on_day(f"{time} * * *", one, zone)) == 1, one
    weekday = day.isoweekday() % 7
    week = slots(
        Crontab.parse(f"{time} * * {weekday}"),
        ZoneInfo(zone),
        midnight(day - timedelta(days=3), zone),
        midnight(day + timedelta(days=4), zone),
    )
    assert [moment.astimezone(ZoneInfo(zone)).date() for moment in week] == [day]


@pytest.mark.parametrize(
    ("zone", "text", "day", "expected"),
    [
        ("Europe/Berlin", "30 2 * * *", date(2026, 3, 29), "2026-03-29T01:00:00+00:00"),
        ("Europe/Berlin", "30 2 * * *", date(2026, 10, 25), "2026-10-25T00:30:00+00:00"),
        ("Australia/Lord_Howe", "15 2 * * *", date(2026, 10, 4), "2026-10-03T15:30:00+00:00"),
        ("Australia/Lord_Howe", "45 1 * * *", date(2026, 4, 5), "2026-04-04T14:45:00+00:00"),
    ],
)
def test_081_a_gap_ends_at_its_first_moment_and_a_fold_counts_its_first_pass(zone, text, day, expected):
    assert [moment.isoformat() for moment in on_day(text, day, zone)] == [expected]


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "Europe/Helsinki", "America/New_York", "Europe/London", "Australia/Sydney"]
)
@pytest.mark.parametrize("minute", [0, 30, 59])
def test_082_hourly_runs_25_times_over_a_fold_and_23_times_over_a_gap(zone, minute):
    gap, fold = TRANSITIONS[zone]
    for day, count in [(gap, 23), (fold, 25), (fold + timedelta(days=1), 24)]:
        found = on_day(f"{minute} * * * *", day, zone)
        assert len(found) == count
        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


def test_082_half_an_hour_of_fold_repeats_only_the_minutes_that_come_twice():
    """Lord Howe puts its clock back from 02:00 to 01:30."""
    day = date(2026, 4, 5)
    assert len(on_day("0 * * * *", day, "Australia/Lord_Howe")) == 24
    assert len(on_day("45 * * * *", day, "Australia/Lord_Howe")) == 25
    assert len(on_day("0 * * * *", date(2026, 10, 4), "Australia/Lord_Howe")) == 23


def test_a_day_that_never_was_has_no_slot():
    """Samoa went from 29 to 31 December 2011."""
    zone = ZoneInfo("Pacific/Apia")
    found = slots(
        Crontab.parse("30 8 * * *"), zone, datetime(2011, 12, 28, tzinfo=UTC), datetime(2011, 12, 31, tzinfo=UTC)
    )
    assert [moment.astimezone(zone).day for moment in found] == [28, 29, 31]


FIELDS = st.tuples(
    st.sampled_from(["0", "30", "*/15", "5,50", "*"]),
    st.sampled_from(["*", "0", "1", "2", "8", "0,2,23", "*/6", "0-23"]),
    st.sampled_from(["*", "1", "25,29", "*/7"]),
    st.sampled_from(["*", "3,10", "apr"]),
    st.sampled_from(["*", "mon-fri", "0", "sat-sun"]),
).map(" ".join)
ZONES = st.sampled_from([*TRANSITIONS, "Africa/Casablanca", "America/Nuuk", "Pacific/Apia", "UTC"]).map(ZoneInfo)
MOMENTS = st.integers(0, 15 * 366 * 24 * 60).map(
    lambda minutes: datetime(2011, 12, 20, tzinfo=UTC) + timedelta(minutes=minutes)
)
CUTS = st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), min_size=3, max_size=3)


@settings(max_examples=150, deadline=None)
@given(FIELDS, ZONES, MOMENTS, CUTS)
def test_slots_tile_time(text, zone, start, cuts):
    """However time is cut into half-open pieces, each slot lies in exactly one of them."""
    crontab = Crontab.parse(text)
    ends = sorted(start + cut for cut in cuts)
    whole = slots(crontab, zone, start, ends[-1])
    pieces = [slots(crontab, zone, after, until) for after, until in pairwise([start, *ends])]
    assert whole == sorted(set(whole))
    assert [moment for piece in pieces for moment in piece] == whole
    assert due_slot([crontab], zone, start, ends[-1]) == (whole[-1] if whole else None)
    following = next_slot([crontab], zone, start)
    assert following is not None
    assert following > start
    assert (following == whole[0]) if whole else (following > ends[-1])


def test_missed_slots_merge_into_the_newest():
    berlin = ZoneInfo("Europe/Berlin")
    crontabs = [Crontab.parse("30 8 * * *"), Crontab.parse("0 17 * * *")]
    last, now = datetime(2026, 11, 20, 7, 30, tzinfo=UTC), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert due_slot(crontabs, berlin, last, now) == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    assert due_slot(crontabs, berlin, now, now + timedelta(hours=1)) is None
    assert due_slot(crontabs, berlin, now - timedelta(minutes=30), now) is None, "the slot itself was closed"


def test_weekdays_are_counted_as_cron_counts_them():
    """1-5 is Monday to Friday and 0 and 7 are Sunday, whatever other schedulers make of these numbers."""
    week = [Crontab.parse(f"0 9 * * {text}").weekdays for text in ("1-5", "mon-fri", "0", "7", "sun", "sat-mon", "5-7")]
    workdays, sunday = frozenset({1, 2, 3, 4, 5}), frozenset({0})
    assert week == [workdays, workdays, sunday, sunday, sunday, frozenset({6, 0, 1}), frozenset({5, 6, 0})]
    assert Crontab.parse("0 9 * * 1").matches_day(date(2026, 11, 23)), "a Monday"


def test_a_day_of_the_month_or_a_weekday_is_enough_when_both_are_given():
    crontab = Crontab.parse("0 9 13 * fri")
    assert crontab.matches_day(date(2026, 11, 20))
    assert crontab.matches_day(date(2026, 12, 13))
    assert not crontab.matches_day(date(2026, 12, 14))


def test_a_leap_day_is_found_eight_years_ahead():
    found = next_slot([Crontab.parse("0 0 29 2 *")], ZoneInfo("UTC"), datetime(2096, 3, 1, tzinfo=UTC))
    assert found == datetime(2104, 2, 29, tzinfo=UTC)
    assert next_slot([], ZoneInfo("UTC"), datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("30 8 * *", "has 4 fields"),
        ("08:30", "such as"),
        ("60 * * * *", "'60' is no minute; write 0 to 59"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 0 * *", "'0' is no day of the month"),
        ("0 0 * 13 *", "or jan to dec"),
        ("0 0 * * funday", "or sun to sat"),
        ("*/0 * * * *", "at least 1"),
        ("0 22-2 * * *", "22-23,0-2"),
        ("0 0 31 2,4 *", "never run"),
        ("0 0 L * *", "'L' is no day of the month"),
        (", * * * *", "cannot be read"),
        ("٣ * * * *", "is no minute"),
    ],
)
def test_an_unusable_schedule_says_what_to_write(text, told):
    with pytest.raises(ValueError, match="^.*") as caught:
        Crontab.parse(text)
    assert told in str(caught.value)
