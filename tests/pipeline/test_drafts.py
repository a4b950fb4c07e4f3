"""Digests that wait for their reviewer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk import Desk
from policywatch.store import drafts, issues, outbox

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday, 08:00 in China
REVIEWED = {"id": "m", "digest": {"every": "day at 08:30"}, "review": True, "alert": {"min_score": 80}}


@pytest.fixture
def desk(tmp_path):
    made = []

    def make(**changes):
        made.append(Desk(tmp_path, EIGHT, {**REVIEWED, **changes}, operator="operator@example.org"))
        one = made[0]
        one.arrive()
        one.tick(31 * MINUTE)
        return one

    yield make
    for one in made:
        one.db.close()


def states(one):
    return [state for state, _ in one.mails("m")]


def told(one, to):
    return [mail.get_body(("plain",)).get_content() for _, mail in one.mails(to)]


def test_a_draft_waits_and_its_reviewer_is_told_what_to_do(desk):
    one = desk(reviewer="reviewer@example.org")
    (draft,) = one.db.read_now(drafts.waiting)
    assert (draft.subscription, draft.stories, draft.mails, draft.after) == ("m", 1, 1, "send")
    assert draft.until == one.now + 4 * HOUR
    assert states(one) == ["held"]
    (said,) = told(one, "reviewer")
    assert f"policywatch drafts release {draft.id}" in said
    assert draft.subject in said
    assert "12:31" in said
    assert one.mails("operator") == []
    assert one.db.read_now(issues.newest, "m", "zh-CN") == []
    claimed = one.db.write_now(outbox.claim, one.now + 1 * HOUR, 50)
    assert [message.message.recipient for message in claimed] == ["reviewer@example.org"]


def test_a_released_draft_leaves_as_it_was_made(desk):
    one = desk()
    before = one.mails("m")[0][1].as_bytes()
    (draft,) = one.db.read_now(drafts.waiting)
    one.now += HOUR
    assert one.db.write_now(drafts.release, draft.id, one.now) == 1
    assert states(one) == ["pending"]
    assert one.mails("m")[0][1].as_bytes() == before
    assert one.db.write_now(drafts.release, draft.id, one.now) is None
    assert one.db.write_now(drafts.drop, draft.id, one.now) is None
    assert len(one.db.read_now(issues.newest, "m", "zh-CN")) == 1
    one.run_until(one.now + 6 * HOUR, HOUR)
    assert states(one) == ["pending"]


def test_a_dropped_draft_is_recorded_and_its_stories_do_not_come_again(desk):
    one = desk()
    (draft,) = one.db.read_now(drafts.waiting)
    assert one.db.write_now(drafts.drop, draft.id, one.now) == 1
    one.arrive()
    one.tick(24 * HOUR)
    assert states(one) == ["dropped", "held"]
    assert one.told("m") == [[1], [2]]
    rows = one.rows("SELECT state, story_count FROM digest_run WHERE subscription = 'm' ORDER BY id")
    assert [(row.state, row.story_count) for row in rows] == [("dropped", 1), ("draft", 1)]
    assert one.db.read_now(issues.newest, "m", "zh-CN") == []


@pytest.mark.parametrize(("after", "state"), [("send", "pending"), ("drop", "dropped")])
def test_a_draft_that_nobody_looks_at_is_reminded_of_once_and_then_goes_or_is_dropped(desk, after, state):
    one = desk(after=after, review_for="2h")
    assert len(told(one, "operator")) == 1
    one.run_until(one.now + HOUR - MINUTE, 10 * MINUTE)
    one.restart()
    one.run_until(one.now + 50 * MINUTE, 5 * MINUTE)
    assert len(told(one, "operator")) == 2
    assert states(one) == ["held"]
    one.run_until(one.now + 30 * MINUTE, 5 * MINUTE)
    assert states(one) == [state]
    assert len(told(one, "operator")) == 2


def test_a_draft_of_a_subscription_that_is_gone_still_ends_as_it_said(desk):
    one = desk(after="drop")
    one.restart(type(one.plan)(**{**{key: getattr(one.plan, key) for key in one.plan.__slots__}, "subscriptions": ()}))
    one.tick(5 * HOUR)
    assert states(one) == ["dropped"]


def test_alerts_are_not_held(desk):
    one = desk()
    one.arrive(score=90)
    one.tick(MINUTE)
    assert states(one) == ["held", "pending"]
