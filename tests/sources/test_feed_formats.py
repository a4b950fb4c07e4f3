"""Feeds of every format, and that the fast way says what feedparser says."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch.model import Cadence, Page
from policywatch.sources.base import MAX_ITEMS, SourceSpec, build
from policywatch.sources.feeds import cadence, fast, judge

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
URL = "https://example.org/news/feed.xml"
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
)


def source():
    return build(SourceSpec(id="it", kind="feed", url=URL))


def items(feed):
    page = Page(URL, 200, {}, b"", NOW)
    return [source().item(entry, page, NOW) for entry in feed.entries]


def rss(*parts: str, version: str = "2.0") -> str:
    return f"<rss version='{version}' {SPACES}><channel><title>x</title><link>https://example.org/</link>{''.join(parts)}</channel></rss>"


def atom(*parts: str) -> str:
    return f"<feed xmlns='http://www.w3.org/2005/Atom' {SPACES}><title>x</title><id>urn:x</id>{''.join(parts)}</feed>"


def rdf(*parts: str) -> str:
    return (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
        f"{SPACES}><channel rdf:about='x'><title>x</title></channel>{''.join(parts)}</rdf:RDF>"
    )


TEXTS = st.text(alphabet="量子科技 AZ09&<>\"'—\n。é\u3000", max_size=30)
LINKS = st.sampled_from(
    ["https://example.net/a/1.html", "/a/2.html", "3.html", "//cdn.example.net/4", "?id=5", "https://example.net/a?b=1&c=2",
     "http://例子.example/", "https://example.net/#top", "HTTP://EXAMPLE.NET/a", "javascript:alert(1)", "", " https://a.example/1 "]
)  # fmt: skip
DATES = st.sampled_from(
    [
        "Mon, 23 Nov 2026 10:00:00 +0800",
        "2026-11-23T10:00:00Z",
        "2026-11-23 10:00:00",
        "昨天",
        "2026年11月20日",
        "soon",
        "",
    ]
)
FLAGS = st.sampled_from(["", " isPermaLink='false'", " isPermaLink='true'"])
TYPES = st.sampled_from(
    ["", " type='text'", " type='html'", " type='xhtml'", " type='text/html'", " type='text/plain'"]
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def element(name: str, text: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escaped(text)}</{name}>"


RSS_PARTS = st.one_of(
    st.builds(element, st.just("title"), TEXTS),
    st.builds(element, st.just("link"), LINKS),
    st.builds(element, st.just("guid"), LINKS | TEXTS, FLAGS),
    st.builds(element, st.sampled_from(["pubDate", "dc:date", "dcterms:issued", "dcterms:modified"]), DATES),
    st.builds(element, st.sampled_from(["description", "content:encoded", "dc:description", "dc:title"]), TEXTS),
    st.builds(
        element, st.sampled_from(["author", "dc:creator", "category", "source", "comments", "slash:comments"]), TEXTS
    ),
    st.builds(element, st.sampled_from(["media:title", "media:thumbnail", "unknown", "dcterms:created"]), TEXTS),
    st.builds(lambda link: f"<atom:link rel='alternate' href='{escaped(link)}'/>", LINKS),
    st.sampled_from(
        ["<enclosure url='https://a.example/1.mp3' length='1' type='audio/mpeg'/>", "<!-- -->", "<title/>", "<link/>"]
    ),
)
ATOM_PARTS = st.one_of(
    st.builds(element, st.sampled_from(["title", "summary", "content"]), TEXTS, TYPES),
    st.builds(element, st.just("id"), LINKS | TEXTS),
    st.builds(element, st.sampled_from(["published", "updated"]), DATES),
    st.builds(
        lambda rel, link: f"<link rel='{rel}' href='{escaped(link)}'/>",
        st.sampled_from(["alternate", "self", "related"]),
        LINKS,
    ),
    st.builds(lambda link: f"<link href='{escaped(link)}'/>", LINKS),
    st.builds(lambda name: f"<author><name>{escaped(name)}</name><email>a@example.org</email></author>", TEXTS),
    st.sampled_from(["<category term='x'/>", "<rights>x</rights>", "<source><title>y</title></source>", "<title/>"]),
)
DOCUMENTS = st.one_of(
    st.lists(st.lists(RSS_PARTS, max_size=7, unique_by=lambda part: part[:9]), min_size=1, max_size=3).map(
        lambda found: rss(*(f"<item>{''.join(parts)}</item>" for parts in found))
    ),
    st.lists(st.lists(RSS_PARTS, max_size=5, unique_by=lambda part: part[:9]), min_size=1, max_size=2).map(
        lambda found: rdf(*(f"<item rdf:about='urn:{at}'>{''.join(parts)}</item>" for at, parts in enumerate(found)))
    ),
    st.lists(st.lists(ATOM_PARTS, max_size=7, unique_by=lambda part: part[:7]), min_size=1, max_size=3).map(
        lambda found: atom(*(f"<entry>{''.join(parts)}</entry>" for parts in found))
    ),
)


@settings(max_examples=150 * int(os.environ.get("POLICYWATCH_TORTURE") or 1), deadline=None)
@given(DOCUMENTS)
def test_what_the_fast_way_takes_it_reads_as_feedparser_does(document):
    quick = fast.read(document.encode(), URL, MAX_ITEMS)
    if quick is not None:
        judged = judge.read(document, URL, MAX_ITEMS)
        assert items(quick) == items(judged)


ITEM = "<item><title>量子</title><link>/1.html</link><guid>1</guid></item>"


@pytest.mark.parametrize(
    "document",
    [
        rss("<item><title>量子科技</title><link>https://example.net/1</link><guid isPermaLink='false'>1</guid>"
            "<pubDate>Mon, 23 Nov 2026 10:00:00 +0800</pubDate><description><![CDATA[<p>一</p>]]></description>"
            "<content:encoded><![CDATA[<p>一</p><p>二</p>]]></content:encoded><dc:creator>记者</dc:creator></item>"),
        atom("<entry><title>量子</title><id>urn:1</id><link href='https://example.net/1'/><updated>2026-11-23T10:00:00Z</updated>"
             "<content type='html'>&lt;p&gt;一&lt;/p&gt;</content><author><name>记者</name></author></entry>"),
        rss("<item><title>café · 量子 ÀÁ «一»</title><link>/1.html</link><guid>1</guid></item>"),
        rdf("<item rdf:about='https://example.net/1'><title>量子</title><link>https://example.net/1</link><dc:date>2026-11-23</dc:date></item>"),
        f"<?xml version='1.0' encoding='GB2312'?>\n<?xml-stylesheet href='x.xsl'?><!-- x -->{rss(ITEM, version='0.92')}",
    ],
)  # fmt: skip
def test_usual_feeds_are_read_the_fast_way(document):
    quick = fast.read(document.encode(), URL, MAX_ITEMS)
    assert quick is not None
    assert items(quick) == items(judge.read(document, URL, MAX_ITEMS))


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE rss>" + rss(ITEM),
        rss(ITEM).replace("<rss ", "<rss xml:base='https://other.example/' "),
        rss(ITEM).replace("<guid>", "<guid"),
        rss("<item><title>a<b>c</b></title></item>"),
        rss("<item><title>一</title><title>二</title></item>"),
        rss("<item><title>&lt;b&gt;粗&lt;/b&gt;</title></item>"),
        rss("<item><title>cafÃ©</title></item>"),
        rss("<item><title>a\x85b</title></item>"),
        rss("<item><title>a</title><link>/1</link><link>/a&amp;b</link></item>"),
        rss("<item><title>a&nbsp;b</title></item>"),
        rss(
            "<item><title>x</title><itunes:title xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>y</itunes:title></item>"
        ),
        rss("<group><item><title>x</title></item></group>"),
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title>旧</title></entry></feed>",
        "plain words",
    ],
)
def test_feedparser_is_asked_where_there_is_doubt(document):
    assert fast.read(document.encode(), URL, MAX_ITEMS) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<ttl>90</ttl>", Cadence(timedelta(minutes=90))),
        ("<ttl> 60.0 </ttl>", Cadence(timedelta(hours=1))),
        ("<ttl>0</ttl>", Cadence()),
        ("<ttl>soon</ttl>", Cadence()),
        ("<ttl>-5</ttl>", Cadence()),
        ("<ttl>999999999</ttl>", Cadence(timedelta(days=365))),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", Cadence(timedelta(minutes=30))),
        ("<sy:updatePeriod> daily </sy:updatePeriod>", Cadence(timedelta(days=1))),
        ("<sy:updatePeriod>often</sy:updatePeriod>", Cadence()),
        ("<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", Cadence(timedelta(weeks=1))),
        ("<ttl>5</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", Cadence(timedelta(hours=1))),
        ("<skipHours><hour>0</hour><hour> 7 </hour><hour>24</hour><hour>99</hour></skipHours>", Cadence(None, frozenset({0, 7}))),
        ("<skipDays><day>Saturday</day><day>Sunday</day><day>Caturday</day></skipDays>", Cadence(None, frozenset(), frozenset({5, 6}))),
        ("<!-- <ttl>90</ttl> -->", Cadence()),
        ("", Cadence()),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["before the items", "behind them", "malformed"])
def test_009_what_a_feed_suggests_about_how_often_to_ask(written, meant, place):
    spaced = f"<sy:x xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'/>{written}"
    document = {
        "before the items": rss(spaced, ITEM, ITEM),
        "behind them": rss(ITEM, ITEM, spaced),
        "malformed": rss(spaced, "<x>", ITEM),
    }[place]
    found = source().read(Page(URL, 200, {}, document.encode(), NOW), NOW)
    assert found.cadence == meant
    assert found.items


def test_what_stands_in_an_article_is_no_suggestion():
    document = rss(
        "<item><title>x</title><description>&lt;ttl&gt;5&lt;/ttl&gt;<![CDATA[<ttl>5</ttl>]]></description></item>"
    )
    assert cadence.read(document.encode()) == Cadence()


def test_an_article_without_a_link_is_reached_by_an_id_that_is_an_address():
    document = rss(
        "<item><title>x</title><link></link><guid isPermaLink='false'>https://example.net/?p=1</guid></item>"
    )
    (item,) = source().read(Page(URL, 200, {}, document.encode(), NOW), NOW).items
    assert item.url == "https://example.net/?p=1"


def test_027_a_malformed_feed_of_fifty_thousand_items_is_cut_before_it_is_read():
    entries = "".join(f"<item><title>条目 & {at}</title><guid>{at}</guid></item>" for at in range(50_000))
    found = source().read(Page(URL, 200, {}, rss(entries).encode(), NOW), NOW)
    assert len(found.items) == MAX_ITEMS
    assert [found.items[0].title, found.items[-1].title] == ["条目 & 0", f"条目 & {MAX_ITEMS - 1}"]
    assert found.truncated == 50_000 - MAX_ITEMS


def keys(document: str, url: str = URL) -> list[str]:
    one = build(SourceSpec(id="it", kind="feed", url=url))
    return [item.key for item in one.read(Page(url, 200, {}, document.encode(), NOW), NOW).items]


def test_034_without_an_id_the_address_names_an_article_however_it_is_decorated():
    plain = rss("<item><title>量子</title><link>https://example.net/a</link></item>")
    tracked = rss("<item><title>量子（图）</title><link>http://www.example.net/a/?utm_source=rss#top</link></item>")
    assert keys(plain) == keys(tracked)


def test_034_without_id_and_address_title_and_date_name_it():
    dated = "<item><title>量子</title><pubDate>Mon, {day} Nov 2026 10:00:00 +0800</pubDate></item>"
    assert keys(rss(dated.format(day=23))) == keys(rss(ITEM, dated.format(day=23)))[1:]
    assert keys(rss(dated.format(day=23))) != keys(rss(dated.format(day=22)))


def test_034_one_id_on_two_links_names_two_articles_and_their_order_does_not_matter():
    one, other = (f"<item><title>t</title><guid>same</guid><link>https://example.net/{at}</link></item>" for at in "ab")
    assert len(set(keys(rss(one, other)))) == 2
    assert sorted(keys(rss(one, other))) == sorted(keys(rss(other, one)))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Sun, 23 Nov 2026 10:00:00 +0800", datetime(2026, 11, 23, 2, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 10:00:00 -0330", datetime(2026, 11, 23, 13, 30, tzinfo=UTC)),
        ("23 Nov 2026 10:00:00 GMT", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("Mon, 31 Nov 2026 10:00:00 +0800", None),
        ("2026-11-23T10:00:00.123456+08:00", datetime(2026, 11, 23, 2, tzinfo=UTC)),
        ("2026-11-23T25:00:00Z", None),
        ("2026-02-30T10:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("0000-00-00T00:00:00Z", None),
        ("2026-11-23T10:00:00", datetime(2026, 11, 23, 2, tzinfo=UTC)),
        ("2026年11月23日 10:00", datetime(2026, 11, 23, 2, tzinfo=UTC)),
    ],
)
def test_032_the_date_of_an_entry_is_right_or_none(written, meant):
    document = rss(f"<item><title>x</title><pubDate>{written}</pubDate></item>")
    (item,) = source().read(Page(URL, 200, {}, document.encode(), NOW), NOW).items
    assert item.published == meant
