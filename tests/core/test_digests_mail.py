"""Mails as bytes, read back by the standard library's parser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default as policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digests_samples import digest, hit, renderer, story, subscription
from policywatch.digests import links, mail
from policywatch.model import Recipient, Rendered

SENT = datetime(2026, 11, 23, 0, 30, 5, tzinfo=UTC)
ID = "<0123456789abcdef@example.org>"
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted", "Precedence", "MIME-Version",
    "Content-Type",
]  # fmt: skip
PLAIN = Rendered("zh-CN", "未来产业早报 11月23日：9 条新动态", "<p>示例</p>", "示例\n")


def made(rendered=PLAIN, **changes):
    values = {
        "sender": "政策观察 <watch@example.org>",
        "recipient": Recipient("reader@example.com", "zh-CN", "李 分析"),
        "message_id": ID,
        "date": SENT,
        "subscription": "morning",
    }
    return mail.message(rendered, **{**values, **changes})


def parsed(message):
    return message_from_bytes(message.content, policy=policy)


def body(message, subtype):
    return parsed(message).get_body((subtype,)).get_content().replace("\r\n", "\n")


def test_073_every_header_stands_exactly_once():
    found = parsed(made())
    assert found.keys() == HEADERS
    assert not found.defects
    assert found["From"].addresses == (Address("政策观察", "watch", "example.org"),)
    assert found["To"].addresses == (Address("李 分析", "reader", "example.com"),)
    assert found["Date"].datetime == SENT
    assert found["Message-ID"] == ID
    assert found["List-Id"] == "<morning.policywatch.example.org>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Precedence"] == "bulk"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]


def test_a_whole_digest_comes_back_as_it_was_rendered():
    rendered = renderer().render(digest([story(n, hits=[hit(text="摘" * 200)]) for n in range(1, 40)]), "zh-CN")
    message = made(rendered)
    assert body(message, "plain") == rendered.text
    assert body(message, "html") == rendered.html
    assert str(parsed(message)["Subject"]) == rendered.subject == message.subject
    assert message.content == made(rendered).content, "equal arguments give equal bytes"
    assert len(message.content) <= 1_000_000


def test_058_the_message_id_is_that_of_its_slot_and_recipient():
    told = ("digest", "morning", "2026-11-23T00:30:00Z", "a@example.org")
    first = mail.message_id(*told, "example.org")
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", first)
    assert first == mail.message_id(*told, "example.org")
    others = [(*told[:at], told[at] + "x", *told[at + 1 :]) for at in range(4)]
    moved = [("digest", "morning2026", "-11-23T00:30:00Z", "a@example.org")]
    ids = {mail.message_id(*other, "example.org") for other in others + moved}
    assert len(ids | {first}) == 6


DROPPED = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff")
"""Signs that turn the direction of what follows, and what is no character: they are taken out of every line."""


def letters(text):
    return [one for one in text if not one.isspace()]


BREAKS = ["\r", "\n", "\r\n", "\0", "\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"]


@pytest.mark.parametrize("broken", BREAKS, ids=repr)
def test_069_no_value_begins_a_header_of_its_own(broken):
    """Line ends in the title, the names or the subject's template become spaces."""
    attack = f"标题{broken}Bcc: victim@example.net{broken}{broken}<b>body</b>"
    rendered = renderer().render(digest([story(title=attack)], spec=subscription(name=attack)), "zh-CN")
    for one in (rendered, replace(PLAIN, subject=attack), replace(PLAIN, subject=f"plain{broken}Bcc: a@b.example")):
        message = made(
            one,
            recipient=Recipient("reader@example.com", "zh-CN", attack),
            sender=f"Watch{broken}X-Evil: 1 <watch@example.org>",
            subscription=f"morning{broken}X-Evil: 1",
            message_id=f"{ID}{broken}X-Evil: 1",
        )
        found = parsed(message)
        assert found.keys() == HEADERS
        assert found["To"].addresses[0].addr_spec == "reader@example.com"
        assert not set(broken) & set(message.subject)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120))
def test_070_any_subject_decodes_to_what_it_was(text):
    subject = " ".join(text.split())
    message = made(replace(PLAIN, subject=subject))
    lines = message.content.split(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert all(byte < 128 for byte in message.content)
    assert str(parsed(message)["Subject"]) == message.subject
    assert letters(message.subject) == [one for one in letters(subject) if one not in DROPPED]


@pytest.mark.parametrize(
    "subject",
    [
        "长" * 600,
        "👩‍🔬🇨🇳" * 40,
        "مرحبا بالعالم",
        "=?utf-8?b?5oiR?= is text",
        "A long ASCII subject " * 8,
        "W" * 300,
        "",
        "Überraschung, mixed with 中文 and ascii words that go on and on beyond one line of a header",
    ],
)
def test_070_long_strange_and_empty_subjects(subject):
    message = made(replace(PLAIN, subject=subject))
    assert str(parsed(message)["Subject"]) == subject.strip()
    assert max(map(len, message.content.split(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), max_size=60))
def test_a_name_of_any_kind_stands_before_its_address(name):
    found = parsed(made(recipient=Recipient("reader@example.com", "en", name)))["To"]
    assert [one.addr_spec for one in found.addresses] == ["reader@example.com"]
    assert letters(found.addresses[0].display_name) == [one for one in letters(name) if one not in DROPPED]


@pytest.mark.parametrize(
    "text", ["长" * 5000 + "\n", "a\rb\nc\r\nd\n", "line\n.\n..\nend\n", "x" * 5000, "\n.\n", ""], ids=len
)
def test_071_any_body_travels_in_short_lines_with_whole_line_ends(text):
    message = made(replace(PLAIN, text=text, html=f"<pre>{text}</pre>"))
    assert max(map(len, message.content.split(b"\r\n"))) <= 78
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", message.content)
    assert b"\r\n.\r\n" not in message.content
    assert body(message, "plain") == text.replace("\r\n", "\n").replace("\r", "\n")


def test_072_a_domain_in_its_own_script_travels_as_punycode():
    message = made(sender="watch@例子.cn", recipient=Recipient("a@xn--fsqu00a.cn", "zh-CN"))
    assert message.recipient == "a@xn--fsqu00a.cn"
    assert message.content.isascii()
    assert str(parsed(message)["From"]) == "watch@xn--fsqu00a.cn"
    assert mail.domain("政策 <watch@例子.cn>") == "xn--fsqu00a.cn"
    assert mail.domain("nobody") == "localhost"


def test_072_an_address_outside_ascii_stands_as_it_is_for_servers_that_take_it():
    message = made(recipient=Recipient("张三@example.org", "zh-CN", "张三"))
    assert "<张三@example.org>".encode() in message.content
    assert message.recipient == "张三@example.org"


def test_a_sender_that_is_no_address_is_refused():
    with pytest.raises(ValueError, match="not a mail address"):
        made(sender="the office")


LINKED = [
    *HEADERS[:6],
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    *HEADERS[6:8],
    "X-Priority",
    "Importance",
    *HEADERS[8:],
]


def test_073_with_links_and_for_an_alert_every_header_still_stands_once_and_in_short_lines():
    made_with = {
        "links_of": links.Links("https://watch.example.org", "secret"),
        "unsubscribe_to": "退订 <leave@例子.cn>",
    }
    message = made(subscription="a" * 64, priority="high", **made_with)
    found = parsed(message)
    assert found.keys() == LINKED
    assert not found.defects
    assert found["List-Unsubscribe"].endswith(f"<mailto:leave@xn--fsqu00a.cn?subject=unsubscribe%20{'a' * 64}>")
    assert max(len(line) for line in message.content.split(b"\r\n")) <= 998


def test_one_click_is_offered_over_https_only():
    found = parsed(made(links_of=links.Links("http://watch.internal", "secret")))
    assert found["List-Unsubscribe"].startswith("<http://watch.internal/u/")
    assert found["List-Unsubscribe-Post"] is None


def test_a_reader_s_mail_is_as_long_as_the_digest_was_measured():
    """The placeholder and each token have one length, in bytes."""
    made_by = links.Links("https://w.example.org", "secret")
    tokens = {made_by.token(one, to) for one in ("m", "n") for to in ("a@example.org", "b@example.org")}
    assert len(tokens) == 4
    assert {len(token) for token in tokens} == {len(links.PLACEHOLDER.encode())}
    assert made_by.token("m", " A@Example.ORG") == made_by.token("m", "a@example.org")
    assert links.Links("https://w.example.org", "other").token("m", "a@example.org") not in tokens


def test_no_source_can_write_the_placeholder():
    hostile = story(1, title=f"x{links.PLACEHOLDER}", url=f"https://evil.example.org/?{links.PLACEHOLDER}")
    rendered = renderer().render(digest([hostile]), "zh-CN")
    assert links.PLACEHOLDER not in rendered.html + rendered.text + rendered.subject
