"""When a source is asked next: headers, what feeds say, the configuration, quiet times."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from policywatch.model import Cadence
from policywatch.sources import rhythm
from policywatch.sources.feeds import cadence

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
DATE = "Mon, 23 Nov 2026 08:00:00 GMT"
# (headers of the answer, head of the feed, hours until the next poll without `every:`)
INTERVALS = [
    ({}, "", 1),
    ({"cache-control": "max-age=0"}, "", 1),
    ({"cache-control": "max-age=300"}, "", 1),
    ({"cache-control": "public, max-age=7200"}, "", 2),
    ({"cache-control": 'max-age="7200"'}, "", 2),
    ({"cache-control": "MAX-AGE=10800"}, "", 3),
    ({"cache-control": "max-age=7200", "age": "1800"}, "", 1.5),
    ({"cache-control": "max-age=7200", "age": "9000"}, "", 1),
    ({"cache-control": "max-age=7200", "age": "soon"}, "", 2),
    ({"cache-control": "no-cache, max-age=7200"}, "", 1),
    ({"cache-control": "no-store"}, "", 1),
    ({"cache-control": "max-age=504576000"}, "", 24),  # 16 years
    ({"cache-control": "max-age=" + "9" * 5000}, "", 24),
    ({"cache-control": "max-age=-7200"}, "", 1),
    ({"cache-control": "max-age=often"}, "", 1),
    ({"cache-control": "s-maxage=7200"}, "", 1),
    ({"expires": "0"}, "", 1),
    ({"expires": "-1", "date": DATE}, "", 1),
    ({"expires": "Mon, 23 Nov 2026 11:00:00 GMT", "date": DATE}, "", 3),
    ({"expires": "Mon, 23 Nov 2026 12:00:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, "", 2),
    ({"expires": "Mon, 23 Nov 2026 11:00:00 GMT", "cache-control": "max-age=7200"}, "", 2),
    ({"expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, "", 24),
    ({}, "<ttl>120</ttl>", 2),
    ({}, "<ttl>5</ttl>", 1),
    ({}, "<ttl>0</ttl>", 1),
    ({}, "<ttl>99999999</ttl>", 24),
    ({}, "<ttl>-60</ttl>", 1),
    ({"cache-control": "max-age=60"}, "<ttl>180</ttl>", 3),
    ({"cache-control": "max-age=18000"}, "<ttl>180</ttl>", 5),
    ({}, "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 6),
    ({}, "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", 1),
    ({}, "<sy:updatePeriod>weekly</sy:updatePeriod>", 24),
    ({}, "<sy:updateFrequency>2</sy:updateFrequency>", 12),
    ({}, "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 24),
]


@pytest.mark.parametrize(("headers", "head", "hours"), INTERVALS)
def test_009_the_interval_is_the_longest_suggestion_between_an_hour_and_a_day(headers, head, hours):
    said = cadence.read(f"<rss><channel><title>t</title>{head}<item><ttl>9999</ttl></item></channel></rss>".encode())
    found = rhythm.interval(None, cadence=said, fresh=rhythm.fresh_for(headers, NOW))
    assert found == timedelta(hours=hours)


@pytest.mark.parametrize(("headers", "head", "hours"), INTERVALS)
def test_009_a_configured_interval_is_not_stretched_by_suggestions(headers, head, hours):
    said = cadence.read(f"<rss><channel>{head}</channel></rss>".encode())
    for every in (timedelta(minutes=1), timedelta(minutes=30), timedelta(days=7)):
        fresh = rhythm.fresh_for(headers, NOW)
        assert rhythm.interval(every, cadence=said, fresh=fresh, quiet_polls=1000) == every


def test_009_the_crawl_delay_of_robots_txt_stretches_also_a_configured_interval():
    pause = timedelta(minutes=40)
    assert rhythm.interval(timedelta(minutes=5), cadence=Cadence(), pause=pause) == pause
    assert rhythm.interval(2 * HOUR, cadence=Cadence(), pause=pause) == 2 * HOUR
    assert rhythm.interval(2 * HOUR, cadence=Cadence(), pause=timedelta(days=400)) == 24 * HOUR


def test_a_quiet_source_is_asked_more_rarely_and_a_lively_one_at_once_as_before():
    hours = [rhythm.interval(None, cadence=Cadence(), quiet_polls=polls) / HOUR for polls in (0, 23, 24, 48, 9999)]
    assert hours == [1, 1, 2, 4, 4]


@pytest.mark.parametrize(
    ("block", "hours"),
    [
        ("<skipHours><hour>0</hour><hour> 23 </hour></skipHours>", {0, 23}),
        ("<skipHours><hour>24</hour><hour>1</hour></skipHours>", {0, 1}),
        ("<skipHours><hour>25</hour><hour>-1</hour><hour>x</hour></skipHours>", set()),
        ("<hour>3</hour>", set()),
    ],
)
def test_010_skipped_hours_are_read(block, hours):
    assert cadence.read(f"<rss><channel>{block}<item/></channel></rss>".encode()).skip_hours == hours
    # Some write it behind their items.
    assert cadence.read(f"<rss><channel><item><a/></item>{block}</channel></rss>".encode()).skip_hours == hours


def test_010_skipped_days_are_read_and_the_entries_own_words_are_not():
    text = "<rss><channel><skipDays><day>Sunday</day><day>saturday</day><day>Feiertag</day></skipDays>"
    assert cadence.read(text.encode()).skip_days == {5, 6}
    assert cadence.read(b"<rss><channel><item><skipDays><day>Monday</day></skipDays></item>") == Cadence()


def test_010_the_next_moment_lies_outside_of_what_is_skipped():
    office = Cadence(skip_hours=frozenset(range(24)) - {8, 9}, skip_days=frozenset({5, 6}))
    assert rhythm.not_skipped(NOW, office) == NOW
    assert rhythm.not_skipped(NOW + 2 * HOUR, office) == NOW + 24 * HOUR
    friday = NOW + timedelta(days=4, hours=5, minutes=7)
    assert rhythm.not_skipped(friday, office) == NOW + timedelta(days=7)


@pytest.mark.parametrize(
    "never", [Cadence(skip_hours=frozenset(range(24))), Cadence(skip_days=frozenset(range(7)))], ids=["hours", "days"]
)
def test_010_a_feed_that_skips_everything_is_asked_once_a_day(never):
    assert rhythm.skips_everything(never)
    assert rhythm.not_skipped(NOW + HOUR, never, NOW) == NOW + 24 * HOUR
    assert rhythm.not_skipped(NOW, never) == NOW


def test_014_each_failure_doubles_the_wait_within_a_fifth_and_a_day_at_most():
    rng = random.Random(1)
    for failures in range(30):
        for _ in range(50):
            wait = rhythm.backoff(HOUR, failures, rng) / HOUR
            assert min(0.8 * 2**failures, 24) <= wait <= min(1.2 * 2**failures, 24)


def test_017_the_first_polls_of_a_thousand_sources_are_spread_over_the_hour():
    names = [f"s{number}" for number in range(1_000)]
    offsets = rhythm.spread(names)
    assert set(offsets) == set(names)
    minutes = Counter(int(offset / timedelta(minutes=1)) for offset in offsets.values())
    mean = 1_000 / 60
    assert set(minutes) == set(range(60))
    assert max(minutes.values()) <= 3 * mean
    # 59 degrees of freedom: uniform draws stay below 77.9 in 95 of 100 cases.
    assert sum((minutes[minute] - mean) ** 2 / mean for minute in range(60)) <= 77.9
    assert rhythm.spread(names[:99]) == {}


@pytest.mark.parametrize(
    ("late", "counts_from"),
    [(0, 0), (5, 0), (6, 0), (7, 7), (3600, 3600), (-1, -1)],
)
def test_091_a_poll_that_is_a_tick_late_keeps_the_beat_and_one_that_is_later_begins_a_new_one(late, counts_from):
    wait = timedelta(seconds=60)
    assert rhythm.beat(NOW, wait, NOW + timedelta(seconds=late)) == NOW + timedelta(seconds=counts_from)


def test_091_a_source_that_was_never_due_begins_its_beat_now():
    assert rhythm.beat(None, timedelta(minutes=1), NOW) == NOW
