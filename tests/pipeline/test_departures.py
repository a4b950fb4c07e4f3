"""What leaves, how fast, to whom no longer, and what becomes of an alert that came too late."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import Counter
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
from sqlalchemy import text

from outboxes import MINUTE, START, Outbox, Told, with_outbox
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.model import EVERY_DOMAIN, Outcome, Pace, Receipt
from policywatch.pipeline import deliver, departures
from policywatch.pipeline.plan import Plan
from policywatch.store import outbox, recipients, runs
from policywatch.store.db import Database
from smtp_server import SmtpServer, connected, message

TEMPLATES = Path(__file__).parents[2] / "templates"
DAY = timedelta(days=1)


def plan(*subscriptions, **changes):
    values = {
        "sources": (), "watchlists": (), "subscriptions": subscriptions, "zone": ZoneInfo("Asia/Shanghai"),
        "language": "en", "sender": "news@example.org", "channel": "smtp", "operator": "ops@example.org",
    }  # fmt: skip
    return Plan(**{**values, **changes})


RENDERER = Renderer(jinja2.FileSystemLoader(TEMPLATES))


async def depart(box, channels, of=None, paces=None):
    channels = channels if isinstance(channels, dict) else {"smtp": channels}
    return await departures.depart(of or plan(), box.db, RENDERER, channels, box.clock, paces or {})


# --- 80: readers whose server refuses them -----------------------------------------------------------------------


class Refusing(Told):
    """Refuses one address for good, takes all others."""

    def __init__(self, address, code=550, outcome=Outcome.FAILED):
        super().__init__()
        self.address, self.code, self.outcome = address, code, outcome

    async def deliver(self, sent, stage):
        await stage("rcpt")
        self.tried.append(sent.recipient)
        if sent.recipient == self.address:
            return Receipt(self.outcome, "rcpt", self.code, f"mx said {self.code} no such user")
        return Receipt(Outcome.SENT, "reply", 250, "ok")


def test_080_after_three_permanent_failures_in_14_days_a_reader_is_suspended_and_the_operator_told_once(tmp_path):
    async def scenario(box):
        channel = Refusing("gone@example.org")
        for number in range(6):
            await box.put(message(2 * number, to="gone@example.org"), message(2 * number + 1, to="here@example.org"))
            await depart(box, channel)
            await depart(box, channel)
            box.clock.at += DAY
        rows = await box.rows()
        (one,) = await box.db.read(recipients.suspended)
        assert (one.kind, one.address) == ("suspended", "gone@example.org")
        assert "550 no such user" in one.reason
        assert await box.db.write(recipients.resume, "gone@example.org", box.clock()) == ["suspended"]
        await box.put(message(99, to="gone@example.org"))
        await depart(box, Told())
        return rows, (await box.rows())[-1], channel.tried

    rows, last, tried = with_outbox(tmp_path, scenario)
    assert [row.state for row in rows if row.recipient == "gone@example.org"] == ["failed"] * 3 + ["withheld"] * 3
    assert all(row.state == "sent" for row in rows if row.recipient == "here@example.org")
    assert tried.count("gone@example.org") == 3
    (notice,) = [row for row in rows if row.recipient == "ops@example.org"]
    assert notice.state == "sent"
    assert "no longer" in notice.subject
    assert last.state == "sent"


@pytest.mark.parametrize(("days_apart", "is_suspended"), [(0, True), (6, True), (7, False), (30, False)], ids=str)
def test_080_failures_count_for_14_days(tmp_path, days_apart, is_suspended):
    async def scenario(box):
        channel = Refusing("gone@example.org")
        for number in range(3):
            await box.put(message(number, to="gone@example.org"))
            await depart(box, channel)
            box.clock.at += max(days_apart * DAY, MINUTE)
        return bool(await box.db.read(recipients.suspended))

    assert with_outbox(tmp_path, scenario) is is_suspended


def test_080_a_mail_that_is_taken_clears_what_was_refused_before(tmp_path):
    """A server that refuses single mails as spam takes others: its reader can be reached."""

    async def scenario(box):
        for number in range(8):
            await box.put(message(number, to="a@example.org"))
            await depart(box, Refusing("a@example.org") if number % 3 else Told())
        return await box.db.read(recipients.suspended)

    assert with_outbox(tmp_path, scenario) == []


@pytest.mark.parametrize("outcome", [Outcome.RETRY, Outcome.CONFIG, Outcome.UNKNOWN])
def test_080_what_may_pass_later_is_no_failure_of_the_reader(tmp_path, outcome):
    async def scenario(box):
        for number in range(5):
            await box.put(message(number, to="a@example.org"))
            await depart(box, Refusing("a@example.org", 451, outcome))
        return await box.db.read(recipients.suspended)

    assert with_outbox(tmp_path, scenario) == []


# --- pace ---------------------------------------------------------------------------------------------------------


def most_within(times, span):
    """The most tries within a span, wherever it begins."""
    return max((sum(1 for other in times if at <= other < at + span) for at in times), default=0)


def test_a_domain_gets_no_more_than_its_pace_and_the_others_do_not_wait_for_it(tmp_path):
    tried = []

    class Noting(Told):
        async def deliver(self, sent, stage):
            tried.append((box_clock.at, sent.recipient.partition("@")[2]))
            return await super().deliver(sent, stage)

    async def scenario(box):
        nonlocal box_clock
        box_clock = box.clock
        await box.put(*(message(at, to=f"r{at}@qq.com") for at in range(25)))
        await box.put(*(message(100 + at, to=f"r{at}@example.org") for at in range(25)))
        channel = Noting()
        paces = {"smtp": {"qq.com": Pace(10, MINUTE)}}
        first = await depart(box, channel, paces=paces)
        assert first == deliver.Delivered(sent=35)
        for _ in range(40):
            box.clock.at += timedelta(seconds=5)
            await depart(box, channel, paces=paces)
        assert set(await box.states()) == {"sent"}

    box_clock = None
    with_outbox(tmp_path, scenario)
    of_qq = [at for at, domain in tried if domain == "qq.com"]
    assert len(of_qq) == 25
    assert most_within(of_qq, MINUTE) == 10
    assert max(of_qq) - START <= 3 * MINUTE


def test_064_after_an_hour_without_a_server_all_leave_oldest_first_at_the_pace_that_is_set(tmp_path):
    """500 mails: each once, within ten minutes of the server's return, never faster than allowed."""
    sent = []

    class Gone:
        async def deliver(self, one, record):
            if clock() < START + 60 * MINUTE:
                return Receipt(Outcome.RETRY, "connect", detail="connection refused")
            await record("dot")
            sent.append((clock(), int(one.subject)))
            return Receipt(Outcome.SENT, "reply", 250)

        async def close(self):
            pass

    async def scenario(box):
        nonlocal clock
        clock = box.clock
        paces = {"smtp": {EVERY_DOMAIN: Pace(100, MINUTE)}}
        for batch in range(10):
            numbers = range(100 + batch * 50, 150 + batch * 50)
            await box.put(*(message(number, to=f"a{number}@example.org") for number in numbers))
            box.clock.at += MINUTE
            await depart(box, Gone(), paces=paces)
        while len(sent) < 500 and box.clock() < START + 80 * MINUTE:
            box.clock.at += timedelta(seconds=20)
            await depart(box, Gone(), paces=paces)

    clock = None
    with_outbox(tmp_path, scenario)
    assert sorted(number for _, number in sent) == list(range(100, 600))
    assert max(at for at, _ in sent) <= START + 70 * MINUTE
    assert most_within([at for at, _ in sent[::25]], MINUTE) * 25 <= 125
    assert max(Counter(at for at, _ in sent).values()) <= 100
    order = [number for _, number in sent[20:]]
    assert order == sorted(order)


# --- 64: late alerts ----------------------------------------------------------------------------------------------

ALERTED = SubscriptionSpec(
    id="m",
    to=["a@example.org", "b@example.org"],
    watchlists="all",
    digest={"at": "30 8 * * *"},
    alert={"min_score": 80},
)


class Down(Told):
    async def deliver(self, sent, stage):
        return Receipt(Outcome.RETRY, "connect", detail="connection refused")


async def alert(box, number=1):
    """An alert of one story, mailed to two readers."""

    def put(tx):
        at = int(box.clock().timestamp() * 1e6)
        tx.execute(text("INSERT INTO story (id, first_seen_at) VALUES (:id, :at)"), {"id": number, "at": at})
        runs.add_due(tx, [runs.Due("m", number, 90.0)], box.clock())
        run = runs.open_run(tx, "m", f"alert/{number}", box.clock(), "alert", box.clock())
        runs.claim(tx, run, "m", [number])
        outbox.add(tx, run, [message(10 * number + at, to=f"{name}@example.org") for at, name in enumerate("ab")],
                   "smtp", box.clock())  # fmt: skip

    await box.db.write(put)


def test_064_an_alert_that_somebody_may_have_is_sent_late_and_never_merged(tmp_path):
    """Merged, it would come twice to who has it."""

    async def scenario(box):
        await alert(box)
        await depart(box, Told({"10": Outcome.SENT, "11": Outcome.RETRY}), plan(ALERTED))
        box.clock.at += DAY
        channel = Told()
        await depart(box, channel, plan(ALERTED))
        assert channel.tried == ["11"]
        assert await box.states() == ["sent", "sent"]
        return await box.db.read(runs.waiting, "m")

    assert with_outbox(tmp_path, scenario) == []


def test_064_without_a_digest_a_late_alert_still_comes(tmp_path):
    only = SubscriptionSpec(id="m", to=["a@example.org"], watchlists="all", alert={"min_score": 80})

    async def scenario(box):
        await alert(box)
        box.clock.at += DAY
        await depart(box, Told(), plan(only))
        return await box.states()

    assert with_outbox(tmp_path, scenario) == ["sent", "sent"]


# --- several channels, several processes ----------------------------------------------------------------------------


def test_a_channel_that_hangs_holds_no_other_back(tmp_path):
    """Also not what comes due while it hangs."""

    async def scenario(box):
        late, go_on = asyncio.Event(), asyncio.Event()

        class Hanging(Told):
            async def deliver(self, sent, stage):
                await go_on.wait()
                return Receipt(Outcome.RETRY, "connect", detail="gave no answer")

        class Quick(Told):
            async def deliver(self, sent, stage):
                receipt = await super().deliver(sent, stage)
                if sent.subject == "1000":
                    late.set()
                return receipt

        await box.put(*(message(at, to=f"hook {at}") for at in range(40)), channel="webhook-1")
        await box.put(*(message(100 + at, to=f"a{at}@example.org") for at in range(40)))
        quick = Quick()
        working = asyncio.create_task(depart(box, {"smtp": quick, "webhook-1": Hanging()}))
        while len(quick.tried) < 40:
            await asyncio.sleep(0)
        await box.put(message(1000, to="late@example.org"))
        await late.wait()
        go_on.set()
        return await working

    done = with_outbox(tmp_path, scenario)
    assert (done.sent, done.retried) == (41, 40)


def test_061_settings_at_fault_in_one_channel_stop_that_one_alone(tmp_path):
    async def scenario(box):
        await box.put(message(1), channel="webhook-1")
        await box.put(message(2))
        broken = Told({"1": Outcome.CONFIG})
        done = await depart(box, {"smtp": Told(), "webhook-1": broken})
        assert (done.sent, done.retried) == (1, 1)
        assert "told config" in await box.db.read(outbox.settings_fault)
        box.clock.at += 11 * MINUTE
        await depart(box, {"smtp": Told(), "webhook-1": Told()})
        assert await box.db.read(outbox.settings_fault) == ""
        assert await box.states() == ["sent", "sent"]

    with_outbox(tmp_path, scenario)


def test_061_settings_at_fault_burn_no_try_and_a_restart_tries_at_once(tmp_path):
    """535 for a week: nothing is given up, and the server is not asked again for every mail."""
    server = SmtpServer({"AUTH": lambda _line: "535 no"}, offers=("AUTH PLAIN",))

    async def scenario(box):
        await box.put(*(message(at, to=f"a{at}@example.org") for at in range(30)))
        async with connected(server, user="u@example.org", password="hunter22") as channel:
            for _ in range(8):
                await depart(box, channel)
                box.clock.at += DAY
            assert {(row.state, row.retries) for row in await box.rows()} == {("retry", 0)}
            assert server.verbs.count("AUTH") <= 8
            assert "535" in await box.db.read(outbox.settings_fault)
        server.script.clear()
        await box.recover()
        async with connected(server, user="u@example.org", password="hunter22") as channel:
            assert (await depart(box, channel)).sent == 30

    with_outbox(tmp_path, scenario)


def test_124_two_that_empty_one_outbox_send_each_mail_once(tmp_path):
    """Two loops on one database, as two replicas would be: who claims a mail has it alone."""

    async def scenario(box):
        other = Database.open_beside(tmp_path / "test.sqlite")
        try:
            twin = Outbox(other)
            await box.put(*(message(at, to=f"a{at}@example.org") for at in range(60)))
            one, two = Told(), Told()
            await asyncio.gather(box.deliver(one), twin.deliver(two), box.deliver(one), twin.deliver(two))
        finally:
            other.close()
        assert set(await box.states()) == {"sent"}
        return one.tried + two.tried

    tried = with_outbox(tmp_path, scenario)
    assert sorted(tried, key=int) == [str(at) for at in range(60)]


def test_a_settle_of_another_try_changes_nothing(tmp_path):
    """A late answer of a process that was taken for dead does not overwrite what the next one found."""

    async def scenario(box):
        await box.put(message(1))
        (first,) = await box.db.write(outbox.claim, box.clock())
        await box.recover()
        (second,) = await box.db.write(outbox.claim, box.clock())
        sent, failed = Receipt(Outcome.SENT, "reply", 250), Receipt(Outcome.FAILED, "rcpt", 550, "no")
        assert not await box.db.write(outbox.settle, first.id, first.attempt, failed, next_at=None, at=box.clock())
        assert not await box.db.write(outbox.stage, first.id, first.attempt, "dot")
        assert await box.db.write(outbox.settle, second.id, second.attempt, sent, next_at=None, at=box.clock())
        assert not await box.db.write(outbox.settle, second.id, second.attempt, failed, next_at=None, at=box.clock())
        return await box.states()

    assert with_outbox(tmp_path, scenario) == ["sent"]


def test_a_mail_sent_again_by_hand_is_a_new_one_to_its_receiver(tmp_path):
    """Same words, another Message-ID: receivers drop one that they have seen."""
    from policywatch.digests import mail

    async def scenario(box):
        one = message(1)
        await box.put(one)
        await box.deliver(Told({"1": Outcome.FAILED}))
        seen = []
        for _ in range(2):
            row, content = await box.db.read(outbox.find, 1)
            new = mail.resent_id(row.message_id)
            seen.append(new)
            assert await box.db.write(outbox.again, 1, new, mail.renamed(content, row.message_id, new), box.clock())
            await box.deliver(Told())
        _, content = await box.db.read(outbox.find, 1)
        return seen, content, one.content

    seen, content, before = with_outbox(tmp_path, scenario)
    assert seen == ["<1.again2@example.org>", "<1.again3@example.org>"]
    assert content == before.replace(b"<1@", b"<1.again3@")


# --- what goes wrong around it ----------------------------------------------------------------------------------------


@pytest.mark.only_sqlite
def test_118_a_database_that_another_program_locks_delays_mails_and_doubles_none(tmp_path):
    """Locked before the claim, and again between a server's answer and its recording."""

    async def scenario(box):
        other = sqlite3.connect(tmp_path / "test.sqlite", isolation_level=None)
        loop = asyncio.get_running_loop()

        class Locking(Told):
            async def deliver(self, sent, stage):
                receipt = await super().deliver(sent, stage)
                if sent.subject == "0":
                    other.execute("BEGIN IMMEDIATE")
                    loop.call_later(0.05, other.execute, "ROLLBACK")
                return receipt

        await box.put(*(message(at, to=f"a{at}@example.org") for at in range(5)))
        other.execute("BEGIN IMMEDIATE")
        loop.call_later(0.05, other.execute, "ROLLBACK")
        channel = Locking()
        done = await depart(box, channel)
        other.close()
        assert done == deliver.Delivered(sent=5)
        assert sorted(channel.tried) == ["0", "1", "2", "3", "4"]
        return await box.states()

    assert with_outbox(tmp_path, scenario) == ["sent"] * 5


def test_121_a_server_that_is_slow_with_each_answer_gets_each_mail_once_and_holds_nothing_else_up(tmp_path):
    """No answer comes until somebody allows it; the store takes other work meanwhile, and nothing is sent twice."""
    count = 20 * int(os.environ.get("POLICYWATCH_TORTURE") or 1)

    async def scenario(box):
        first, go_on = asyncio.Event(), asyncio.Event()

        async def slow(_line):
            first.set()
            await go_on.wait()
            return "250 taken at last"

        server = SmtpServer({"dot": slow})
        await box.put(*(message(at, to=f"a{at}@example.org") for at in range(count)))
        async with connected(server) as channel:
            working = asyncio.create_task(depart(box, channel))
            await first.wait()
            # What a poll would do: reads and writes of its own.
            await box.put(message(9999, to="late@example.org"), channel="other")
            assert len(await box.rows()) == count + 1
            go_on.set()
            done = await working
        assert done.sent == count
        return server

    server = with_outbox(tmp_path, scenario)
    assert len(server.accepted) == len({one.recipients[0] for one in server.accepted}) == count
