"""What may stand under `mail:`, and what is refused with which words."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from policywatch import kinds
from policywatch.channels import addresses, base
from policywatch.channels.kinds import maildir, smtp

SECRET = "c0rrect-horse"
LOGIN = {"user": "a@example.org", "password": SECRET}


def options(**given):
    return smtp.Channel.Options.model_validate(given)


def refused(**given) -> str:
    with pytest.raises(ValidationError) as caught:
        options(**given)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.errors(include_url=False, include_input=False))
    return str(caught.value)


@pytest.mark.parametrize(
    ("preset", "server"),
    [
        ("qq", ("smtp.qq.com", 465, "implicit")),
        ("163", ("smtp.163.com", 465, "implicit")),
        ("exmail", ("smtp.exmail.qq.com", 465, "implicit")),
        ("gmail", ("smtp.gmail.com", 465, "implicit")),
        ("outlook", ("smtp-mail.outlook.com", 587, "starttls")),
    ],
)
def test_a_preset_knows_its_server(preset, server):
    assert options(preset=preset, **LOGIN).server == server


@pytest.mark.parametrize(
    ("given", "port", "tls"),
    [
        ({}, 587, "starttls"),
        ({"port": 465}, 465, "implicit"),
        ({"port": 2525}, 2525, "starttls"),
        ({"tls": "implicit"}, 465, "implicit"),
        ({"tls": "starttls", "port": 465}, 465, "starttls"),
    ],
)
def test_port_and_tls_follow_each_other(given, port, tls):
    assert options(host="mx.example.org", **LOGIN, **given).server == ("mx.example.org", port, tls)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST"])
@pytest.mark.parametrize("login", [{}, LOGIN])
def test_067_no_encryption_is_for_this_machine_only(host, login):
    """Allowed on loopback, with and without a password."""
    found = options(host=host, tls="none", **{"from": "news@example.org"}, **login)
    assert found.server == (host.strip("[]"), 25, "none")


@pytest.mark.parametrize(
    "host", ["mx.example.org", "10.0.0.5", "192.168.1.1", "localhost.example.org", "0.0.0.0", "::"]
)
@pytest.mark.parametrize("login", [{}, LOGIN])
def test_067_no_encryption_beyond_this_machine_is_refused(host, login):
    assert "tls: none" in refused(host=host, tls="none", **{"from": "news@example.org"}, **login)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "name a preset (qq, 163, exmail, gmail, outlook) or a host"),
        ({"preset": "qq", "host": "smtp.qq.com", **LOGIN}, "a preset names host, port and tls itself"),
        ({"preset": "qq", "port": 587, **LOGIN}, "a preset names host, port and tls itself"),
        ({"preset": "qq"}, "preset qq wants a log-in"),
        ({"preset": "yahoo", **LOGIN}, "'qq', '163'"),
        ({"host": "mx.example.org", "user": "a@example.org"}, "`password` is missing"),
        ({"host": "mx.example.org", "user": "a@example.org", "password": ""}, "`password` is missing or empty"),
        ({"host": "mx.example.org", "password": SECRET}, "`user` is missing"),
        ({"host": "mx.example.org", "user": "apikey", "password": SECRET}, "`from` is missing"),
        ({"host": "mx.example.org"}, "`from` is missing"),
        ({"host": "mx.example.org", **LOGIN, "from": "no address"}, "write news@example.org"),
        ({"host": "mx.example.org", **LOGIN, "from": "a@b@c.org"}, "not a mail address"),
        ({"host": "mx.example.org", **LOGIN, "from": "Li, Wei <a@example.org>"}, "put the name in quotes"),
        ({"host": "mx.example.org", **LOGIN, "from": "a@example.org\nBcc: b@example.org"}, "on one line"),
        ({"host": "smtp://mx.example.org", **LOGIN}, "not the name of a server"),
        ({"host": "mx.example.org", **LOGIN, "ca_file": "/no/such.pem"}, "name a file in PEM form"),
        ({"host": "mx.example.org", **LOGIN, "data_timeout": "0s"}, "longer than nothing"),
        ({"host": "mx.example.org", **LOGIN, "pasword": SECRET}, "Extra inputs are not permitted"),
        ({"host": "mx.example.org", **LOGIN, "connections": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_work_is_refused_in_words_that_say_what_to_change(given, word):
    assert word in refused(**given)


def test_the_sender_is_the_user_unless_from_says_otherwise():
    assert options(preset="qq", **LOGIN).sender == "a@example.org"
    named = options(preset="qq", **LOGIN, **{"from": "政策观察 <news@example.org>"})
    assert named.sender == "政策观察 <news@example.org>"
    assert smtp.Channel(named).from_address == "政策观察 <news@example.org>"


def test_a_password_is_in_no_representation():
    found = options(preset="qq", **LOGIN)
    channel = smtp.Channel(found)
    for shown in (repr(found), str(found), found.model_dump_json(), repr(channel._server)):
        assert SECRET not in shown


def test_timeouts_are_long_enough_for_slow_servers_and_can_be_changed():
    """RFC 5321, 4.5.3.2.6 gives the answer to the final dot ten minutes."""
    found = options(preset="qq", **LOGIN)
    assert (found.connect_timeout.total_seconds(), found.data_timeout.total_seconds()) == (30, 600)
    assert options(preset="qq", **LOGIN, data_timeout="90s").data_timeout.total_seconds() == 90


@pytest.mark.parametrize(
    ("given", "address", "needs_utf8"),
    [
        ("a@example.org", "a@example.org", False),
        ("a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s", False),
        ("张三@example.org", "张三@example.org", True),
        ("ops@mail.local", "ops@mail.local", False),
        ("root@localhost", "root@localhost", False),
    ],
)
def test_072_an_address_in_the_shape_that_smtp_takes(given, address, needs_utf8):
    assert addresses.mailbox(given) == addresses.Mailbox(address, needs_utf8)


@pytest.mark.parametrize(
    "bad", ["", "a", "@example.org", "a b@example.org", "a@exa mple.org", "a@>x.org", "a@[1.2.3.4]"]
)
def test_what_is_no_address_is_refused(bad):
    with pytest.raises(ValueError, match="not a mail address"):
        addresses.mailbox(bad)


def test_kinds_load_by_the_word_in_the_yaml():
    assert base.load("smtp") is smtp.Channel
    assert base.load("maildir") is maildir.Channel
    with pytest.raises(kinds.UnknownKindError, match="known are apprise, file, maildir, smtp, webhook"):
        base.load("smtps")
