"""A list page to its items: with selectors beside BeautifulSoup with the same, and by structure, which no peer does."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

from benchmarks.articles import articles
from benchmarks.harness import Row
from policywatch.model import Page
from policywatch.sources.base import SourceSpec, build

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = 20
ENTRIES = 60
NOW = datetime(2026, 11, 30, tzinfo=UTC)
_URL = "https://www.example.org/news/"
_SCRIPT = "<script>" + "var _hmt=_hmt||[];(function(){var a=1;for(var i=0;i<10;i++){a+=i<5?1:2}})();" * 60 + "</script>"
_MENU = "".join(f'<li class="nav-item"><a href="/c{at}/"><span>栏目{at}</span></a></li>' for at in range(40))
SELECTORS = {"item": "ul.news-list > li.news-item", "title": "a.title", "link": "a.title", "date": "span.date"}


def rows() -> Iterator[Row]:
    """Peer and policywatch give the same titles, addresses and days; policywatch cleans, completes and checks them."""
    pages = _pages()
    chosen, found = (
        build(SourceSpec(id="bench", kind="listpage", url=_URL, options=options)) for options in (SELECTORS, {})
    )
    assert [(item.title, item.url) for item in chosen.read(pages[0], NOW).items] == [
        (item.title, item.url) for item in found.read(pages[0], NOW).items
    ]
    assert len(_peer(pages[0].body)) == len(chosen.read(pages[0], NOW).items) == ENTRIES

    def peer() -> None:
        for page in pages:
            _peer(page.body)

    def ours() -> None:
        for page in pages:
            chosen.read(page, NOW)

    def structure() -> None:
        for page in pages:
            found.read(page, NOW)

    yield Row(
        f"List page to items, {ENTRIES} entries, selectors given",
        "BeautifulSoup 4, lxml",
        peer,
        ours,
        PAGES,
        "pages",
        12,
    )
    yield Row(
        f"List page to items, {ENTRIES} entries, by structure",
        "BeautifulSoup 4, told where",
        peer,
        structure,
        PAGES,
        "pages",
        1,
    )


def _peer(body: bytes) -> list[tuple[str, str, str]]:
    found = []
    for entry in BeautifulSoup(body, "lxml").select(SELECTORS["item"]):
        link = entry.select_one(SELECTORS["link"])
        found.append((link.text, link["href"], entry.select_one(SELECTORS["date"]).text))
    return found


def _pages() -> list[Page]:
    texts = articles(ENTRIES + PAGES)
    headers = {"content-type": "text/html; charset=utf-8"}
    return [Page(_URL, 200, headers, page(number, texts).encode(), NOW) for number in range(PAGES)]


def page(number: int, texts: list[str], *, month: str = "2026-11", above: str = "") -> str:
    """A list page with a menu, links beside the list and scripts; `above` is markup on top of the list's entries."""
    folder = month.replace("-", "")
    entries = above + "".join(
        f'<li class="news-item clearfix" data-id="{at}"><a class="title" '
        f'href="./{folder}/t{folder}{1 + at % 28:02d}_{number}{at}.shtml" '
        f'target="_blank" title="{title}">{title}</a><span class="date">{month}-{1 + at % 28:02d}</span>'
        f'<p class="abs">{html.escape(texts[number + at][30:120])}</p></li>'
        for at in range(ENTRIES)
        for title in [html.escape(texts[number + at][:26])]
    )
    side = "".join(f'<div><a href="/h{at}">{html.escape(texts[at][40:60])}</a></div>' for at in range(30))
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>列表{number}</title>{_SCRIPT}</head><body><div id="hd">'
        f'<ul>{_MENU}</ul></div><div class="wrap"><div class="main"><ul class="news-list">{entries}</ul><div class="page">'
        f'<a href="index_1.html">下一页</a></div></div><div class="side">{side}</div></div><div class="ft">版权所有</div>'
        f"{_SCRIPT}</body></html>"
    )
