"""Alerts: at once, throttled, gathered, held over quiet hours, left to the digest; never twice for one story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk import Desk
from policywatch.model import Outcome, Receipt
from policywatch.store import outbox

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # a Monday, 12:00 in China


@pytest.fixture
def desk(tmp_path):
    made = []

    def make(alert, **subscription):
        made.append(Desk(tmp_path, NOON, {"id": "a", "alert": alert, **subscription}))
        return made[0]

    yield make
    for one in made:
        one.db.close()


def test_an_alert_goes_at_once_alone_and_not_again_in_the_digest(desk):
    one = desk({"min_score": 80}, digest={"every": "day at 18:00"})
    one.arrive(score=90)
    one.arrive(score=79)
    one.arrive(score=80)
    assert [closed.kind for closed in one.tick()] == ["alert", "alert"]
    assert one.tick(MINUTE) == []
    one.tick(7 * HOUR)
    assert one.told("a") == [[1], [3], [2]]


def test_terms_and_lists_choose_alerts_whatever_they_score(desk):
    one = desk({"terms": ["量子计算"], "watchlists": ["量子"]})
    one.arrive(score=1, term="量子计算")
    one.arrive(score=99, term="量子通信")
    one.arrive(score=99, watchlist="储能", term="量子计算")
    one.tick()
    assert one.told("a") == [[1]]


def test_what_is_beyond_the_hour_of_its_list_is_gathered_into_one_mail(desk):
    one = desk({"min_score": 80, "per_hour": 3})
    for _ in range(7):
        one.arrive(score=90)
    one.arrive(score=90, watchlist="储能")
    one.tick()
    assert one.told("a") == [[1], [2], [3], [8]]
    one.arrive(score=90)
    one.run_until(NOON + 59 * MINUTE, MINUTE)
    assert len(one.told("a")) == 4
    one.run_until(NOON + 61 * MINUTE, MINUTE)
    assert one.told("a")[4:] == [[4, 5, 6, 7, 9]]
    subject = one.mails("a")[-1][1]["Subject"]
    assert subject.startswith("【快讯】")
    assert "另有 4 条" in subject
    # The gathered mail counts as one: two more have room.
    for _ in range(3):
        one.arrive(score=90)
    one.tick()
    assert one.told("a")[5:] == [[10], [11]]


def test_quiet_hours_hold_alerts_and_end_with_one_mail(desk):
    one = desk({"min_score": 80, "quiet": "22:00-07:30"})
    one.run_until(NOON + 10 * HOUR, HOUR)  # 22:00
    for _ in range(3):
        one.arrive(score=90)
        one.tick(2 * HOUR)
    one.run_until(NOON + 19 * HOUR, HOUR)
    one.tick(29 * MINUTE)
    assert one.told("a") == []
    one.now = NOON + 19 * HOUR + 30 * MINUTE
    one.tick()
    assert one.told("a") == [[1, 2, 3]]
    one.arrive(score=90)
    one.tick(MINUTE)
    assert one.told("a") == [[1, 2, 3], [4]]


def test_a_digest_in_the_meantime_takes_what_was_held(desk):
    one = desk({"min_score": 80, "quiet": "18:00-07:30"}, digest={"every": "day at 20:00"})
    one.now += 7 * HOUR
    one.arrive(score=90)
    one.run_until(NOON + DAY, HOUR)
    assert one.told("a") == [[1]]
    assert [row.kind for row in one.rows("SELECT kind FROM digest_run")] == ["digest"]


def test_064_an_alert_that_could_not_go_out_in_time_is_left_to_the_digest(desk):
    """Mail cannot leave for longer than `expires`; what may have arrived somewhere is not told again."""
    one = desk(
        {"min_score": 80, "expires": "6h"},
        to=["a@example.org", "b@example.org"],
        digest={"every": "day at 08:30"},
    )
    one.arrive(score=90)
    one.tick()
    one.arrive(score=90)
    one.tick(MINUTE)
    # Of the second alert one mail is sent.
    claimed = one.db.write_now(outbox.claim, one.now, 10)
    for message in claimed:
        is_sent = message.id == claimed[-1].id
        one.db.write_now(
            outbox.settle, message.id, message.attempt, _receipt(is_sent=is_sent), next_at=one.now + HOUR, at=one.now
        )
    one.run_until(NOON + 5 * HOUR, HOUR)
    assert one.rows("SELECT 1 FROM message WHERE state = 'merged'") == []
    one.run_until(NOON + DAY, HOUR)
    states = {row.run_id: set() for row in one.rows("SELECT DISTINCT run_id FROM message ORDER BY run_id")}
    for row in one.rows("SELECT run_id, state FROM message"):
        states[row.run_id].add(row.state)
    assert list(states.values()) == [{"merged"}, {"retry", "sent"}, {"pending"}]
    assert one.told("a")[-1] == [1]
    assert all(message.id not in (1, 2) for message in one.db.write_now(outbox.claim, one.now, 50))


def test_064_what_was_left_to_a_digest_that_is_given_up_is_alerted_after_all(desk):
    one = desk({"min_score": 80, "expires": "6h"}, digest={"every": "day at 08:30"})
    one.arrive(score=90)
    one.tick()
    one.tick(7 * HOUR)
    assert [state for state, _ in one.mails("a")] == ["merged"]
    one.replan(digest=None)
    one.tick(MINUTE)
    assert [state for state, _ in one.mails("a")] == ["merged", "pending"]
    assert one.tick(MINUTE) == []


def test_without_a_digest_nothing_expires(desk):
    one = desk({"min_score": 80, "expires": "1h", "quiet": "11:00-18:00"})
    one.arrive(score=90)
    one.run_until(NOON + 7 * HOUR, HOUR)
    assert one.told("a") == [[1]]


def test_alerts_are_marked_and_digests_are_not(desk):
    one = desk({"min_score": 80}, digest={"every": "day at 18:00"})
    spec = one.plan.subscriptions[0]
    compose = one.digester._compose
    story = one.arrive(score=90)
    made = {
        kind: one.db.read_now(lambda tx, kind=kind: compose(tx, spec, [], one.now, kind, ()))
        for kind in ("alert", "digest")
    }
    assert (made["alert"].priority, made["digest"].priority) == ("high", "normal")
    one.tick()
    assert story in one.mails("a")[0][1]["Subject"]


def _receipt(*, is_sent: bool):
    return Receipt(Outcome.SENT if is_sent else Outcome.RETRY, "reply" if is_sent else "connect")
