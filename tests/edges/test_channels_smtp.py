"""One message to one recipient, step by step, over kept connections."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiosmtpd.smtp import AuthResult
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch import errors
from policywatch.channels.kinds import smtp
from policywatch.model import Outcome
from smtp_server import DROP, Inbox, SmtpServer, Stages, channel, connected, message, real_server, try_once

LOGIN = {"user": "news@example.org", "password": "hunter22"}


def real_channel(port, **given):
    given = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "policywatch <news@example.org>", **given}
    return smtp.Channel(smtp.Channel.Options.model_validate(given))


def test_a_mail_arrives_whole_with_one_recipient_and_every_stage_recorded():
    async def go():
        inbox = Inbox()
        async with real_server(inbox) as port:
            way = real_channel(port)
            stages = Stages()
            receipt = await way.deliver(message(), stages)
            await way.close()
        return inbox.envelopes, receipt, stages

    (envelope,), receipt, stages = asyncio.run(go())
    assert (receipt.outcome, receipt.stage, receipt.code) == (Outcome.SENT, "reply", 250)
    assert receipt.detail == "queued"
    assert (envelope.mail_from, envelope.rcpt_tos) == ("news@example.org", ["a@example.org"])
    assert envelope.original_content == message().content
    assert stages == ["connect", "mail", "rcpt", "data", "dot"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("ways", [["PLAIN"], ["LOGIN"]])
def test_the_log_in_works_with_a_real_server(ways):
    seen = []

    def authenticator(server, session, envelope, mechanism, data):
        seen.append((mechanism, data.login, data.password))
        return AuthResult(success=data.password == b"hunter22", handled=False)

    async def go():
        given = {
            "authenticator": authenticator,
            "auth_require_tls": False,
            "auth_required": True,
            "auth_exclude_mechanism": [way for way in ("PLAIN", "LOGIN") if way not in ways],
        }
        inbox = Inbox()
        async with real_server(inbox, **given) as port:
            results = []
            for password in ("hunter22", "wrong-one"):
                way = real_channel(port, user="news@example.org", password=password)
                results.append(await way.deliver(message(), Stages()))
                await way.close()
        return inbox.envelopes, results

    envelopes, (right, wrong) = asyncio.run(go())
    assert len(envelopes) == 1
    assert right.outcome is Outcome.SENT
    assert (wrong.outcome, wrong.stage, wrong.code) == (Outcome.CONFIG, "login", 535)
    assert "wrong-one" not in wrong.detail
    assert {way for way, _, _ in seen} == set(ways)
    assert [password for _, _, password in seen] == [b"hunter22", b"wrong-one"]


def test_060_each_recipient_has_a_fate_of_its_own():
    """A is refused for good, B gets the mail once, C is tried again: one RCPT a message."""
    inbox = Inbox({"a@example.org": "550 no such user", "c@example.org": "451 greylisted"})

    async def go():
        async with real_server(inbox) as port:
            way = real_channel(port)
            mails = [message(at, to=f"{name}@example.org") for at, name in enumerate("abc")]
            receipts = await asyncio.gather(*(way.deliver(one, Stages()) for one in mails))
            await way.close()
            return receipts

    refused, sent, later = asyncio.run(go())
    assert (refused.outcome, refused.stage, refused.code) == (Outcome.FAILED, "rcpt", 550)
    assert sent.outcome is Outcome.SENT
    assert (later.outcome, later.code) == (Outcome.RETRY, 451)
    assert [envelope.rcpt_tos for envelope in inbox.envelopes] == [["b@example.org"]]


def test_057_the_dot_is_recorded_before_the_first_byte_of_the_content_leaves():
    """While the recorder has not returned, the server waits: nothing of the mail has left."""
    server = SmtpServer()

    async def go():
        recording, go_on = asyncio.Event(), asyncio.Event()

        async def record(stage):
            if stage == "dot":
                recording.set()
                await go_on.wait()

        async with connected(server) as way:
            task = asyncio.create_task(way.deliver(message(), record))
            await recording.wait()
            assert server.verbs[-1] == "DATA"
            assert server.received == []
            go_on.set()
            return await task

    assert asyncio.run(go()).outcome is Outcome.SENT
    assert server.received == [message().content]


def test_057_a_link_that_dies_after_the_dot_is_told_as_unknown_and_resending_repeats_the_bytes():
    server = SmtpServer({"dot": [DROP]})

    async def go():
        async with connected(server) as way:
            return [await way.deliver(message(), Stages()) for _ in range(2)]

    first, second = asyncio.run(go())
    assert (first.outcome, first.stage, first.code) == (Outcome.UNKNOWN, "dot", None)
    assert "may have arrived" in first.detail
    assert second.outcome is Outcome.SENT
    assert server.received[0] == server.received[1]


def test_a_stage_that_cannot_be_recorded_stops_the_mail_and_the_connection():
    """A recorder that raises (a full disk under the database) must not leave a mail half-sent and unrecorded."""
    server = SmtpServer()

    async def record(stage):
        if stage == "dot":
            raise errors.StoreError("no room left")

    async def go():
        async with connected(server) as way:
            with pytest.raises(errors.StoreError):
                await way.deliver(message(), record)
            while server.talking:
                await asyncio.sleep(0)
            return await way.deliver(message(2), Stages())

    assert asyncio.run(go()).outcome is Outcome.SENT
    assert [one.content for one in server.accepted] == [message(2).content]
    assert server.connections == 2


def test_a_try_that_is_cut_short_leaves_no_connection_in_the_middle_of_a_mail():
    waiting = asyncio.Event()

    async def hold(_text):
        waiting.set()
        await asyncio.Event().wait()

    server = SmtpServer({"RCPT": [hold]})

    async def go():
        async with connected(server) as way:
            task = asyncio.create_task(way.deliver(message(1), Stages()))
            await waiting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await way.deliver(message(2), Stages())

    assert asyncio.run(go()).outcome is Outcome.SENT
    assert [one.content for one in server.accepted] == [message(2).content]


@pytest.mark.parametrize(
    ("offers", "used"),
    [("AUTH LOGIN PLAIN", "PLAIN"), ("AUTH LOGIN", "LOGIN"), ("AUTH=LOGIN", "LOGIN")],
)
def test_the_simplest_offered_way_to_log_in_is_taken(offers, used):
    server = SmtpServer({"AUTH": ["334 VXNlcm5hbWU6", "235 ok"] if used == "LOGIN" else "235 ok"}, offers=(offers,))
    receipt, _ = try_once(server, **LOGIN)
    assert receipt.outcome is Outcome.SENT
    assert [line.split(" ")[1] for _, line in server.log if line.startswith("AUTH")] == [used]


def test_a_way_to_log_in_that_the_server_does_not_really_have_gives_way_to_the_next():
    server = SmtpServer({"AUTH": ["504 unrecognized", "334 VXNlcm5hbWU6", "235 ok"]}, offers=("AUTH PLAIN LOGIN",))
    receipt, _ = try_once(server, **LOGIN)
    assert receipt.outcome is Outcome.SENT


def test_a_refusal_is_told_though_the_server_hangs_up_on_the_next_try():
    """Trying every way in turn would meet a closed line and call a wrong password a broken link."""
    server = SmtpServer({"AUTH": ["535 Login Fail", DROP]}, offers=("AUTH PLAIN LOGIN CRAM-MD5",))
    receipt, _ = try_once(server, **LOGIN)
    assert (receipt.outcome, receipt.code) == (Outcome.CONFIG, 535)


def test_a_server_without_password_log_in_is_a_fault_of_the_settings():
    receipt, _ = try_once(SmtpServer(offers=("AUTH XOAUTH2",)), **LOGIN)
    assert (receipt.outcome, receipt.stage) == (Outcome.CONFIG, "login")
    assert "no log-in with a password" in receipt.detail


def test_a_server_that_repeats_the_password_does_not_get_it_into_a_receipt():
    def parrot(text):
        return f"535 {text} hunter22"

    receipt, _ = try_once(SmtpServer({"AUTH": parrot}, offers=("AUTH PLAIN",)), **LOGIN)
    assert "hunter22" not in receipt.detail
    assert "AG5ld3NAZXhhbXBsZS5vcmcAaHVudGVyMjI=" not in receipt.detail
    assert "***" in receipt.detail


def test_ehlo_names_the_address_as_a_client_without_a_name_should():
    server = SmtpServer()
    try_once(server)
    assert server.log[0] == (1, "EHLO [127.0.0.1]")


def test_size_and_eight_bit_content_are_announced_where_the_server_knows_them():
    content = "Subject: x\r\n\r\n正文\r\n".encode()
    server = SmtpServer(offers=("8BITMIME", "SIZE 100000"))
    try_once(server, message(content=content))
    assert [one for _, one in server.log if one.startswith("MAIL")] == [
        f"MAIL FROM:<news@example.org> SIZE={len(content)} BODY=8BITMIME"
    ]
    plain = SmtpServer(offers=())
    try_once(plain, message(content=content))
    assert "MAIL FROM:<news@example.org>" in [one for _, one in plain.log]


def test_072_a_domain_in_chinese_goes_out_as_punycode():
    server = SmtpServer()
    receipt, _ = try_once(server, message(to="a@例子.中国"))
    assert receipt.outcome is Outcome.SENT
    assert server.accepted[0].recipients == ["RCPT TO:<a@xn--fsqu00a.xn--fiqs8s>"]


def test_072_a_chinese_name_before_the_at_needs_a_server_that_takes_it():
    able = SmtpServer(offers=("SMTPUTF8", "8BITMIME"))
    receipt, _ = try_once(able, message(to="张三@example.org"))
    assert receipt.outcome is Outcome.SENT
    assert able.accepted[0].sender.endswith("SMTPUTF8")
    assert able.accepted[0].recipients == ["RCPT TO:<张三@example.org>"]

    unable = SmtpServer(offers=())
    receipt, _ = try_once(unable, message(to="张三@example.org"))
    assert (receipt.outcome, unable.verbs.count("MAIL")) == (Outcome.FAILED, 0)
    assert "SMTPUTF8" in receipt.detail


@pytest.mark.parametrize(
    "address", ["a@example.org> BODY=8BITMIME", "a@example.org\r\nRCPT TO:<b@example.org>", "a", ""]
)
def test_an_address_cannot_carry_another_command(address):
    server = SmtpServer()
    receipt, _ = try_once(server, message(to=address))
    assert (receipt.outcome, receipt.stage) == (Outcome.FAILED, "rcpt")
    assert server.log == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([b"a", b".", b"..", b"\r\n", b"\n", b"\r", b".\r\n", b"\r\n.\r\n", "正".encode()])))
def test_071_any_content_is_one_message_without_bare_line_ends(parts):
    """The dot that ends a mail cannot be smuggled in; what arrives is the content with its line ends made whole."""
    content = b"Subject: x\r\n\r\n" + b"".join(parts)
    server = SmtpServer()
    receipt, _ = try_once(server, message(content=content))
    assert receipt.outcome is Outcome.SENT
    (wire,) = server.received
    assert server.verbs == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert b"\r" not in wire.replace(b"\r\n", b"")
    lines = [line.removeprefix(b".") for line in wire.removesuffix(b"\r\n").split(b"\r\n")]
    whole = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n")
    assert lines == whole.split(b"\n")


def test_no_server_there_is_a_retry_that_says_where_was_asked():
    async def go():
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
            server = SmtpServer()
            server.port = taken.getsockname()[1]
            return server.port, await channel(server).deliver(message(), Stages())

    port, receipt = asyncio.run(go())
    assert (receipt.outcome, receipt.stage) == (Outcome.RETRY, "connect")
    assert f"127.0.0.1:{port} cannot be reached" in receipt.detail


@pytest.mark.parametrize(("step", "option"), [("connect", "connect_timeout"), ("RCPT", "reply_timeout")])
def test_a_server_that_says_nothing_is_a_retry_in_time(step, option):
    async def silence(_text):
        await asyncio.Event().wait()

    receipt, _ = try_once(SmtpServer({step: silence}), **{option: 0.2})
    assert receipt.outcome is Outcome.RETRY
    assert "did not answer in time" in receipt.detail


def test_068_a_slow_answer_to_the_dot_is_waited_for_while_other_mails_flow():
    """Shortened: the slow answer comes when all other mails have arrived, and counts as sent."""
    answered, waiting = asyncio.Event(), asyncio.Event()

    async def slow(_text):
        waiting.set()
        await answered.wait()
        return "250 at last"

    server = SmtpServer({"dot": [slow]})

    async def go():
        async with connected(server, data_timeout="60s") as way:
            slow_one = asyncio.create_task(way.deliver(message(0), Stages()))
            await waiting.wait()
            others = await asyncio.gather(*(way.deliver(message(at), Stages()) for at in range(1, 11)))
            assert not slow_one.done()
            answered.set()
            return await slow_one, others

    slow_receipt, others = asyncio.run(go())
    assert (slow_receipt.outcome, slow_receipt.detail) == (Outcome.SENT, "at last")
    assert {one.outcome for one in others} == {Outcome.SENT}
    assert server.connections == 2


def test_an_answer_to_the_dot_that_never_comes_leaves_the_mail_in_doubt():
    async def silence(_text):
        await asyncio.Event().wait()

    receipt, _ = try_once(SmtpServer({"dot": silence}), data_timeout=0.2)
    assert (receipt.outcome, receipt.stage) == (Outcome.UNKNOWN, "dot")
