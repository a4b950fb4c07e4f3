"""An article's page to its text, beside the fastest of the libraries that find it as well."""

from __future__ import annotations

import html
import logging
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import trafilatura
from selectolax.lexbor import LexborHTMLParser

from benchmarks.articles import articles
from benchmarks.harness import Fact, Row
from policywatch.articles import body
from policywatch.model import ArticleHints

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = 100
_SCRIPT = "<script>" + "(function(){var a=1;for(var i=0;i<10;i++){a+=i<5?1:2}})();" * 80 + "</script>"
_MENU = "".join(f'<li><a href="/c{number}/">栏目{number}</a></li>' for number in range(40))


def rows() -> Iterator[Row]:
    """Peer and policywatch read the same pages; neither is told where the text stands."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    pages = [page for page, _ in _pages()]

    def peer() -> None:
        for page in pages:
            trafilatura.extract(page)

    def ours() -> None:
        for page in pages:
            _found(page)

    yield Row("Article body, 1,224 characters", "trafilatura 2", peer, ours, PAGES, "pages", 8)


def facts() -> Iterator[Fact]:
    """What both find of the same pages: how much of the peer's F1 policywatch lacks."""
    pages = _pages()
    peer = sum(_f1(trafilatura.extract(page) or "", text) for page, text in pages) / PAGES
    ours = sum(_f1(_found(page), text) for page, text in pages) / PAGES
    yield Fact("Article body: trafilatura's F1 less policywatch's", peer - ours, "", 0)


def _found(page: str) -> str:
    return body.found(LexborHTMLParser(page), page, ArticleHints(), "")


def _pages() -> list[tuple[str, str]]:
    texts = articles(PAGES)
    return [(_page(number, texts), text) for number, text in enumerate(texts)]


def _page(number: int, texts: list[str]) -> str:
    paragraphs = "".join(f"<p>　　{html.escape(part)}</p>" for part in texts[number].split("\n\n"))
    title = html.escape(texts[number][:24])
    related = "".join(f'<li><a href="/a{at}.html">{html.escape(texts[at][30:54])}</a></li>' for at in range(20))
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}_某新闻网</title>'
        f'<meta name="keywords" content="新闻">{_SCRIPT}</head><body><header><ul>{_MENU}</ul></header>'
        f'<div class="container"><h1 class="art-title">{title}</h1><div class="info"><span>2026-11-12 10:23:00</span>'
        f'来源：新华社 作者：张三</div><div class="content">{paragraphs}</div>'
        f'<div class="related"><ul>{related}</ul></div></div>'
        f"<footer>版权所有 未经授权不得转载 电话 010-12345678</footer>{_SCRIPT}</body></html>"
    )


def _f1(found: str, true: str) -> float:
    """Of the pairs of characters that stand side by side, white space apart."""
    one, other = (Counter(pairwise(text)) for text in ("".join(found.split()), "".join(true.split())))
    both = (one & other).total()
    return 2 * both / max(1, one.total() + other.total())
