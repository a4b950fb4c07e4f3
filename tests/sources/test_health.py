"""What histories come to: which trouble, when, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from policywatch.model import Cadence, SourceHistory, Trouble
from policywatch.sources import health, history

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def lived(gap: timedelta, times: int = 10) -> tuple[SourceHistory, datetime]:
    """A source that brought one new article every `gap`."""
    found, at = SourceHistory(), START
    for number in range(times):
        at = START + number * gap
        found = history.after_reading(found, at, items=20, dated=20, new_titles=[f"t{number}"], cadence=Cadence())
    return found, at


def quiet(found: SourceHistory, at: datetime) -> str:
    return health.judged(history.after_unchanged(found), at).trouble


@pytest.mark.parametrize(
    ("gap", "well", "silent"),
    [
        (timedelta(hours=1), timedelta(days=3), timedelta(days=4)),
        (DAY, timedelta(days=10), timedelta(days=12)),
        (timedelta(days=7), timedelta(days=55), timedelta(days=60)),
        (timedelta(days=60), timedelta(days=179), timedelta(days=181)),
    ],
)
def test_a_source_is_silent_when_nothing_new_came_far_beyond_its_own_rhythm(gap, well, silent):
    found, at = lived(gap)
    assert found.gap == gap
    assert quiet(found, at + well) == ""
    assert quiet(found, at + silent) == Trouble.SILENT


def test_a_long_pause_that_was_there_before_is_no_silence():
    found, at = lived(timedelta(hours=1), 6)
    found = history.after_reading(found, at + 10 * DAY, items=9, dated=9, new_titles=["later"], cadence=Cadence())
    assert quiet(found, at + 20 * DAY) == ""
    assert quiet(found, at + 26 * DAY) == Trouble.SILENT


def test_without_a_rhythm_two_months_are_silence():
    found, at = lived(DAY, 3)
    assert found.gap is None
    assert quiet(found, at + 59 * DAY) == ""
    assert quiet(found, at + 61 * DAY) == Trouble.SILENT


def test_the_same_articles_as_new_again_and_again_are_no_news_and_a_stuck_source():
    found, at = lived(DAY)
    for number in range(6):
        assert found.trouble == ""
        found = history.after_reading(found, at, items=2, dated=2, new_titles=["甲", "乙"], cadence=Cadence())
        found = health.judged(found, at)
        at += DAY
        assert found.repeats == number
    assert found.trouble == Trouble.STUCK
    fresh = history.after_reading(found, at, items=2, dated=2, new_titles=["丙"], cadence=Cadence())
    assert health.judged(fresh, at).trouble == ""


def failing(found: SourceHistory, at: datetime, fault: str, times: int, every: timedelta = DAY) -> list[str]:
    troubles = []
    for number in range(times):
        moment = at + number * every
        found = history.after_failure(found, moment, fault, is_gone=fault == "http_410")
        found = health.judged(found, moment)
        troubles.append(found.trouble)
    return troubles


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("no_items", ["broken", "broken"]),
        ("not_a_feed", ["", "", "broken"]),
        ("stand_in", ["", "", "broken"]),
        ("http_403", ["", "", "blocked"]),
        ("robots", ["blocked"]),
        ("timeout", ["", "", "", "unreachable"]),
        ("http_404", ["", "", "", "unreachable"]),
        ("http_410", ["", "gone"]),
    ],
)
def test_a_failure_that_lasts_has_a_name(fault, expected):
    found, at = lived(DAY)
    assert failing(found, at, fault, len(expected)) == expected


def test_a_page_that_never_held_items_is_not_broken():
    assert failing(SourceHistory(), START, "no_items", 3) == ["", "", ""]


def test_failures_within_a_day_are_no_trouble_and_a_410_must_last_a_day():
    found, at = lived(DAY)
    assert failing(found, at, "timeout", 6, timedelta(hours=1))[-1] == ""
    assert failing(found, at, "http_410", 6, timedelta(hours=1))[-1] == ""


def test_a_list_that_stays_empty_is_broken_and_one_that_fills_is_well():
    found, at = lived(DAY)
    for expected in ("", "", "broken"):
        found = history.after_reading(found, at, items=0, dated=0, new_titles=[], cadence=Cadence())
        found = health.judged(found, at)
        assert found.trouble == expected
    found = history.after_reading(found, at, items=3, dated=3, new_titles=[], cadence=Cadence())
    assert health.judged(found, at).trouble == ""


def test_a_success_forgets_the_failures():
    found, at = lived(DAY)
    found = health.judged(history.after_failure(found, at, "no_items", is_gone=False), at)
    assert (found.trouble, found.trouble_since) == ("broken", at)
    found = health.judged(history.after_unchanged(found), at + DAY)
    assert (found.trouble, found.trouble_since, found.fault, found.failing_since) == ("", None, "", None)


NEW = "https://new.example/feed"


def redirected(found: SourceHistory, *moments: tuple[datetime, str]) -> SourceHistory:
    for at, to in moments:
        found = history.after_redirect(found, at, to, was_followed_directly=False)
    return found


def test_015_a_permanent_redirect_is_believed_after_five_equal_answers_over_three_days():
    quick = [(START + number * timedelta(hours=1), NEW) for number in range(50)]
    assert not redirected(SourceHistory(), *quick).moved.is_settled
    slow = [(START + number * DAY, NEW) for number in range(5)]
    assert not redirected(SourceHistory(), *slow[:4]).moved.is_settled
    assert redirected(SourceHistory(), *slow).moved.is_settled


@pytest.mark.parametrize("between", ["", "https://other.example/"])
def test_015_an_answer_in_between_that_says_otherwise_begins_anew(between):
    moments = [(START + number * DAY, NEW) for number in range(9)]
    moments[4] = (moments[4][0], between)
    assert not redirected(SourceHistory(), *moments).moved.is_settled


def test_015_a_new_address_that_fails_three_times_is_given_up():
    found = redirected(SourceHistory(), *[(START + number * DAY, NEW) for number in range(5)])
    for expected in (True, True, False):
        found = history.after_failure(found, START, "http_404", is_gone=False)
        assert (found.moved is not None) == expected
    waiting = replace(redirected(SourceHistory(), (START, NEW)))
    assert history.after_failure(waiting, START, "not_a_feed", is_gone=False).moved is None
