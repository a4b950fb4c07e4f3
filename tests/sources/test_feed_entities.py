"""What a feed may define for itself, and what is left unread for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from policywatch import errors
from policywatch.model import Page
from policywatch.sources import base
from policywatch.sources.base import SourceSpec

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SPEC = SourceSpec(id="s", kind="feed", url="https://a.example/feed")


def titles(document: str) -> list[str]:
    page = Page("https://a.example/feed", 200, {"content-type": "application/xml"}, document.encode(), NOW)
    return [item.title for item in base.build(SPEC).read(page, NOW).items]


def feed(definitions: str, title: str) -> str:
    return (
        f"<!DOCTYPE rss [{definitions}]><rss version='2.0'><channel><item><title>{title}</title></item></channel></rss>"
    )


def test_entities_of_text_are_read():
    assert titles(feed("<!ENTITY dept '示例部'><!ENTITY and 'A &amp; B &#38;'>", "&dept;通知")) == ["示例部通知"]


@pytest.mark.parametrize(
    "definitions",
    [
        "<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>",
        '<!ENTITY a "ha">\n<!entity  b\n"x &a; y">',
        "<!ENTITY % a 'x'><!ENTITY % b '%a;%a;'>",
        "<!ENTITY b '&amp;&b;'>",
    ],
)
def test_025_entities_made_of_entities_are_not_even_tried(definitions):
    with pytest.raises(errors.ParseError, match="entities out of other entities") as caught:
        titles(feed(definitions, "&b;"))
    assert caught.value.code == "malformed"


@pytest.mark.parametrize("rest", ["<title>新闻源</titel><item>", "<title>新闻源", "<title>a</title><x y=></x>"])
def test_a_feed_that_breaks_before_its_first_entry_is_an_error_and_no_empty_feed(rest):
    with pytest.raises(errors.ParseError, match="broken before its first entry") as caught:
        titles(f"<rss version='2.0'><channel>{rest}")
    assert caught.value.code == "malformed"


def test_an_empty_feed_is_none():
    assert titles("<rss version='2.0'><channel><title>新闻源</title></channel></rss>") == []


def test_what_stands_before_a_break_is_read():
    found = titles("<rss version='2.0'><channel><item><title>甲</title><guid>1</guid></item><item><title>乙")
    assert found[0] == "甲"
