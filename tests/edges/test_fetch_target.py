"""How URLs are read, refused and shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch.fetch.guard import Guard
from policywatch.fetch.target import Target, UnusableUrlError, mask, parse

TRICKS = (
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://0/",
    "http://①②⑦.0.0.1/",
    "http://127。0。0。1/",
    "http://127\uff0e0\uff0e0\uff0e1/",
    "http://127｡0.0.1/",
    "http://public.example\\@127.0.0.1/",
    "http://public.example\\.127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "http://127.0.0.1%00.public.example/",
    "http://127.0.0.1\x00.public.example/",
    "http://127.0.\t0.1/",
    "http://127.0.0.1\n/",
    "http://public.example\r\nHost: 127.0.0.1/",
    "http://127.0.0.1 .public.example/",
    "http://[::1%25eth0]/",
    "http://[::1]public.example/",
    "http://[127.0.0.1]/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:８０/",
    "http://127.0.0.1:99999/",
    "http://0x7f000001/",
    "http://127.0.0.1../",
    "http://./",
    "http:///127.0.0.1/",
    "http:127.0.0.1/",
    "//127.0.0.1/",
    "http://%31%32%37.0.0.1/",
)
IN_PLAIN_SIGHT = (
    "http://127.0.0.1./",
    "http://public.example@127.0.0.1/",
    "http://public.example:80@127.0.0.1/",
    "http://a@b@127.0.0.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::FFFF:7F00:1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "HTTP://127.0.0.1/",
    "http://127.0.0.1?public.example",
    "http://127.0.0.1#@public.example/",
)


@pytest.mark.parametrize("url", TRICKS)
def test_046_a_url_that_programs_may_read_differently_is_refused(url):
    with pytest.raises(UnusableUrlError):
        parse(url)


@pytest.mark.parametrize("url", IN_PLAIN_SIGHT)
def test_046_a_loopback_address_in_disguise_is_recognised_as_one(url):
    found = parse(url)
    assert found.address is not None
    assert Guard((), (80,)).refusal(found.address) is not None


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/",
        "gopher://a.example/",
        "data:text/html,x",
        "dict://a.example/",
        "jar:http://a.example!/x",
        "feed:file:///etc/passwd",
        "source:http://a.example/",
        "javascript:alert(1)",
        "a.example/feed",
        "",
    ],
)
def test_049_only_http_and_https_are_read(url):
    with pytest.raises(UnusableUrlError, match="http"):
        parse(url)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://A.Example", "http://a.example/"),
        ("http://a.example:80/x", "http://a.example/x"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("http://a.example:443/x", "http://a.example:443/x"),
        ("http://a.example./x", "http://a.example/x"),
        ("http://a.example/x#part", "http://a.example/x"),
        (" http://a.example/x ", "http://a.example/x"),
        ("http://a.example/政策/", "http://a.example/%E6%94%BF%E7%AD%96/"),
        ("http://a.example/%d5%fe?k=%D5%FE%2f~", "http://a.example/%d5%fe?k=%D5%FE%2f~"),
        ("http://a.example/a b?q=1 2", "http://a.example/a%20b?q=1%202"),
        ('http://a.example/?f=[{"n":1}]', "http://a.example/?f=[%7B%22n%22:1%7D]"),
        ("http://a.example/a/../b//c", "http://a.example/a/../b//c"),
        ("http://政务.example/", "http://xn--kprx25b.example/"),
        ("http://[2606:4700:0:0::1111]:8080/", "http://[2606:4700::1111]:8080/"),
        ("http://user:pass@a.example/x", "http://a.example/x"),
        ("http://a_b.example/@user", "http://a_b.example/@user"),
    ],
)
def test_a_plain_url_is_sent_as_it_was_written(url, sent):
    if "政务" in url:
        sent = f"http://{'政务'.encode('idna').decode()}.example/"
    found = parse(url)
    assert found.text == sent
    assert parse(sent).text == sent


def test_the_credentials_of_a_url_become_a_basic_authorization():
    assert parse("http://us%40er:p%3Aw@a.example/").authorization == "Basic dXNAZXI6cDp3"
    assert parse("http://a.example/").authorization is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:secret@a.example/x?y#z", "http://***@a.example/x?y#z"),
        ("http://secret@a.example/", "http://***@a.example/"),
        ("http://user:sec/ret@a.example/", "http://***@a.example/"),
        ("http://user:sec#ret@a.example/", "http://***@a.example/"),
        ("http:\\\\user:secret@a.example/", "http:\\\\***@a.example/"),
        ("user:secret@a.example", "user:***@a.example"),
        ("//user:secret@a.example/", "//***@a.example/"),
        ("http://a.example/@user", "http://a.example/@user"),
        ("http://[::1]:80/@user", "http://[::1]:80/@user"),
        ("http://a.example/\r\nx\ud800", "http://a.example/x?"),
    ],
)
def test_a_shown_url_has_no_credentials_and_no_control_characters(url, shown):
    assert mask(url) == shown


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_target_or_a_named_error(rest):
    try:
        found = parse("http://" + rest)
    except UnusableUrlError:
        return
    assert isinstance(found, Target)
    assert found.url.raw_host == found.host
    assert found.text.isascii()
    assert parse(found.text).text == found.text
