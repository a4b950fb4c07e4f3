"""The rules by which feeds are judged find what is wrong."""

from __future__ import annotations

import pytest

import feed_rules
from digests_samples import hit, story
from feed_samples import document

ONE = [story(1, hits=[hit(text="摘要")])]


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_a_valid_feed_has_no_fault(ending):
    assert feed_rules.faults(document(ONE, ending), ending) == []


@pytest.mark.parametrize(
    ("ending", "old", "new", "fault"),
    [
        ("atom", '<title type="text">某', '<x/><title type="text">某', "a x, which is not known"),
        ("atom", "<published>2026-11-21T08:20:00Z", "<published>2026-11-21 08:20", "no date of RFC 3339"),
        ("atom", "<published>2026-11-21T", "<published>2026-02-30T", "a day that never was"),
        ("atom", "<name>示例日报</name>", "<name></name>", "a person without a name"),
        ("atom", 'href="https://news', 'href="//news', "is not absolute"),
        ("atom", 'rel="self"', 'rel="via"', "does not say once where it is"),
        ("atom", 'term="脑机接口"', 'term=""', "a category without a term"),
        ("atom", "</updated><published>", "</updated><updated>2026-01-01T00:00:00Z</updated><published>", "2 updated"),
        ("atom", 'type="text">某市', 'type="html">&lt;script&gt;某市', "has a script"),
        ("rss", 'isPermaLink="false"', "", "cannot be opened"),
        ("rss", "<pubDate>Sat", "<pubDate>Sun", "no date of RFC 822"),
        ("rss", "2026 08:20:00 GMT</pubDate>", "26 08:20:00 GMT</pubDate>", "no date of RFC 822"),
        ("rss", "<title>某市", "<title>&lt;b&gt;某市", "is markup"),
        ("rss", "<dc:creator>示例日报</dc:creator>", "", "has no author"),
        ("rss", "<description>示例日报", "<description>&lt;a href='/x'&gt;", "links to '/x'"),
        ("rss", "<link>https://watch.example.org/</link>", "", "the channel has no link"),
        ("rss", "<atom:link", "<atom:other", "does not say once where it is"),
        ("json", "version/1.1", "version/1", "no JSON Feed 1.1"),
        ("json", '"content_text"', '"content"', "has no content"),
        ("json", '"url":"https', '"url":"//x', "is not absolute"),
        ("json", '"tags":["脑机接口"]', '"tags":[""]', "an empty tag"),
        ("json", '{"id":"urn', '{"id":1,"_id":"urn', "no id that is a string"),
        ("json", '"name":"示例日报"', '"name":""', "an author without a name"),
    ],
)
def test_a_broken_feed_is_found_out(ending, old, new, fault):
    whole = document(ONE, ending).decode()
    assert old in whole
    found = feed_rules.faults(whole.replace(old, new, 1).encode(), ending)
    assert any(fault in one for one in found), found


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_two_entries_of_one_name_are_found_out(ending):
    found = feed_rules.faults(document([*ONE, *ONE], ending), ending)
    assert any("2 entries are called" in one for one in found)
