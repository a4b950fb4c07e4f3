"""When digests go: catch-up, clocks that jump, zones that change, crashes, holidays; each story once."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk import Desk
from policywatch.digests.calendar import CalendarSpec
from policywatch.model import Article, Outcome, Receipt, TextState
from policywatch.store import articles, clock, outbox, runs, sources

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 08:00 in China
DAILY = {"id": "m", "digest": {"every": "day at 08:30"}}
IS_TORTURE = bool(os.environ.get("POLICYWATCH_TORTURE"))


@pytest.fixture
def desk(tmp_path):
    made = []

    def make(*subscriptions, now=MONDAY, **plan):
        made.append(Desk(tmp_path, now, *subscriptions, **plan))
        return made[0]

    yield make
    for one in made:
        one.db.close()


@pytest.mark.parametrize("down", [MINUTE, 3 * HOUR, 3 * DAY])
def test_084_one_digest_makes_up_for_the_time_off(desk, down):
    """Off over the slot at 08:30 for as long as `down`: one digest at the start, with everything since the last."""
    one = desk(DAILY)
    one.tick()
    one.arrive()
    one.now = MONDAY + 30 * MINUTE - down / 2
    one.arrive()
    one.now = MONDAY + 30 * MINUTE + down / 2
    one.arrive()
    one.restart()
    assert len(one.tick()) == 1
    assert one.told("m") == [[1, 2, 3]]
    assert one.tick(MINUTE) == []


def test_084_beyond_the_window_the_stories_join_the_next_digest(desk):
    one = desk({"id": "w", "digest": {"every": "weekly on mon at 08:30"}})
    one.arrive()
    one.now += 2 * DAY
    one.restart()
    assert one.tick() == []
    one.arrive()
    assert one.run_until(MONDAY + 7 * DAY, 3 * HOUR) == []
    assert [closed.slot for closed in one.tick(31 * MINUTE)] == ["2026-11-30T00:30:00Z"]
    assert one.told("w") == [[1, 2]]


def test_084_the_window_is_a_setting(desk):
    one = desk({"id": "w", "digest": {"every": "weekly on mon at 08:30", "catch_up": "3d"}})
    one.arrive()
    one.now += 2 * DAY
    one.restart()
    assert len(one.tick()) == 1


JUMPS = {
    "+1 h": [(HOUR, 0)],
    "-1 h": [(-HOUR, 0)],
    "+1 d and back": [(DAY, 0), (-DAY, 20)],
    "-1 d and back": [(-DAY, 0), (DAY, 20)],
    "1970 and back": [(datetime(1970, 1, 1, tzinfo=UTC) - MONDAY, 0), (MONDAY - datetime(1970, 1, 1, tzinfo=UTC), 20)],
    "slewed": [(timedelta(seconds=7 * (-1) ** number), number) for number in range(0, 40, 5)],
}


@pytest.mark.parametrize("is_restarted", [False, True], ids=["running", "across a restart"])
@pytest.mark.parametrize("jumps", JUMPS.values(), ids=JUMPS)
@pytest.mark.parametrize("before", [5 * MINUTE, 45 * MINUTE], ids=["before the slot", "after the slot"])
def test_086_test_120_a_clock_that_jumps_doubles_no_slot_and_loses_no_story(desk, before, jumps, is_restarted):
    one = desk(DAILY, {"id": "h", "digest": {"every": "hour"}})
    true, offset = MONDAY, timedelta()
    step = 5 * MINUTE if IS_TORTURE else 20 * MINUTE
    begins = before // step
    for number in range(36 * HOUR // step):
        true += step
        for by, after in jumps:
            if number == begins + after:
                offset += by
                if is_restarted:
                    one.restart()
        one.now = true + offset
        if number % 7 == 0:
            one.arrive()
        one.tick()
    one.run_until(one.now + 2 * DAY, 6 * HOUR)
    for name in ("m", "h"):
        counted = Counter(number for mail in one.told(name) for number in mail)
        assert counted == Counter(range(1, one.count + 1)), name
    doubled = one.rows("SELECT subscription, slot FROM digest_run GROUP BY subscription, slot HAVING count(*) > 1")
    assert doubled == []


def test_086_a_clock_put_back_does_not_stop_polls_texts_or_mails(desk):
    """What was written by a clock that was a day ahead is due at once by the right one, and only that."""
    one = desk(DAILY)
    ahead = MONDAY + DAY
    behind = sources.SourceRow("b", "b", "feed", "https://b/", "f")
    one.db.write_now(sources.sync, [sources.SourceRow("s", "s", "feed", "https://a/", "f"), behind], MONDAY - DAY)
    later = MONDAY + 50 * MINUTE
    one.db.write_now(sources.record_failure, sources.Failure("b", MONDAY - MINUTE, later, "x"))
    one.db.write_now(sources.record_failure, sources.Failure("s", ahead, ahead + HOUR, "x"))
    waits = Article("s", "k" * 16, "u", "u", "t", "t", "", "", None, ahead, "", TextState.AWAITING, "s" * 16)
    one.db.write_now(articles.add, [articles.NewArticle(waits, next_text_at=ahead)])
    one.arrive()
    one.now = ahead
    one.tick()
    assert one.db.read_now(sources.due, MONDAY) == []
    assert one.db.write_now(clock.mend, MONDAY) == 3
    assert [row.id for row in one.db.read_now(sources.due, MONDAY)] == ["s"]
    assert len(one.db.read_now(articles.awaiting, MONDAY, 10)) == 1
    assert len(one.db.write_now(outbox.claim, MONDAY)) == 1
    assert one.db.write_now(clock.mend, MONDAY) == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Asia/Shanghai", "Europe/Berlin"),
        ("Europe/Berlin", "Asia/Shanghai"),
        ("America/New_York", "Australia/Sydney"),
        ("Australia/Sydney", "America/New_York"),
        ("Asia/Kathmandu", "Pacific/Apia"),
    ],
)
@pytest.mark.parametrize("hour", range(0, 24, 1 if IS_TORTURE else 6))
def test_087_a_zone_that_changes_while_running_doubles_no_local_day(desk, before, after, hour):
    one = desk({"id": "m", "digest": {"every": "day at 08:30", "timezone": before, "empty": "send"}})
    change = MONDAY + DAY + hour * HOUR
    one.run_until(change, 30 * MINUTE)
    one.replan(digest={"every": ["day at 08:30"], "timezone": after, "empty": "send"})
    one.arrive()
    one.run_until(change + 3 * DAY, 30 * MINUTE)
    rows = one.rows("SELECT slot_at, local_at, zone, created_at FROM digest_run ORDER BY slot_at")
    days = [row.local_at[:10] for row in rows]
    assert len(days) == len(set(days)), rows
    first = next(row for row in rows if row.zone == after)
    # The first slot of the new zone is the first 08:30 there whose local day had none.
    assert first.local_at.endswith("T08:30")
    assert first.created_at / 1e6 - change.timestamp() <= 48 * 3600
    assert [1] in one.told("m")


def test_087_an_hourly_digest_goes_on_over_a_change_of_zone(desk):
    one = desk({"id": "h", "digest": {"every": "hour", "empty": "send"}})
    one.run_until(MONDAY + 12 * HOUR, 30 * MINUTE)
    one.replan(digest={"every": ["hour"], "timezone": "Europe/Berlin", "empty": "send"})
    one.run_until(MONDAY + 24 * HOUR, 30 * MINUTE)
    assert len(one.mails("h")) == 24


def test_a_holiday_is_caught_up_on_the_first_working_day_and_nothing_is_lost(desk):
    """1 to 7 October 2026 are free, 10 October is a make-up Saturday."""
    start = datetime(2026, 9, 29, 16, 0, tzinfo=UTC)
    one = desk(
        {"id": "skip", "digest": {"every": "day at 08:30", "holidays": "skip"}},
        {"id": "work", "digest": {"every": "工作日 08:30"}},
        now=start,
    )
    for _ in range(13):
        one.arrive()
        one.run_until(one.now + DAY, 4 * HOUR)
    slots = {
        name: [row.local_at[5:10] for row in one.rows("SELECT * FROM digest_run WHERE subscription = :s", s=name)]
        for name in ("skip", "work")
    }
    assert slots["skip"] == ["09-30", "10-08", "10-09", "10-10", "10-11", "10-12"]
    assert slots["work"] == ["09-30", "10-08", "10-09", "10-10", "10-12"]
    assert one.told("skip")[1] == list(range(2, 10))


def test_a_year_without_known_holidays_is_told_to_the_operator_once(desk):
    one = desk(
        {"id": "work", "digest": {"every": "工作日 08:30"}},
        now=datetime(2090, 12, 1, tzinfo=UTC),
        operator="operator@example.org",
        calendar=CalendarSpec(holidays=["2090-01-01"]).calendar,
    )
    one.tick()
    assert one.mails("operator") == []
    one.tick(2 * DAY)
    one.restart()
    one.tick(DAY)
    (told,) = one.mails("operator")
    assert "2091" in told[1].get_body(("plain",)).get_content()


@pytest.mark.parametrize(("empty", "quiet", "trouble"), [("skip", 0, 0), ("send", 1, 1), ("trouble", 0, 1)])
def test_an_empty_digest_comes_as_the_subscription_wants(desk, empty, quiet, trouble):
    one = desk({"id": "m", "digest": {"every": "day at 08:30", "empty": empty}})
    one.tick(HOUR)
    assert len(one.mails("m")) == quiet
    one.db.write_now(sources.record_failure, sources.Failure("s", one.now, one.now + HOUR, "HTTP 503"))
    one.tick(DAY)
    assert len(one.mails("m")) == quiet + trouble


def test_each_reader_gets_language_and_time_zone_of_their_own(desk):
    to = [
        {"address": "zh@example.org"},
        {"address": "berlin@example.org", "language": "en", "timezone": "Europe/Berlin"},
        {"address": "ny@example.org", "language": "en", "timezone": "America/New_York"},
    ]
    one = desk({**DAILY, "to": to})
    one.arrive()
    one.tick(HOUR)
    texts = {mail["To"]: mail.get_body(("plain",)).get_content() for _, mail in one.mails()}
    assert "23 Nov" in texts["berlin@example.org"]
    assert "22 Nov" in texts["ny@example.org"]  # 19:30 of the day before
    assert "11月23日" in texts["zh@example.org"]


def test_090_a_subscription_that_fails_every_time_holds_back_no_other_and_is_told_once(desk):
    """A user's template breaks one language only."""
    one = desk(
        {"id": "bad", "to": {"address": "bad@example.org", "language": "en"}, "digest": {"every": "hour"}},
        {"id": "good", "digest": {"every": "hour"}},
        operator="operator@example.org",
    )
    render = one.renderer.render

    def broken(digest, language):
        if language == "en":
            raise ValueError("digest.txt.j2, line 3: no such word")
        return render(digest, language)

    one.renderer.render = broken
    one.arrive()
    for number in range(5):
        one.tick(HOUR if number == 0 else MINUTE)
        assert len(one.mails("operator")) == (number >= 2)
    assert one.told("good") == [[1]]
    assert one.mails("bad") == []
    assert "line 3: no such word" in one.mails("operator")[0][1].get_body(("plain",)).get_content()
    del one.renderer.render
    one.tick(MINUTE)
    assert one.told("bad") == [[1]]


def _deliver(one) -> None:
    """What a channel that takes everything does to the outbox."""
    for message in one.db.write_now(outbox.claim, one.now, 1000):
        sent = Receipt(Outcome.SENT, "reply")
        one.db.write_now(outbox.settle, message.id, message.attempt, sent, next_at=None, at=one.now)


WRITERS = 8
ALL_SORTS = (
    {"id": "ny", "digest": {"every": "day at 02:30", "timezone": "America/New_York"}},
    {"id": "sydney", "digest": {"every": "day at 02:30", "timezone": "Australia/Sydney"}},
    {"id": "berlin", "digest": {"every": "hour", "timezone": "Europe/Berlin"}},
    {"id": "work", "digest": {"every": "工作日 08:30 和 17:00", "holidays": "skip"}},
    {"id": "week", "digest": {"at": "0 9 * * mon", "holidays": "skip", "max_stories": 5000}},
    {"id": "review", "digest": {"every": "day at 09:00"}, "review": True, "review_for": "2h"},
    {
        "id": "alert",
        "digest": {"every": "day at 18:00"},
        "alert": {"min_score": 80, "quiet": "22:00-07:00", "per_hour": 2},
    },
)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(20 if IS_TORTURE else 1))
def test_085_thirty_days_of_crashes_and_each_story_is_in_one_mail_of_each_subscription(desk, monkeypatch, seed):
    """From 7 March to 6 April 2026: summer time begins in New York and Berlin and ends in Sydney, and the
    Tomb-sweeping holiday is kept. Eight writers commit what they found up to two hours later, out of order.
    """
    rng = random.Random(seed)
    start = datetime(2026, 3, 7, tzinfo=UTC)
    one = desk(*ALL_SORTS, now=start)
    step = 10 * MINUTE if IS_TORTURE else HOUR
    crashes = 0

    def crash(*_args, **_kwargs):
        raise RuntimeError("crash")

    unwritten: list[tuple[datetime, int, float, str]] = []
    while one.now < start + 30 * DAY:
        for _ in range(rng.random() < 0.5 * (step / HOUR)):
            one.count += 1
            found = (
                one.now + rng.random() * 2 * HOUR,
                one.count,
                rng.choice((30.0, 90.0)),
                rng.choice(("量子", "储能")),
            )
            unwritten.append(found)
        ready = [found for found in unwritten if found[0] <= one.now]
        unwritten = [found for found in unwritten if found[0] > one.now]
        rng.shuffle(ready)

        async def write(ready=ready):
            """Writers and the closing of slots at once."""

            async def writer(mine):
                for _, number, score, watchlist in mine:
                    await one.db.write(one.add, number, score, watchlist)

            shares = [ready[at::WRITERS] for at in range(WRITERS)]
            await asyncio.gather(*(writer(share) for share in shares), one.digester.close_due())

        if rng.random() < 0.1:
            # In the middle of the transaction that closes a slot, at one of its steps.
            at, name = rng.choice([(runs, "claim"), (runs, "close"), (outbox, "add"), (runs, "stories")])
            with monkeypatch.context() as patched:
                patched.setattr(at, name, crash)
                asyncio.run(write())
            crashes += 1
            one.restart()
            one.now += rng.random() * 30 * HOUR if rng.random() < 0.2 else timedelta()
        else:
            asyncio.run(write())
        _deliver(one)
        one.now += step
    for _, number, score, watchlist in unwritten:
        one.db.write_now(one.add, number, score, watchlist)
    one.run_until(one.now + 9 * DAY, 3 * HOUR)
    assert crashes > 20
    assert one.count > 200
    for spec in one.plan.subscriptions:
        counted = Counter(number for mail in one.told(spec.id) for number in mail)
        assert counted == Counter(range(1, one.count + 1)), spec.id
        slots = [row.slot for row in one.rows("SELECT slot FROM digest_run WHERE subscription = :s", s=spec.id)]
        assert len(slots) == len(set(slots))
    assert {row.state for row in one.rows("SELECT DISTINCT state FROM message")} <= {"sent", "pending"}
    ny = [
        datetime.fromtimestamp(row.slot_at / 1e6, UTC).astimezone(ZoneInfo("America/New_York"))
        for row in one.rows("SELECT slot_at FROM digest_run WHERE subscription = 'ny' ORDER BY slot_at")
    ]
    assert len({at.date() for at in ny}) == len(ny)
    assert {f"{at:%H:%M}" for at in ny if at.date().isoformat() != "2026-03-08"} == {"02:30"}
