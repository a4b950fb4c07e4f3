"""What every reply means at every stage, as a table and on the wire."""

from __future__ import annotations

import pytest

from policywatch.channels import replies
from policywatch.model import Outcome
from smtp_server import DROP, SmtpServer, try_once

CODES = (421, 450, 451, 452, 454, 500, 501, 502, 503, 504, 521, 530, 535, 550, 552, 553, 554)
STEPS = {  # the server's step: the stage that a receipt names
    "connect": "connect",
    "EHLO": "connect",
    "AUTH": "login",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    "dot": "reply",
}
LOGIN = {"user": "news@example.org", "password": "hunter22"}


def meant(step: str, code: int) -> Outcome:
    """The table, written out again from the promise: transient, settings, permanent."""
    if code < 500:
        return Outcome.RETRY
    if step in {"connect", "EHLO", "AUTH"} or code in {530, 535}:
        return Outcome.CONFIG
    return Outcome.FAILED


@pytest.mark.parametrize("step", STEPS)
def test_061_every_refusal_at_every_stage_has_its_class(step):
    """17 codes at 7 stages on a real connection: outcome, stage and code are told, and nothing was taken."""
    for code in CODES:
        server = SmtpServer({step: f"{code} no"}, offers=("AUTH PLAIN",))
        receipt, _ = try_once(server, **LOGIN)
        assert (receipt.outcome, receipt.stage, receipt.code) == (meant(step, code), STEPS[step], code), code
        assert str(code) in receipt.detail
        assert server.accepted == []
        # A refused log-in was tried once: more tries with a wrong password lock the account.
        assert server.verbs.count("AUTH") == (step not in {"connect", "EHLO"})


@pytest.mark.parametrize("step", STEPS)
def test_061_no_reply_is_doubt_only_after_the_final_dot(step):
    receipt, stages = try_once(SmtpServer({step: DROP}, offers=("AUTH PLAIN",)), **LOGIN)
    assert receipt.outcome is (Outcome.UNKNOWN if step == "dot" else Outcome.RETRY)
    assert receipt.code is None
    assert ("dot" in stages) == (step == "dot")
    assert receipt.detail


@pytest.mark.parametrize("step", STEPS)
def test_what_is_not_smtp_counts_as_no_reply(step):
    receipt, _ = try_once(SmtpServer({step: "hello there"}, offers=("AUTH PLAIN",)), **LOGIN)
    assert receipt.outcome is (Outcome.UNKNOWN if step == "dot" else Outcome.RETRY)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("smtp.qq.com", "授权码"),
        ("smtp.exmail.qq.com", "Exmail"),
        ("hwsmtp.exmail.qq.com", "客户端专用密码"),
        ("smtp.163.com", "授权码"),
        ("smtp.126.com", "授权码"),
        ("smtp.gmail.com", "app password"),
        ("smtp-mail.outlook.com", "OAuth"),
        ("smtp.office365.com", "SMTP AUTH"),
        ("mail.example.org", "授权码, app password"),
    ],
)
def test_a_refused_log_in_says_which_password_the_provider_wants(host, said):
    line = replies.explain(host, "login", 535, "Error: authentication failed")
    assert "535 Error: authentication failed" in line
    assert said in line


def test_the_hint_is_for_the_provider_and_not_for_whoever_looks_like_it():
    assert "QQ" not in replies.explain("smtp.notqq.com", "login", 535, "no")


@pytest.mark.parametrize(
    ("stage", "code", "text"),
    [
        ("mail", 501, "Mail from address must be same as authorization user."),
        ("mail", 553, "Mail from must equal authorized user"),
        ("mail", 553, "5.7.1 Sender address rejected: not owned by auth user."),
        ("reply", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
        ("reply", 554, "5.2.252 SendAsDenied; a@outlook.com not allowed to send as b@example.com"),
    ],
)
def test_a_sender_that_is_not_the_account_is_a_fault_of_the_settings(stage, code, text):
    """Every mail has the same From: each would become a dead letter if one refusal counted against the message."""
    assert replies.classify(stage, code, text) is Outcome.CONFIG
    assert "`from`" in replies.explain("smtp.qq.com", stage, code, text)


@pytest.mark.parametrize(
    "text", ["5.4.5 Daily user sending limit exceeded.", "5.4.5 Daily sending quota exceeded", "Mail frequency limited"]
)
def test_an_account_that_sent_its_share_for_today_tries_again(text):
    assert replies.classify("rcpt", 550, text) is Outcome.RETRY


def test_a_full_mailbox_of_the_reader_is_not_the_account_s_share():
    assert replies.classify("rcpt", 552, "5.2.2 mailbox quota exceeded") is Outcome.FAILED


def test_words_of_a_server_are_one_readable_line_even_in_gbk():
    """QQ answers in GBK; the SMTP library hands on bytes that are not UTF-8 as surrogates."""
    raw = "Error: 请使用授权码登录。\r\n\x07more".encode("gb18030").decode("utf-8", "surrogateescape")
    assert replies.words(raw) == "Error: 请使用授权码登录。 more"
    assert len(replies.words("x" * 5000)) == replies.MAX_WORDS


def test_a_reply_in_gbk_reaches_the_receipt_readable():
    told = b"535 Error: \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb".decode("utf-8", "surrogateescape")
    receipt, _ = try_once(SmtpServer({"AUTH": told}, offers=("AUTH PLAIN",)), **LOGIN)
    assert "请使用授权码" in receipt.detail
