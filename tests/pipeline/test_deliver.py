"""The outbox empties: every mail once, in spite of refusals, doubt, crashes and a database that fails."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from outboxes import MINUTE, START, Told, with_outbox
from policywatch import errors
from policywatch.model import Outcome, Receipt
from policywatch.pipeline import deliver
from policywatch.store import outbox
from smtp_server import DROP, SmtpServer, connected, message


def test_what_is_due_is_sent_once_and_what_is_not_due_waits(tmp_path):
    async def scenario(box):
        await box.put(message(1), message(2, to="b@example.org"))
        box.clock.at -= MINUTE
        channel = Told()
        assert await box.deliver(channel) == deliver.Delivered()
        box.clock.at += MINUTE
        assert await box.deliver(channel) == deliver.Delivered(sent=2)
        assert await box.deliver(channel) == deliver.Delivered()
        assert sorted(channel.tried) == ["1", "2"]
        assert await box.states() == ["sent", "sent"]

    with_outbox(tmp_path, scenario)


def test_060_each_recipient_of_a_digest_has_a_fate_of_its_own(tmp_path):
    """A is refused for good, B gets the mail once, C is tried again until it is taken."""

    later = ["451 later", "451 later"]

    def by_recipient(line):
        if "<a@" in line:
            return "550 no such user"
        return later.pop() if "<c@" in line and later else "250 ok"

    server = SmtpServer({"RCPT": by_recipient})

    async def scenario(box):
        await box.put(*(message(at, to=f"{name}@example.org") for at, name in enumerate("abc")))
        async with connected(server) as channel:
            first = await box.deliver(channel)
            assert first == deliver.Delivered(sent=1, retried=1, failed=1)
            while await box.next_due() is not None:
                await box.deliver(channel)
        assert await box.states() == ["failed", "sent", "sent"]
        return await box.rows()

    refused, *_ = with_outbox(tmp_path, scenario)
    assert "550 no such user" in refused.last_error
    assert [one.recipients for one in server.accepted] == [["RCPT TO:<b@example.org>"], ["RCPT TO:<c@example.org>"]]


class Dice:
    """Falls to the low or the high end as told."""

    def __init__(self, falls) -> None:
        self.falls = list(falls)

    def uniform(self, low, high):
        return high if self.falls.pop(0) else low


@pytest.mark.parametrize("falls", list(itertools.product([False, True], repeat=3)))
def test_062_greylisting_for_five_minutes_costs_at_most_a_quarter_of_an_hour(tmp_path, falls):
    """However the jitter falls."""

    async def scenario(box):
        box.rng = Dice(falls)

        async def greylist():
            return Outcome.RETRY if box.clock() < START + 5 * MINUTE else Outcome.SENT

        channel = Told({"1": greylist})
        await box.put(message(1))
        while (await box.deliver(channel)).sent == 0:
            await box.next_due()
        return box.clock() - START, await box.deliver(channel)

    took, after = with_outbox(tmp_path, scenario)
    assert took <= 5 * MINUTE + 15 * MINUTE
    assert after == deliver.Delivered()


def test_063_tries_come_ever_more_rarely_and_end_in_a_dead_letter_after_72_hours(tmp_path):
    async def scenario(box):
        channel = Told({"1": lambda: asyncio.sleep(0, Outcome.RETRY)})
        await box.put(message(1))
        waits, last = [], await box.deliver(channel)
        while (waited := await box.next_due()) is not None:
            assert await box.states() == ["retry"]
            waits.append(waited)
            last = await box.deliver(channel)
        return waits, last, box.clock() - START, await box.rows(), channel.tried

    waits, last, age, (row,), tried = with_outbox(tmp_path, scenario)
    for waited, minutes in zip(waits, [1, 5, 15, 30, 60, *[60] * 100], strict=False):
        assert 0.8 * minutes * MINUTE <= waited <= 1.2 * minutes * MINUTE
    assert len(set(waits)) > len(waits) // 2
    assert timedelta(hours=72) <= age <= timedelta(hours=73, minutes=12)
    assert last == deliver.Delivered(failed=1)
    assert (row.state, row.attempts) == ("failed", len(tried))
    assert row.last_error.startswith(f"given up after 72 hours and {len(tried)} tries; the last: told retry")


def test_063_a_machine_that_was_off_for_days_still_tries_six_times(tmp_path):
    async def scenario(box):
        channel = Told({"1": [Outcome.RETRY] * 5})
        await box.put(message(1))
        await box.deliver(channel)
        box.clock.at += timedelta(days=9)
        while await box.deliver(channel) != deliver.Delivered(sent=1):
            assert await box.states() == ["retry"]
            await box.next_due()
        return channel.tried

    assert len(with_outbox(tmp_path, scenario)) == 6


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([Outcome.RETRY, Outcome.CONFIG, Outcome.UNKNOWN, Outcome.SENT, Outcome.FAILED]),
    st.integers(0, 200),
    st.integers(0, 10**6),
    st.randoms(use_true_random=False),
)
def test_a_decision_is_a_later_try_or_an_end_and_never_both_or_neither(outcome, retries, age, rng):
    created = START - timedelta(seconds=age)
    receipt, next_at = deliver.decide(Receipt(outcome, "rcpt", 451, "why"), retries, created, START, rng)
    has_ended = receipt.outcome in {Outcome.SENT, Outcome.FAILED}
    assert has_ended == (next_at is None)
    assert next_at is None or timedelta(0) < next_at - START <= 72 * MINUTE
    assert "why" in receipt.detail
    if receipt.outcome is not outcome:
        assert (outcome, receipt.outcome) == (Outcome.RETRY, Outcome.FAILED)
        assert age >= 72 * 3600
        assert retries >= 5


def test_064_what_an_hour_without_a_server_held_back_leaves_within_ten_minutes(tmp_path):
    class Gone:
        """Cannot be connected to for an hour."""

        def __init__(self, box):
            self.box, self.sent = box, []

        async def deliver(self, message, record):
            if self.box.clock() < START + 60 * MINUTE:
                return Receipt(Outcome.RETRY, "connect", detail="connection refused")
            self.sent.append(message.message_id)
            return Receipt(Outcome.SENT, "dot", 250)

    async def scenario(box):
        channel = Gone(box)
        await box.put(*(message(at, to=f"a{at}@example.org") for at in range(100, 140)))
        while True:
            await box.deliver(channel)
            if await box.next_due() is None:
                return channel.sent, box.clock() - START

    sent, took = with_outbox(tmp_path, scenario)
    assert len(sent) == len(set(sent)) == 40
    assert took <= 70 * MINUTE


def test_065_poison_mails_delay_nobody(tmp_path):
    """Twenty mails that the server always refuses, and before them in line: the good ones go in the same round."""

    def poisoned(_line):
        return "554 poison" if b"Subject: 9" in server.received[-1] else "250 ok"

    server = SmtpServer({"dot": poisoned})

    async def scenario(box):
        await box.put(*(message(900 + at, to=f"a{at}@example.org") for at in range(20)))
        await box.put(*(message(100 + at, to=f"b{at}@example.org") for at in range(20)))
        async with connected(server) as channel:
            assert await box.deliver(channel) == deliver.Delivered(sent=20, failed=20)
            assert await box.deliver(channel) == deliver.Delivered()

    with_outbox(tmp_path, scenario)
    assert len(server.accepted) == 20
    assert len(server.received) == 40


def test_065_a_mail_that_breaks_the_channel_delays_nobody(tmp_path):
    async def breaks():
        raise RuntimeError("a fault in the program")

    async def scenario(box):
        await box.put(message(1), message(2, to="b@example.org"))
        channel = Told({"1": breaks}, stages=("mail",))
        assert await box.deliver(channel) == deliver.Delivered(sent=1, retried=1)
        assert await box.states() == ["retry", "sent"]

    with_outbox(tmp_path, scenario)


def test_a_fault_after_the_dot_is_doubt(tmp_path):
    async def breaks():
        raise RuntimeError("a fault in the program")

    async def scenario(box):
        await box.put(message(1))
        return await box.deliver(Told({"1": breaks}))

    assert with_outbox(tmp_path, scenario) == deliver.Delivered(unknown=1)


def test_059_a_mail_in_doubt_is_sent_once_more_and_then_parked(tmp_path):
    """Word for word the same both times, so that a reader's mail program can tell a double."""
    server = SmtpServer({"dot": DROP})

    async def scenario(box):
        await box.put(message(1))
        async with connected(server) as channel:
            assert await box.deliver(channel) == deliver.Delivered(unknown=1)
            assert await box.states() == ["retry"]
            await box.next_due()
            assert await box.deliver(channel) == deliver.Delivered(unknown=1)
            assert await box.states() == ["unknown"]
            assert await box.next_due() is None
            box.clock.at += timedelta(days=30)
            assert await box.deliver(channel) == deliver.Delivered()

    with_outbox(tmp_path, scenario)
    assert server.received == [message(1).content] * 2


@pytest.mark.parametrize("stage", ["connect", "tls", "login", "mail", "rcpt", "data"])
def test_057_a_crash_before_the_dot_is_tried_again_without_doubt(tmp_path, stage):
    """The process ends at a stage: what the next one finds says that nothing was handed over."""

    async def crash(box):
        await box.put(message(1))
        reached = asyncio.Event()

        async def hang():
            reached.set()
            await asyncio.Event().wait()

        channel = Told({"1": hang}, stages=(stage,))
        task = asyncio.create_task(box.deliver(channel))
        await reached.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await box.states() == ["sending"]

    async def restart(box):
        await box.recover()
        assert await box.deliver(Told()) == deliver.Delivered(sent=1)
        (row,) = await box.rows()
        assert (row.state, row.ambiguous) == ("sent", 0)

    with_outbox(tmp_path, crash)
    with_outbox(tmp_path, restart)


def test_057_a_crash_between_the_dot_and_the_reply_is_doubt_that_the_database_remembers(tmp_path, monkeypatch):
    monkeypatch.setattr(deliver, "STOP_SECONDS", 0.0)

    async def crash(box):
        await box.put(message(1))
        reached = asyncio.Event()

        async def hang():
            reached.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(box.deliver(Told({"1": hang})))
        await reached.wait()
        assert [(row.state, row.stage) for row in await box.rows()] == [("sending", "dot")]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def restart(box):
        await box.recover()
        channel = Told()
        assert await box.deliver(channel) == deliver.Delivered(sent=1)
        (row,) = await box.rows()
        assert (row.state, row.ambiguous) == ("sent", 1)

    with_outbox(tmp_path, crash)
    with_outbox(tmp_path, restart)


def test_an_orderly_stop_hears_the_answer_of_a_mail_that_has_left(tmp_path):
    """It is neither sent twice nor left in doubt; one that has not left is there for the next start."""

    async def scenario(box):
        await box.put(message(1), message(2, to="b@example.org"))
        both, go_on = asyncio.Barrier(3), asyncio.Event()

        async def answer():
            await both.wait()
            await go_on.wait()
            return Outcome.SENT

        class Way(Told):
            async def deliver(self, sent, stage):
                if sent.subject == "2":
                    await stage("mail")
                    await both.wait()
                    await asyncio.Event().wait()
                return await super().deliver(sent, stage)

        task = asyncio.create_task(box.deliver(Way({"1": answer})))
        await both.wait()
        task.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await box.states() == ["sent", "sending"]
        await box.recover()
        assert await box.deliver(Told()) == deliver.Delivered(sent=1)
        assert [row.ambiguous for row in await box.rows()] == [0, 0]

    with_outbox(tmp_path, scenario)


def test_061_settings_at_fault_stop_all_mail_and_burn_no_retry(tmp_path):
    """Ten days with a wrong password, then the right one: all mails go, and the server saw few tries a round."""
    server = SmtpServer({"AUTH": "535 Login Fail"}, offers=("AUTH PLAIN",))
    login = {"user": "news@example.org", "password": "hunter22"}

    async def scenario(box):
        await box.put(*(message(at, to=f"a{at}@example.org") for at in range(50)))
        async with connected(server, **login) as channel:
            assert await box.deliver(channel) == deliver.Delivered(retried=50)
            assert server.connections == 1
            for row in await box.rows():
                assert (row.state, row.retries) == ("retry", 0)
                assert row.next_at is not None
        box.clock.at += timedelta(days=10)
        server.script.clear()
        async with connected(server, **login) as channel:
            assert await box.deliver(channel) == deliver.Delivered(sent=50)

    with_outbox(tmp_path, scenario)
    assert len(server.accepted) == 50


def test_settings_at_fault_in_one_channel_do_not_hold_back_another(tmp_path):
    async def scenario(box):
        await box.put(message(1), channel="smtp")
        await box.put(message(2), channel="maildir")
        channels = {"smtp": Told({"1": Outcome.CONFIG}), "maildir": Told()}
        assert await box.deliver(channels) == deliver.Delivered(sent=1, retried=1)

    with_outbox(tmp_path, scenario)


def test_mail_for_a_channel_that_is_no_longer_configured_waits_and_says_so(tmp_path):
    async def scenario(box):
        await box.put(message(1), channel="smtp")
        assert await box.deliver({"maildir": Told()}) == deliver.Delivered(retried=1)
        (row,) = await box.rows()
        assert (row.state, row.retries) == ("retry", 0)
        assert "kind: smtp" in row.last_error
        await box.next_due()
        assert await box.deliver(Told()) == deliver.Delivered(sent=1)

    with_outbox(tmp_path, scenario)


def test_068_mail_that_comes_due_while_a_server_is_slow_is_not_held_back(tmp_path, monkeypatch):
    monkeypatch.setattr(deliver, "LOOK_AGAIN_SECONDS", 0.01)

    async def scenario(box):
        waiting, answered = asyncio.Event(), asyncio.Event()

        async def slow():
            waiting.set()
            await answered.wait()
            return Outcome.SENT

        async def arrived():
            answered.set()
            return Outcome.SENT

        await box.put(message(1))
        task = asyncio.create_task(box.deliver(Told({"1": slow, "2": arrived})))
        await waiting.wait()
        await box.put(message(2))
        assert await task == deliver.Delivered(sent=2)

    with_outbox(tmp_path, scenario)


def test_as_many_as_the_limit_are_under_way_and_no_more(tmp_path):
    async def scenario(box):
        now, most = 0, 0
        together = asyncio.Barrier(3)

        async def count():
            nonlocal now, most
            now += 1
            most = max(most, now)
            await together.wait()
            now -= 1
            return Outcome.SENT

        await box.put(*(message(at, to=f"a{at}@example.org") for at in range(15)))
        done = await box.deliver(Told({str(at): count for at in range(15)}), limit=3)
        return done.sent, most

    assert with_outbox(tmp_path, scenario) == (15, 3)


class Failing:
    """A database that fails some writes of one kind."""

    def __init__(self, db, function, times) -> None:
        self._db = db
        self._function = function
        self.times = times

    async def write(self, function, *args, **kwargs):
        if function is self._function and self.times:
            self.times -= 1
            raise errors.StoreError("no room left")
        return await self._db.write(function, *args, **kwargs)


def test_an_answer_that_cannot_be_recorded_at_once_is_kept_until_it_can(tmp_path, monkeypatch):
    """Thrown away, the mail would be sent a second time."""
    monkeypatch.setattr(deliver, "SETTLE_WAITS", (0.0, 0.0, 0.0))

    async def scenario(box):
        await box.put(message(1))
        failing = Failing(box.db, outbox.settle, 3)
        channel = Told()
        assert await deliver.deliver_due(failing, {"smtp": channel}, box.clock) == deliver.Delivered(sent=1)
        assert await box.states() == ["sent"]
        assert channel.tried == ["1"]

    with_outbox(tmp_path, scenario)


def test_a_dot_that_cannot_be_recorded_keeps_the_mail_from_leaving(tmp_path):
    server = SmtpServer()

    async def scenario(box):
        await box.put(message(1))
        failing = Failing(box.db, outbox.stage, 1)
        async with connected(server) as channel:
            done = await deliver.deliver_due(failing, {"smtp": channel}, box.clock)
            assert done == deliver.Delivered(retried=1)
            assert server.received == []
            await box.next_due()
            assert await box.deliver(channel) == deliver.Delivered(sent=1)
        (row,) = await box.rows()
        assert row.ambiguous == 0

    with_outbox(tmp_path, scenario)


def test_a_database_that_fails_is_told_after_the_mails_under_way_have_ended(tmp_path):
    async def scenario(box):
        await box.put(message(1))

        class Second(Failing):
            async def write(self, function, *args, **kwargs):
                if function is outbox.claim and self.times == 0:
                    raise errors.StoreError("no room left")
                self.times -= function is outbox.claim
                return await self._db.write(function, *args, **kwargs)

        with pytest.raises(errors.StoreError, match="no room left"):
            await deliver.deliver_due(Second(box.db, None, 1), {"smtp": Told()}, box.clock)
        assert await box.states() == ["sent"]

    with_outbox(tmp_path, scenario)


def test_a_mail_that_another_process_took_over_is_not_sent_by_this_one(tmp_path):
    """A fenced try stops at the dot: its content never leaves."""
    server = SmtpServer()

    async def scenario(box):
        await box.put(message(1))

        def take_over(tx):
            tx.execute(text("UPDATE message SET attempts = attempts + 1"))

        class Slow(Failing):
            async def write(self, function, *args, **kwargs):
                if function is outbox.stage:
                    await self._db.write(take_over)
                return await self._db.write(function, *args, **kwargs)

        async with connected(server) as channel:
            done = await deliver.deliver_due(Slow(box.db, None, 0), {"smtp": channel}, box.clock)
        assert done == deliver.Delivered()
        assert await box.states() == ["sending"]

    with_outbox(tmp_path, scenario)
    assert server.received == []
