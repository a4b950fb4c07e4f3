"""Without a trusted, encrypted connection nothing is sent: no password and no mail."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

from policywatch.channels.kinds import smtp
from policywatch.model import Outcome
from smtp_server import DROP, Inbox, SmtpServer, Stages, message, real_server, try_once

PASSWORD = "c0rrect-horse"
LOGIN = {"user": "news@example.org", "password": PASSWORD}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server_side(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_mail_arrives_over_tls(authority, ca_file, tls):
    server = SmtpServer(context=server_side(authority, "127.0.0.1"), implicit=tls == "implicit")
    receipt, stages = try_once(server, tls=tls, ca_file=ca_file, **LOGIN)
    assert receipt.outcome is Outcome.SENT
    assert len(server.accepted) == 1
    assert b"AUTH" not in server.clear
    assert b"MAIL" not in server.clear
    assert stages == ["connect", *(["tls"] if tls == "starttls" else []), "login", "mail", "rcpt", "data", "dot"]
    if tls == "starttls":
        # What was offered in clear counts for nothing (RFC 3207, 4.2): EHLO is said again.
        assert server.verbs[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_a_mail_arrives_at_a_real_server_that_insists_on_tls_and_log_in(authority, ca_file):
    def authenticator(server, session, envelope, mechanism, data):
        return AuthResult(
            success=(data.login, data.password) == (b"news@example.org", PASSWORD.encode()), handled=False
        )

    async def go():
        inbox, context = Inbox(), server_side(authority, "127.0.0.1")
        given = {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": authenticator,
        }
        async with real_server(inbox, **given) as port:
            options = {"host": "127.0.0.1", "port": port, "ca_file": ca_file, **LOGIN}
            way = smtp.Channel(smtp.Channel.Options.model_validate(options))
            receipt = await way.deliver(message(), Stages())
            await way.close()
        return receipt, inbox.envelopes

    receipt, (envelope,) = asyncio.run(go())
    assert receipt.outcome is Outcome.SENT
    assert envelope.original_content == message().content


def untrusted(authority):
    return SmtpServer(context=server_side(trustme.CA(), "127.0.0.1"))


def wrong_host(authority):
    return SmtpServer(context=server_side(authority, "mx.example.org"))


def stripped(authority):
    return SmtpServer(context=server_side(authority, "127.0.0.1"), offers=("AUTH PLAIN LOGIN",))


def refused_now(authority):
    return SmtpServer({"STARTTLS": "454 TLS not available"}, context=server_side(authority, "127.0.0.1"))


def refused_always(authority):
    return SmtpServer({"STARTTLS": "502 no"}, context=server_side(authority, "127.0.0.1"))


def old_tls(authority):
    # Fatal, protocol_version: what OpenSSL answers when it is held to TLS 1.1.
    return SmtpServer(context=server_side(authority, "127.0.0.1"), alert=bytes.fromhex("15030300020246"))


def hangs_up(authority):
    return SmtpServer({"STARTTLS": DROP}, context=server_side(authority, "127.0.0.1"))


@pytest.mark.parametrize(
    ("made", "outcome", "word"),
    [
        (stripped, Outcome.CONFIG, "offers no encryption"),
        (refused_now, Outcome.RETRY, "454 TLS not available"),
        (refused_always, Outcome.CONFIG, "refuses encryption"),
        (untrusted, Outcome.CONFIG, "cannot be trusted"),
        (wrong_host, Outcome.CONFIG, "cannot be trusted"),
        (old_tls, Outcome.CONFIG, "TLS 1.2 or newer"),
        (hangs_up, Outcome.RETRY, "broke off"),
    ],
)
def test_066_without_safe_tls_no_password_and_no_mail_is_sent(authority, ca_file, made, outcome, word):
    server = made(authority)
    receipt, stages = try_once(server, tls="starttls", ca_file=ca_file, **LOGIN)
    assert (receipt.outcome, receipt.stage) == (outcome, "tls")
    assert word in receipt.detail
    assert PASSWORD not in receipt.detail
    assert set(server.verbs) <= {"EHLO", "STARTTLS"}
    assert stages == ["connect", "tls"]
    # Neither in clear nor in the base64 of AUTH PLAIN.
    assert PASSWORD.encode() not in server.clear
    assert b"AUTH" not in server.clear


@pytest.mark.parametrize("made", [untrusted, wrong_host, old_tls])
def test_066_the_same_holds_for_tls_from_the_first_byte(authority, ca_file, made):
    server = made(authority)
    server.implicit = True
    receipt, _ = try_once(server, tls="implicit", ca_file=ca_file, **LOGIN)
    assert (receipt.outcome, receipt.stage) == (Outcome.CONFIG, "tls")
    assert server.log == []


def test_066_a_company_s_authority_is_not_trusted_without_being_named(authority):
    server = SmtpServer(context=server_side(authority, "127.0.0.1"))
    receipt, _ = try_once(server, tls="starttls", **LOGIN)
    assert (receipt.outcome, receipt.stage) == (Outcome.CONFIG, "tls")
    assert "`ca_file`" in receipt.detail


def test_tls_on_a_port_that_speaks_in_clear_says_which_settings_go_together(authority, ca_file):
    server = SmtpServer()
    receipt, _ = try_once(server, tls="implicit", ca_file=ca_file, **LOGIN)
    assert receipt.outcome is Outcome.CONFIG
    assert "587 goes with starttls, 465 with implicit" in receipt.detail


def test_what_is_slipped_in_before_encryption_is_not_taken_for_the_server_s_word(authority, ca_file):
    """Answers injected behind the 220 of STARTTLS (RFC 3207, 4.2) must not be read as part of the safe talk."""
    server = SmtpServer(
        {"STARTTLS": "220 go ahead\r\n250-mx\r\n250 AUTH PLAIN"},
        context=server_side(authority, "127.0.0.1"),
        offers=("STARTTLS",),
    )
    with contextlib.suppress(ConnectionError):
        receipt, _ = try_once(server, tls="starttls", ca_file=ca_file, **LOGIN)
    assert receipt.outcome is not Outcome.SENT
    assert "AUTH" not in server.verbs
