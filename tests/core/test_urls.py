"""What two addresses of one article have in common, and what keeps two articles apart."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch import urls

BASE = "https://example.org/news/t20261120_1.html"
SAME = [
    (BASE, variant)
    for variant in [
        "http://example.org/news/t20261120_1.html",
        "HTTPS://EXAMPLE.ORG/news/t20261120_1.html",
        "https://example.org:443/news/t20261120_1.html",
        "http://example.org:80/news/t20261120_1.html",
        "https://example.org./news/t20261120_1.html",
        "https://example.org/news/t20261120_1.html#top",
        "https://example.org/news/t20261120_1.html?utm_source=rss",
        "https://example.org/news/t20261120_1.html?utm_medium=a&utm_campaign=b",
        "https://example.org/news/t20261120_1.html?spm=1.2.3",
        "https://example.org/news/t20261120_1.html?from_share=1&isappinstalled=0",
        "https://example.org//news/t20261120_1.html",
        " https://example.org/news/t20261120_1.html ",
        "https://example.org/news/t20261120_1.html?fbclid=x",
        "https://example.org/news/t20261120_1.html?",
        "https://www.example.org/news/t20261120_1.html",
        "http://m.example.org/news/t20261120_1.html",
        "http://wap.example.org/news/t20261120_1.html",
        "http://3g.example.org/news/t20261120_1.html",
        "https://example.org/news/t20261120_1.html;jsessionid=0A1B2C.node1",
        "https://example.org/news/t20261120_1.html?from=singlemessage&isappinstalled=0",
        "https://example.org/news/t20261120_1.html?JSESSIONID=1",
        "https://example.org/news/t20261120_1%2Ehtml",
    ]
] + [
    ("https://example.org/a/", "https://example.org/a"),
    ("https://example.org/a/index.html", "https://example.org/a/"),
    ("https://example.org/", "http://example.org"),
    ("https://example.org/?b=2&a=1", "https://example.org/?a=1&b=2"),
    ("https://example.org/%E9%87%8F", "https://example.org/量"),
    ("https://example.org/?b=2&amp;a=1", "https://example.org/?a=1&b=2"),
    ("https://example.org/%e9%87%8f", "https://example.org/%E9%87%8F"),
    ("https://例子.example/", "https://xn--fsqu00a.example/"),
]
DIFFERENT = [
    ("https://example.org/a?id=1", "https://example.org/a?id=2"),
    ("https://example.org/a", "https://example.org/A"),
    ("https://a.example.org/", "https://example.org/"),
    ("https://example.org:8080/a", "https://example.org/a"),
    ("https://example.org/a.html", "https://example.org/a.shtml"),
    ("https://example.org/#/a/1", "https://example.org/#/a/2"),
    ("https://example.org/?page=1", "https://example.org/?page=2"),
    ("https://example.org/art/1", "https://example.org/art/11"),
    ("https://example.org/a/b", "https://example.org/a%2Fb/c"),
    ("https://example.org/index_1.html", "https://example.org/index.html"),
    ("https://m.cn/a", "https://www.cn/a"),
    ("https://mail.example.org/a", "https://example.org/a"),
    ("https://example.org/a?from=2026-11-01", "https://example.org/a?from=2026-12-01"),
]


def test_035_the_tables_are_as_long_as_they_should_be():
    assert len(SAME) >= 30
    assert len(DIFFERENT) >= 10


@pytest.mark.parametrize(("one", "other"), SAME)
def test_035_these_are_one_article(one, other):
    assert urls.canonical(one) == urls.canonical(other) != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_035_these_are_two_articles(one, other):
    assert urls.canonical(one) != urls.canonical(other)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abc/%?&=#.:@2F量[] ", max_size=40))
def test_canonical_is_total_and_idempotent(tail):
    once = urls.canonical(f"https://example.org/{tail}")
    assert urls.canonical(once) == once


@pytest.mark.parametrize("link", ["javascript:void(0)", "#top", "", "mailto:a@b.c", "http://", "https://[", "x" * 3000])
def test_what_is_no_article_is_no_address(link):
    assert urls.absolute(BASE, link) == ""


def test_a_relative_link_is_made_absolute():
    assert urls.absolute(BASE, "../a.html") == "https://example.org/a.html"
    assert urls.absolute(BASE, "//other.example/x") == "https://other.example/x"


BASES = [
    f"https://ex.org{path}"
    for path in ("", "/", "/a", "/a/", "/a/b.html", "/a/b/?q=1/2", "/a#x", "//a/b", "/a/../b", "/a;p/b")
]
PARTS = st.lists(
    st.sampled_from(["a", "b", "/", ".", "./", "-", "1", "..", "html", "?", "://", "_"]), min_size=1, max_size=6
)


@given(st.sampled_from(BASES), PARTS.map("".join))
@settings(max_examples=1000, deadline=None)
def test_the_short_way_to_an_absolute_address_gives_what_urljoin_gives(base, link):
    if urls._PLAIN.fullmatch(link):
        assert urls.absolute(base, link) == urljoin(base, link)


PIECES = st.lists(
    st.sampled_from([
        "www.", "m.", "com.", "a.", "cn", "gov.cn", "/", "//", "index.html", "default", ".", "..", "~b", "-", "a_1", "?", "=",
        "from", "timeline", "utm_x", "id", "&", "3g.", "%41",
    ]),
    min_size=1,
    max_size=9,
)  # fmt: skip


@given(PIECES.map("".join))
@settings(max_examples=2000, deadline=None)
def test_the_short_way_to_a_canonical_address_gives_what_the_long_one_gives(rest):
    url = f"http://{rest}"
    assert urls.canonical(url) == urls._reduced(url)


@pytest.mark.parametrize("half", ["\ud800", "\udfff", "\udc80"], ids=ascii)  # noqa: PT014  # ruff sees one character in all
def test_half_a_character_in_an_address_is_no_reason_to_fail(half):
    found = urls.absolute("https://example.org/", f"/a{half}b?c={half}")
    found.encode()
    again = urls.canonical(f"https://example.org/a{half}?{half}={half}#/{half}")
    assert urls.canonical(again) == again
    again.encode()


PLACES = st.lists(
    st.sampled_from(
        ["/", "./", "//", "a", "news", "index.html", "default.aspx", "t20261120_1.shtml", ".", "..", "-", "~", "%20"]
    ),
    max_size=6,
).map("".join)
SITES = [
    "https://www.example.org/news/", "http://m.gov.example.cn:8080/a/", "https://example.org/x//y/", "https://a.example/b%20c/",
    "http://WWW.Example.org/a/", "https://example.org/index.html", "https://example.org", "https://wap.cn/a/", "ftp://example.org/",
]  # fmt: skip


@given(st.sampled_from(SITES), PLACES)
@settings(max_examples=500)
def test_both_at_once_are_what_each_gives(base, link):
    url = urls.absolute(base, link)
    assert urls.resolved(base, link) == (url, urls.canonical(url) if url else "")


@given(
    st.sampled_from(["https://www.example.org", "http://example.org", "https://m.a-b.example.cn", "http://3g.cn"]),
    PLACES,
)
@settings(max_examples=500)
def test_the_short_way_to_what_addresses_have_in_common_is_the_long_one(site, path):
    # A fragment says nothing, and with one the short way is not open.
    assert urls.canonical(f"{site}/{path}") == urls.canonical(f"{site}/{path}#top")
