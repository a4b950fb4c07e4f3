"""What a page is seen to be, and the selectors that are made for its list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch import dates
from policywatch.model import Page
from policywatch.sources import autodetect
from policywatch.sources.base import SourceSpec, build

CASES = Path(__file__).parent.parent / "data"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
URL = "https://www.example.gov.cn/zwgk/tzgg/"


def page(body: bytes | str, url: str = URL) -> Page:
    return Page(url, 200, {}, body.encode() if isinstance(body, str) else body, NOW)


def look(body: bytes | str, url: str = URL) -> autodetect.Sight:
    return autodetect.look(page(body, url), now=NOW, zone=dates.CHINA)


@pytest.mark.parametrize(
    ("case", "url", "kind", "reason"),
    [
        ("feed/rss2/feed.xml", URL, "feed", "feed"),
        ("feed/atom/feed.xml", URL, "feed", "feed"),
        ("feed/rdf/feed.xml", URL, "feed", "feed"),
        ("feed/jsonfeed/feed.json", URL, "feed", "feed"),
        ("sitemap/news/page.xml", URL, "sitemap", "sitemap"),
        ("sitemap/index/page.xml", URL, "sitemap", "sitemap"),
        ("trs/column/page.html", URL, "trs", "platform"),
        ("jcms/records/page.html", URL, "jcms", "platform"),
        ("jpaas/column/page.html", URL, "jpaas", "platform"),
        ("xinhua/column/page.html", URL, "xinhua", "platform"),
        ("sasac/column/page.html", URL, "sasac", "platform"),
        ("gkmlpt/catalogue/page.html", "http://www.example.gov.cn/gxj/gkmlpt/index#3085", "gkmlpt", "platform"),
        (
            "searchlist/answer/page.json",
            "https://www.example.gov.cn/searchList/abc?_isJson=true",
            "searchlist",
            "platform",
        ),
        ("json/found/page.json", URL, "json", "json"),
        ("listpage/found-cards/page.html", URL, "listpage", "list"),
        ("listpage/found-table/page.html", URL, "listpage", "list"),
        ("listpage/found-in-script/page.html", URL, "listpage", "list"),
    ],
)
def test_a_page_is_seen_for_what_it_is(case, url, kind, reason):
    first = look((CASES / "sources" / case).read_bytes(), url).ways[0]
    assert (first.kind, first.reason) == (kind, reason)


@pytest.mark.parametrize(
    "case", ["listpage/found-column", "dedecms/column", "trs/column", "sasac/column", "json/found"]
)
def test_what_is_proposed_reads_the_same_as_what_was_found(case):
    """Selectors and paths are proposed only where they choose the whole list, with its dates."""
    (saved,) = (CASES / "sources" / case).glob("page.*")
    seen = look(saved.read_bytes())
    proposed, bare = (
        next(way for way in seen.ways if way.kind in {"listpage", "json"} and bool(way.options) is with_options)
        for with_options in (True, False)
    )
    by_options, by_structure = (
        build(SourceSpec(id="it", kind=way.kind, url=way.url, options=way.options)).read(page(saved.read_bytes()), NOW)
        for way in (proposed, bare)
    )
    assert by_options.items == by_structure.items
    assert len(by_options.items) >= 4


def test_linked_feeds_come_before_the_list_and_those_of_comments_not_at_all():
    html = (
        '<link rel="alternate" type="application/rss+xml" title="评论" href="/comments/feed/">'
        '<link rel="alternate stylesheet" type="text/css" href="/x.css">'
        '<link rel="ALTERNATE" type="application/atom+xml; charset=utf-8" href="atom.xml">'
        "<ul class=list>" + "".join(
            f"<li><a href='/n/t20261101_{n}.html'>关于开展第{n}批量子科技项目申报的通知</a><i>2026-11-0{n}</i></li>" for n in range(1, 7)
        ) + "</ul>"
    )  # fmt: skip
    ways = look(html).ways
    assert [(way.kind, way.reason) for way in ways[:2]] == [("feed", "linked"), ("trs", "platform")]
    assert ways[0].url == f"{URL}atom.xml"
    assert not any("comments" in way.url for way in ways)


def test_an_article_names_its_columns_the_nearest_first():
    seen = look((CASES / "articles" / "notice-with-files" / "page.html").read_bytes())
    assert seen.is_article
    assert seen.columns == (("通知公告", "https://www.example.gov.cn/tzgg/"),)


def test_an_article_without_a_breadcrumb_names_the_folder_above_its_date():
    html = (
        '<meta name="PubDate" content="2026-11-20"><h1>通知</h1>'
        + "<p>各有关单位：请认真组织落实，并按时报送材料。</p>" * 4
    )
    seen = look(html, "https://www.example.gov.cn/xxgk/tz/202611/t20261120_1.html")
    assert seen.columns == (("", "https://www.example.gov.cn/xxgk/tz/"),)


@given(st.binary(max_size=400), st.sampled_from(["", "<rss", "{", "[{", "<ul><li><a href=/1>", "cb({", "<urlset "]))
@settings(deadline=None, max_examples=150)
def test_any_bytes_are_looked_at(noise, start):
    seen = look(start.encode() + noise)
    for way in seen.ways:
        build(SourceSpec(id="it", kind=way.kind, url=way.url, options=way.options))
