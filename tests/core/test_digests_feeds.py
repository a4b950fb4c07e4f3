"""Published feeds, read back by a feed reader's parser."""

from __future__ import annotations

import calendar
import html
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

import feed_rules
from digests_samples import digest, hit, renderer, story, subscription
from feed_samples import AT, CHINA, HOME, digest_feed, document, listed, watchlist_feed, words, written
from policywatch import urls
from policywatch.digests import links
from policywatch.digests.feeds import stories
from policywatch.digests.feeds.formats import FORMATS
from policywatch.digests.feeds.issues import fragment
from policywatch.digests.feeds.published import Entry, Feed
from policywatch.digests.lines import cut
from policywatch.model import Deadline, Document

ENDINGS = list(FORMATS)
each_format = pytest.mark.parametrize("ending", ENDINGS)


def _moment(parsed):
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None


def _meant(detail):
    return html.unescape(detail.value) if detail.type == "text/html" else detail.value


def read_back(written_bytes, ending):
    """(title, link, id, author, published, updated, categories, summary) of each entry, as a reader has it."""
    if ending == "json":
        return [
            (
                item["title"],
                item.get("url"),
                item["id"],
                item["authors"][0]["name"],
                datetime.fromisoformat(item["date_published"]) if "date_published" in item else None,
                datetime.fromisoformat(item["date_modified"]),
                tuple(item.get("tags", ())),
                item.get("summary", item.get("content_text")),
            )
            for item in json.loads(written_bytes)["items"]
        ]
    found = feedparser.parse(written_bytes)
    assert not found.bozo, found.get("bozo_exception")
    return [
        (
            _meant(entry.title_detail),
            # Where there is none, feedparser puts the id of Atom there.
            entry.get("link") if entry.get("link") != entry.id else None,
            entry.id,
            entry.author_detail.name if ending == "atom" else entry.author,
            _moment(entry.get("published_parsed")),
            _moment(entry.updated_parsed),
            tuple(tag.term for tag in entry.get("tags", ())),
            # Of an entry without a link the words are its content.
            _meant(entry.get("summary_detail") or entry.content[0]),
        )
        for entry in found.entries
    ]


@each_format
def test_a_feed_of_stories_keeps_the_rules_of_its_format(ending):
    found = [
        story(1, publisher="示例部"),
        story(2, url=""),
        story(3, published=None),
        story(4, hits=[], title="\n", source_name=""),
        story(5, published=datetime(998, 1, 1, tzinfo=UTC)),
    ]
    assert feed_rules.faults(document(found, ending), ending) == []
    assert len(read_back(document(found, ending), ending)) == 5


@each_format
def test_a_feed_of_digests_keeps_the_rules_of_its_format(ending):
    feed = digest_feed(renderer().render(digest(), "zh-CN"), renderer().render(digest([]), "zh-CN"))
    assert feed_rules.faults(written(feed, ending), ending) == []


@each_format
def test_an_empty_feed_is_a_feed(ending):
    for feed in (watchlist_feed([]), digest_feed()):
        assert feed_rules.faults(written(feed, ending), ending) == []
        assert read_back(written(feed, ending), ending) == []


@each_format
def test_what_is_told_of_a_story_is_the_same_in_every_format(ending):
    one = story(1, publisher="示例部", hits=[hit(text="建成平台"), hit("量子科技", text="别的")])
    (entry,) = read_back(document([one], ending), ending)
    assert entry == (
        one.title,
        one.url,
        "urn:uuid:0f35357f-8d6e-52fa-9246-a1140b3feb78",
        "示例部",
        one.published,
        AT + timedelta(minutes=1),
        ("脑机接口", "量子科技"),
        "示例日报 · 2026-11-21 16:20: 建成平台",
    )


def test_ids_and_bytes_stay_the_same():
    found = [story(1), story(2)]
    for ending in ENDINGS:
        assert document(found, ending) == document(found, ending)
    (first, second), (moved,) = (
        watchlist_feed(found).entries,
        watchlist_feed(
            [story(1, title="改了", url="http://news.example.org/2026/1.html?utm_source=x")], "另一清单"
        ).entries,
    )
    assert first.id == moved.id
    assert first.id != second.id
    # Written down: a change of these makes every reader show every story again.
    assert first.id == "urn:uuid:0f35357f-8d6e-52fa-9246-a1140b3feb78"
    assert digest_feed(renderer().render(digest(), "en")).entries[0].id == (
        "urn:uuid:cfa7677c-39b1-52ed-9db1-9756408fb652"
    )


def test_the_three_feeds_of_one_name_have_ids_of_their_own():
    spec = subscription(id="x", name="x")
    feeds = [
        watchlist_feed([story()], "x"),
        stories.of_subscription(spec, listed([story()]), words(), CHINA),
        digest_feed(renderer().render(digest(), "en"), spec=spec),
    ]
    assert len({feed.id for feed in feeds}) == 3
    assert feeds[0].entries[0].id == feeds[1].entries[0].id != feeds[2].entries[0].id


@each_format
def test_an_excerpt_has_at_most_200_characters(ending):
    one = story(1, hits=[hit(text="摘" * 900), hit("量子科技", text="别的")])
    summary = read_back(document([one], ending), ending)[0][-1]
    assert summary.startswith("示例日报 · 2026-11-21 16:20: 摘摘")
    assert summary.count("摘") <= 200
    assert "别的" in read_back(document([one], ending, "量子科技"), ending)[0][-1]


def test_a_subscription_tells_its_strongest_hit():
    one = story(1, hits=[hit("量子科技", 90.0, text="强"), hit("脑机接口", 50.0, text="弱")])
    feed = stories.of_subscription(subscription(), listed([one]), words(), CHINA)
    assert feed.title == "未来产业早报"
    assert feed.entries[0].summary.endswith(": 强")


@each_format
@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_039_an_unsafe_address_is_left_out(url, ending):
    found = document([story(1, url=url)], ending)
    assert read_back(found, ending)[0][1] is None
    assert b"script:" not in found
    assert b"passwd" not in found
    assert feed_rules.faults(found, ending) == []


TITLES = [
    "AT&T 与 R&D",
    "a < b 且 c > d",
    "<b>粗</b>",
    "</b>",
    "x <script>alert(1)</script> & y",
    "写作 &lt;b&gt; 的标题",
    "&amp;amp;",
    "&copy 无分号",
    "a<b",
    "<!-- 注释 --> 题",
    "]]> 题",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_never_taken_for_html(title):
    """A reader that takes RSS titles for HTML sees the title, and feedparser gives back what was meant."""
    found = document([story(1, title=title)], "rss")
    shown = ET.fromstring(found).findtext("channel/item/title")
    assert LexborHTMLParser(f"<p>{shown}</p>").css_first("p").text() == title
    (entry,) = feedparser.parse(found).entries
    assert _meant(entry.title_detail) == title
    assert feed_rules.faults(found, "rss") == []


def test_a_title_that_means_itself_in_html_is_written_as_it_is():
    """For readers that take it for text."""
    (entry,) = feedparser.parse(document([story(1, title="AT&T: a < b")], "rss")).entries
    assert entry.title_detail.type == "text/plain"
    assert entry.title == "AT&T: a < b"


PIECES = ["<b>", "</b>", "<script>", "&amp;", "&lt;", "&#60;", "&", "<", "<![CDATA[", "]]>", "题", " "]
NASTY = st.one_of(
    st.text(
        alphabet=st.one_of(
            st.sampled_from("<>&\"'\0\x0b\u2028\ufffe\ud800];#=?%/."),
            st.characters(blacklist_categories=["Cc", "Zs", "Zl", "Zp"]),
        ),
        max_size=80,
    ),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NASTY, NASTY, NASTY, NASTY, NASTY), max_size=5))
def test_031_any_text_makes_feeds_that_read_back_unchanged(rows):
    """What XML cannot hold is dropped; everything else comes back from a reader as it was, in every format."""
    found = [
        story(
            number,
            title=f"题{title}",
            url=urls.absolute(HOME, f"https://news.example.org/文{number}/{link}"),
            publisher=f"者{publisher}",
            hits=[hit(f"类{name}", text=f"摘{text}")],
            published=None if number % 2 else AT - timedelta(hours=number),
        )
        for number, (title, publisher, name, text, link) in enumerate(rows)
    ]
    # In links of RSS feedparser takes `&b;` for `&b`, which another parser of its own would have made of it.
    assume(not any(re.search(r"&\w+;", one.url) for one in found))
    feed = watchlist_feed(found, "甲")
    for ending in ENDINGS:
        whole = written(feed, ending)
        assert feed_rules.faults(whole, ending) == []
        assert [entry[:7] for entry in read_back(whole, ending)] == [
            (
                cut(one.title, 500),
                entry.url or None,
                entry.id,
                cut(one.publisher, 200),
                one.published,
                entry.updated,
                (cut(one.hits[0].watchlist, 200),),
            )
            for one, entry in zip(found, feed.entries, strict=True)
        ]
        for one, entry in zip(found, read_back(whole, ending), strict=True):
            assert entry[-1].endswith(cut(one.hits[0].excerpt.text, 200))


@settings(max_examples=60, deadline=None)
@given(NASTY, NASTY)
def test_031_any_name_makes_a_feed(title, subtitle):
    feed = Feed("urn:x:1", f"名{title}", f"述{subtitle}", (Entry("urn:x:2", "题", "者", AT, summary="\0"),))
    for ending in ENDINGS:
        assert feed_rules.faults(written(feed, ending), ending) == []


@each_format
def test_a_digest_is_published_whole_and_clean(ending):
    """Every title and link of the mail, in its order; nothing of its layout, styles and hidden text."""
    found = [story(1, hits=[hit(text="关于脑机接口的事", marks=[(2, 6)])]), story(2, title="<script>x</script>")]
    mailed = renderer().render(digest(found, public_url="https://watch.example.org"), "zh-CN")
    rendered = links.impersonal(mailed)
    assert rendered != mailed, "a mail holds links for one reader's eyes"
    whole = written(digest_feed(mailed), ending)
    if ending == "json":
        (item,) = json.loads(whole)["items"]
        content = item["content_html"]
        assert item["content_text"] == rendered.text
    else:
        (item,) = feedparser.parse(whole, sanitize_html=False).entries
        content = item.content[0].value
        assert item.content[0].type == "text/html"
    tree, mail = LexborHTMLParser(content), LexborHTMLParser(rendered.html)
    assert [a.attributes["href"] for a in tree.css("a")] == [a.attributes["href"] for a in mail.css("a")]
    assert [node.text() for node in tree.css("h1, h2, h3")] == [node.text() for node in mail.css("h1, h2, h3")]
    assert tree.css_first("b").text() == "脑机接口"
    assert not tree.css("table, style, [style], [class], script")
    preheader = mail.css_first(".unseen").text()
    assert preheader
    assert not tree.body.text().strip().startswith(preheader)
    assert read_back(whole, ending)[0][:1] == (rendered.subject,)


def test_a_table_of_a_users_own_template_stays_and_its_frame_goes():
    frame = "<table role=presentation><tr><td>{}</td></tr></table>"
    data = "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    assert fragment(frame.format(frame.format(f"<p>a</p>{data}"))) == f"<p>a</p>{data}"


def test_rows_of_words_do_not_run_together_when_their_table_goes():
    row = "<tr><td><a href=https://a.example.org/>{0}</a></td><td><b>{1} days</b><br>Monday</td></tr>"
    closing = f"<table role=presentation>{row.format('one', 3)}{row.format('two', 9)}</table>"
    kept = LexborHTMLParser(fragment(f"<table role=presentation><tr><td>{closing}</td></tr></table>"))
    assert [line.text(separator="|") for line in kept.css("p")] == ["one|3 days|Monday", "two|9 days|Monday"]
    assert len(kept.css("p > a")) == 2


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='/relative'>x</a>",
        "<a href='//example.org/'>x</a>",
        "<img src=https://example.org/pixel>",
        "<form action=https://example.org/><input></form>",
        "<style>p{color:red}</style>",
        "<p style='DISPLAY: none'>secret</p>",
        "<p hidden>secret</p>",
        "<svg onload=alert(1)><title>secret</title></svg>",
    ],
)
def test_038_what_a_template_may_not_publish_is_taken_out(attack):
    feed = digest_feed(renderer().render(digest(), "en"))
    dirty = fragment(f"<html><body><p>fine</p>{attack}</body></html>")
    assert "fine" in dirty
    assert "secret" not in dirty
    whole = written(Feed(feed.id, "x", "x", (Entry("urn:x:1", "x", "x", AT, summary="x", html=dirty),)), "json")
    assert feed_rules.faults(whole, "json") == []


def test_the_formats_are_the_endings_of_addresses_and_files_of_one_shape():
    room = Path(stories.__file__).parent
    for ending, one in FORMATS.items():
        assert (room / f"{ending}.py").is_file()
        assert one.document.__module__ == f"policywatch.digests.feeds.{ending}"
        assert one.media_type == f"application/{'feed+json' if ending == 'json' else f'{ending}+xml'}"


@each_format
def test_a_story_of_a_policy_document_names_what_it_is(ending):
    known = Document(
        numbers=("粤科函〔2026〕9号",),
        issuers=("广东省科学技术厅",),
        kind="申报",
        region="广东省",
        deadlines=(Deadline(date(2026, 12, 1), "申报", "申报截止时间为12月1日"),),
    )
    (entry,) = read_back(written(watchlist_feed([replace(story(1), document=known)]), ending), ending)
    assert {"申报", "广东省", "广东省科学技术厅"} <= set(entry[6])
    assert "粤科函〔2026〕9号 · 申报截至 2026-12-01" in entry[7]
