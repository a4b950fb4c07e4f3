"""Markup to text, and to a safe subset; excerpts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch.text.excerpt import excerpt
from policywatch.text.html import clean, inline, plain, safe_url, xml_safe


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>量子<b>科技</b>发展</p><p>二</p>", "量子科技发展\n二"),
        ("一<br>二<br/>三", "一\n二\n三"),
        ("<script>x()</script><style>p{}</style>文<!-- 注 -->字", "文字"),
        ("<table><tr><td>甲</td><td>乙</td></tr></table>", "甲 乙"),
        ("A &amp; B &lt;c&gt;", "A & B <c>"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("I<em>Pv6</em>地址", "IPv6地址"),
        ("", ""),
    ],
)
def test_html_becomes_the_text_a_reader_sees(html, text):
    assert plain(html) == text


PIECES = [
    "量子", "<p>", "</p>", "<br/>", "<b class='x'>", "</b>", " ", "\n", "\u3000", "&nbsp;", "&amp;lt;", "a < b", "<td>", "</td>",
    '<a href="/a?b=1&amp;c=2" title="量">', "</a>", "<P STYLE='x'>", "&#23376;", "<img src=x>", "<script>x()</script>", "<!--x-->",
    "<o:p>", '<a title="1>0">', "<div><div>", "</li>", "<li>", "&lt;p&gt;", "<svg><p>", "<textarea>", "中文。", "<h2 >", "\t", ">",
]  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_simple_markup_gives_the_text_that_a_parser_gives(html):
    # A comment at its end is one thing that the short way leaves to the parser.
    assert plain(f"<i>{html}") == plain(f"<i>{html}<!-- -->")


def test_a_title_is_one_line():
    assert inline("<h1>量子\n <br>科技</h1>") == "量子 科技"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("https://example.org/?a=1&section=2&copy=3", "https://example.org/?a=1&section=2&copy=3"),
        ("https&#58;//example.org/a", "https://example.org/a"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("java\nscript:alert(1)", ""),
        ("&#106;avascript:alert(1)", ""),
        (" JAVASCRIPT:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("https:///", ""),
    ],
)
def test_039_only_http_and_mailto_are_links(url, safe):
    assert safe_url(url) == safe


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<svg onload=alert(1)>",
        "<p style='background:url(x)'>x</p>",
        "<form><input></form>",
    ],
)
def test_038_nothing_active_survives(attack):
    safe = clean(attack).lower()
    assert not any(word in safe for word in ("script", "onerror", "onload", "style", "<form", "<svg", "<img"))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_031_stored_text_fits_into_xml(text):
    safe = xml_safe(text)
    assert all(character in "\t\n\r" or character >= " " for character in safe)
    assert not any("\ud800" <= character <= "\udfff" for character in safe)


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="量子科技。，\n abcé", max_size=600),
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 20)), max_size=6),
)
def test_an_excerpt_is_short_and_its_marks_lie_in_it(text, raw):
    spans = [(start, start + length) for start, length in raw if start + length <= len(text)]
    cut = excerpt(text, spans)
    assert len(cut.text) <= 200
    last = 0
    for start, end in cut.marks:
        assert last <= start < end <= len(cut.text)
        last = end


def test_an_excerpt_shows_and_marks_the_hit():
    text = "开头一句与主题无关。" * 40 + "这里说到量子科技的发展。" + "后面的话。" * 60
    at = text.index("量子科技")
    cut = excerpt(text, [(at, at + 4)])
    assert [cut.text[start:end] for start, end in cut.marks] == ["量子科技"]
    assert cut.text.startswith("…")
    assert cut.text.endswith("…")
