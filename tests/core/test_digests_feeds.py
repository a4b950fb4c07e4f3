"""Published feeds, read back by a feed reader's parser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digests_samples import hit, story
from policywatch.digests import feeds
from policywatch.digests.lines import cut

SELF, HOME = "https://watch.example.org/feeds/watchlist/x.atom", "https://watch.example.org/"
ATOM = "{http://www.w3.org/2005/Atom}"


def atom(stories, name="脑机接口", updated=None, base=SELF):
    return feeds.atom(name, stories, base, HOME, updated)


def test_a_feed_has_what_rfc_4287_asks_for():
    """One id, title, updated and author each, links of one kind once, and ids that differ."""
    document = atom([story(1, publisher="示例部"), story(2, url=""), story(3, published=None)])
    root = ET.fromstring(document)
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(root.findall(ATOM + name)) == 1
    assert {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")} == {
        "self": SELF,
        "alternate": HOME,
    }
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        for name in ("id", "title", "updated"):
            assert len(entry.findall(ATOM + name)) == 1
        assert entry.find(f"{ATOM}author/{ATOM}name").text
        has_link = entry.find(f"{ATOM}link") is not None
        assert has_link != (entry.find(f"{ATOM}content") is not None), "an entry without an address carries content"
    ids = [entry.find(f"{ATOM}id").text for entry in entries]
    assert len({*ids, root.find(f"{ATOM}id").text}) == 4
    assert all(one.startswith("urn:uuid:") for one in ids)


def test_ids_and_bytes_stay_the_same():
    stories = [story(1), story(2)]
    assert atom(stories) == atom(stories)
    before = feedparser.parse(atom(stories)).entries
    after = feedparser.parse(
        atom(
            [story(1, title="改了", url="http://news.example.org/2026/1.html?utm_source=x")],
            base="https://other.example/f",
        )
    ).entries
    assert before[0].id == after[0].id
    assert before[0].id != before[1].id
    # Written down: a change of these makes every reader show every story again.
    assert before[0].id == "urn:uuid:0f35357f-8d6e-52fa-9246-a1140b3feb78"


def test_the_summary_is_short_and_tells_source_and_time():
    one = story(1, hits=[hit(text="摘" * 900), hit("量子科技", text="别的")])
    entry = feedparser.parse(atom([one])).entries[0]
    assert entry.summary.startswith("示例日报 · 2026-11-21 16:20: 摘摘")
    assert entry.summary.count("摘") <= 200
    assert entry.published_parsed[:5] == (2026, 11, 21, 8, 20)
    assert entry.updated_parsed[:5] == (2026, 11, 22, 23, 1)
    assert [tag.term for tag in entry.tags] == ["脑机接口", "量子科技"]
    assert "别的" in feedparser.parse(atom([one], name="量子科技")).entries[0].summary


def test_an_empty_feed_is_a_feed():
    found = feedparser.parse(atom([]))
    assert not found.bozo
    assert found.entries == []
    assert found.feed.updated == "1970-01-01T00:00:00Z"
    assert feedparser.parse(atom([], updated=datetime(2026, 11, 23, tzinfo=UTC))).feed.updated.startswith("2026-11-23")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_039_an_unsafe_address_is_left_out(url):
    document = atom([story(1, url=url)])
    assert not ET.fromstring(document).findall(f"{ATOM}entry/{ATOM}link")
    assert b"script:" not in document
    assert b"passwd" not in document


TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("<>&\"'\0\x0b\u2028\ufffe\ud800]]>")),
        st.characters(blacklist_categories=["Cc", "Zs", "Zl", "Zp"]),
    ),
    min_size=1,
    max_size=80,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6))
def test_031_any_text_makes_a_feed_that_reads_back_unchanged(rows):
    """What XML cannot hold is dropped; everything else comes back from feedparser as it was."""
    stories = [
        story(
            number,
            title=f"题{title}",
            publisher=f"者{publisher}",
            hits=[hit(text=f"摘{text}")],
            first_seen=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=number),
        )
        for number, (title, publisher, text) in enumerate(rows)
    ]
    document = atom(stories)
    ET.fromstring(document)
    found = feedparser.parse(document)
    assert not found.bozo
    assert len(found.entries) == len(stories)
    for entry, one in zip(found.entries, stories, strict=True):
        assert entry.title == cut(one.title, 500)
        assert entry.link == one.url
        assert entry.author_detail.name == cut(one.publisher, 200)
        assert entry.summary.endswith(cut(one.hits[0].excerpt.text, 200))
