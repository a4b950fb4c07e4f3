"""Kept connections, and what the channel does when no connection can be had."""

from __future__ import annotations

import asyncio

import pytest

from policywatch.channels.kinds import smtp
from policywatch.model import Outcome
from smtp_server import DROP, SmtpServer, Stages, connected, message

LOGIN = {"user": "news@example.org", "password": "hunter22"}


def send_in_turn(server, count, **options):
    async def go():
        async with connected(server, **options) as way:
            return [await way.deliver(message(at), Stages()) for at in range(count)]

    return asyncio.run(go())


def test_one_connection_carries_many_mails_with_a_reset_between():
    server = SmtpServer(offers=("AUTH PLAIN",))
    receipts = send_in_turn(server, 3, **LOGIN)
    assert {one.outcome for one in receipts} == {Outcome.SENT}
    assert server.connections == 1
    transaction = ["MAIL", "RCPT", "DATA"]
    assert server.verbs == ["EHLO", "AUTH", *transaction, "RSET", *transaction, "RSET", *transaction, "QUIT"]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "dot"])
def test_a_refused_mail_does_not_spoil_the_connection_for_the_next(step):
    server = SmtpServer({step: ["554 poison"]})
    poison, next_one = send_in_turn(server, 2)
    assert (poison.outcome, next_one.outcome) == (Outcome.FAILED, Outcome.SENT)
    assert server.connections == 1


@pytest.mark.parametrize("goodbye", [DROP, "421 idle too long"])
def test_a_kept_connection_that_the_server_closed_is_opened_again(goodbye):
    server = SmtpServer({"RSET": goodbye})
    receipts = send_in_turn(server, 3)
    assert {one.outcome for one in receipts} == {Outcome.SENT}
    assert server.connections == 3


def test_a_server_that_takes_one_mail_a_connection_gets_one_a_connection():
    """It answers RSET and then says 421 to the second MAIL: no retry is burnt for that."""
    taken = []

    def once(_text):
        taken.append(1)
        return "421 too many messages" if len(taken) % 2 == 0 else "250 ok"

    server = SmtpServer({"MAIL": once})
    receipts = send_in_turn(server, 2)
    assert [one.outcome for one in receipts] == [Outcome.SENT, Outcome.SENT]
    assert server.connections == 2


def test_after_doubt_the_connection_is_not_used_again():
    server = SmtpServer({"dot": ["299 gibberish", "354 what", "250 ok"]})
    receipts = send_in_turn(server, 3)
    assert [one.outcome for one in receipts] == [Outcome.SENT, Outcome.UNKNOWN, Outcome.SENT]
    assert [one.connection for one in server.accepted] == [1, 2]


def test_no_more_connections_are_open_than_allowed():
    open_now, most = 0, 0

    async def count(_text):
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0)
        open_now -= 1
        return "250 ok"

    server = SmtpServer({"dot": count})

    async def go():
        async with connected(server, connections=3) as way:
            return await asyncio.gather(*(way.deliver(message(at), Stages()) for at in range(20)))

    assert {one.outcome for one in asyncio.run(go())} == {Outcome.SENT}
    assert server.connections <= 3
    assert most <= 3
    assert len({one.content for one in server.accepted}) == 20


def test_061_after_a_refused_log_in_nobody_asks_the_server_again_for_a_while():
    """Twenty waiting mails must not lock the account with twenty wrong passwords."""
    server = SmtpServer({"AUTH": "535 no"}, offers=("AUTH PLAIN",))

    async def go():
        async with connected(server, **LOGIN) as way:
            receipts = await asyncio.gather(*(way.deliver(message(at), Stages()) for at in range(20)))
            return [*receipts, await way.deliver(message(21), Stages())]

    receipts = asyncio.run(go())
    assert {one.outcome for one in receipts} == {Outcome.CONFIG}
    assert len(receipts) == 21
    assert server.connections == 1


def test_the_server_is_asked_again_when_the_pause_is_over(monkeypatch):
    monkeypatch.setattr(smtp, "CONFIG_PAUSE", 0.0)
    server = SmtpServer({"AUTH": ["535 no"]}, offers=("AUTH PLAIN",))
    receipts = send_in_turn(server, 2, **LOGIN)
    assert [one.outcome for one in receipts] == [Outcome.CONFIG, Outcome.SENT]


def test_a_sender_that_is_refused_stops_the_mails_behind_it_too():
    server = SmtpServer({"MAIL": "553 Mail from must equal authorized user"})
    receipts = send_in_turn(server, 3)
    assert {one.outcome for one in receipts} == {Outcome.CONFIG}
    assert server.verbs.count("MAIL") == 1


def test_mails_that_wait_for_a_connection_share_the_news_that_none_can_be_had():
    """Each would otherwise wait out the whole time limit again, one after the other."""
    server = SmtpServer({"connect": DROP})

    async def go():
        async with connected(server) as way:
            together = await asyncio.gather(*(way.deliver(message(at), Stages()) for at in range(10)))
            server.script.clear()
            return together, await way.deliver(message(11), Stages())

    together, later = asyncio.run(go())
    assert {one.outcome for one in together} == {Outcome.RETRY}
    assert server.connections == 2
    assert later.outcome is Outcome.SENT


def test_a_connection_that_is_not_needed_is_let_go(monkeypatch):
    monkeypatch.setattr(smtp, "IDLE_SECONDS", 0.0)
    server = SmtpServer()

    async def go():
        async with connected(server) as way:
            await way.deliver(message(1), Stages())
            while way._kept:
                await asyncio.sleep(0)
            return await way.deliver(message(2), Stages())

    assert asyncio.run(go()).outcome is Outcome.SENT
    assert server.connections == 2


def test_closing_says_good_bye_and_does_not_wait_for_a_server_that_is_silent(monkeypatch):
    async def silence(_text):
        await asyncio.Event().wait()

    monkeypatch.setattr(smtp, "QUIT_SECONDS", 0.1)
    server = SmtpServer({"QUIT": silence})
    send_in_turn(server, 1)
    assert server.verbs[-1] == "QUIT"
