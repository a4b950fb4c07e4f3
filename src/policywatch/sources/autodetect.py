"""Says what a page is: a feed, a list on one of the known platforms, a list found by its structure, JSON, an article.

Nothing is asked for here. Each answer is a way in which the page may be read; whoever called tries them in order and
keeps the first that gives articles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from policywatch import errors, urls
from policywatch.sources import embedded, links, lists, selectors, strangers
from policywatch.sources.kinds import json
from policywatch.text import decode, html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from policywatch.model import Page

FEED_PLACES = ("feed", "rss.xml", "rss", "atom.xml", "feed.xml")
"""Where sites keep a feed that no page links: WordPress, Hexo, Hugo, Jekyll and hand-made ones."""
MAX_FEEDS = 4
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"})
_FEED_ROOT = re.compile(r"<(?:rss|feed|(?:\w+:)?RDF)[\s>]", re.IGNORECASE)
_SITEMAP_ROOT = re.compile(r"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
_CALLBACK = re.compile(r"[\w$.]{1,60}\s*\(\s*[{\[]")
_ROOT_WITHIN = 2000
"""Characters from the beginning among which a document's root element stands."""
_COMMENTS = re.compile(r"comment|评论", re.IGNORECASE)
_TRS = re.compile(r"/t20\d{6}_\d+\.s?html?")
_SASAC = re.compile(r"/n\d{4,}/(?:n\d{4,}/)*c\d{4,}/content\.html")
_JCMS_COLUMN = re.compile(r"/col/col\d+/")
_JCMS_RECORDS = re.compile(r"<record>\s*(?:<!\[CDATA\[|&lt;)|/module/web/jpage/dataproxy\.jsp")
_JCMS_LIST = re.compile(r"<record>|<datastore>|dataproxy\.jsp|/art/20\d{2}/\d{1,2}/\d{1,2}/art_", re.IGNORECASE)
_DEDECMS = re.compile(r"/plus/(?:list|view|search)\.php|list_\d+_\d+\.html|DedeCMS|/dede", re.IGNORECASE)
_XINHUA = re.compile(r"datasource:\s*[0-9A-Za-z]{8,64}")
_GKMLPT = re.compile(r"/gkmlpt/")
_ENOUGH = 3
"""Links of a platform's shape that make it that platform."""
_BREADCRUMB = re.compile(r"当前(?:的)?位置|所在(?:的)?位置|您(?:的)?位置|位置\s*[:：]|首页\s*(?:[>›»＞/]|-)")
_HOME = re.compile(r"^(?:网站)?首\s*页$|^home$", re.IGNORECASE)
_ARTICLE_METAS = frozenset({"articletitle", "pubdate", "firstpublishedtime", "article:published_time"})


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read it: what stands under a source in the configuration."""

    kind: str
    url: str
    options: dict[str, Any] = field(default_factory=dict)
    reason: str = "list"
    """One word: feed, linked, guessed, sitemap, json, platform or list."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a page is seen to be."""

    title: str
    """What the page calls itself."""
    ways: tuple[Way, ...]
    is_article: bool = False
    columns: tuple[tuple[str, str], ...] = ()
    """Of an article's page: names and addresses of the columns that it belongs to."""
    instead: str = ""
    """What came in a list's place, such as `a log-in page`."""


def look(page: Page, *, now: datetime, zone: tzinfo) -> Sight:
    """What the page is, with the ways to read it, the best first; no way when it is none of what is known."""
    text = decode.decode(page.body, page.headers.get("content-type"))
    start = text.lstrip("\ufeff \t\r\n")[:_ROOT_WITHIN]
    if _FEED_ROOT.search(start) and not re.match(r"<!doctype html|<html", start, re.IGNORECASE):
        return Sight(_feed_title(text), (Way("feed", page.url, reason="feed"),))
    if _SITEMAP_ROOT.search(start):
        return Sight("", (Way("sitemap", page.url, reason="sitemap"),))
    if start[:1] in {"{", "["} or _CALLBACK.match(start):
        return _json_sight(page, now, zone)
    return _page_sight(text, page.url, now, zone)


def guesses(url: str) -> tuple[Way, ...]:
    """Where a site may keep a feed that its page does not link."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}/"
    return tuple(Way("feed", root + place, reason="guessed") for place in FEED_PLACES)


def _page_sight(text: str, url: str, now: datetime, zone: tzinfo) -> Sight:
    tree = LexborHTMLParser(text)
    base_node = tree.css_first("base[href]")
    base_url = urls.absolute(url, (base_node.attributes.get("href") or "") if base_node else "") or url
    title_node = tree.css_first("title")
    title = " ".join(title_node.text(deep=True).split()) if title_node is not None else ""
    ways = [Way("feed", feed, reason="linked") for feed in _linked_feeds(tree, base_url)]
    entries = lists.find(text, tree, base_url, now=now, zone=zone)
    platform = _platform(text, tree, url)
    if platform is not None:
        ways.append(platform)
    if entries:
        ways.append(Way("listpage", url, selectors.of(tree, entries)))
        if ways[-1].options:
            ways.append(Way("listpage", url))
    is_article = _is_article(tree, len(entries))
    columns = tuple(_columns(tree, base_url, url)) if is_article else ()
    instead = "" if ways or is_article else strangers.named(tree, text)
    return Sight(title, tuple(ways), is_article, columns, instead)


def _linked_feeds(tree: LexborHTMLParser, base_url: str) -> list[str]:
    found: dict[str, None] = {}
    for link in tree.css("link[rel][href]"):
        attributes = link.attributes
        kind = (attributes.get("type") or "").split(";")[0].strip().lower()
        if "alternate" in (attributes.get("rel") or "").lower().split() and kind in _FEED_TYPES:
            href = attributes.get("href") or ""
            # A feed of comments is nobody's news.
            if not _COMMENTS.search(f"{attributes.get('title') or ''} {href}"):
                found.setdefault(urls.absolute(base_url, href))
    found.pop("", None)
    return list(found)[:MAX_FEEDS]


def _platform(text: str, tree: LexborHTMLParser, url: str) -> Way | None:
    """The platform that the page is made with, where one of the kinds reads it."""
    path = urlsplit(url).path
    if tree.css_first("script[querydata], script[parsetype]") is not None:
        return Way("jpaas", url, reason="platform")
    if _XINHUA.search(text):
        return Way("xinhua", url, reason="platform")
    if _GKMLPT.search(path) and "SID" in text:
        return Way("gkmlpt", url, reason="platform")
    if _JCMS_RECORDS.search(text) or (_JCMS_COLUMN.search(path) and _JCMS_LIST.search(text)):
        return Way("jcms", url, reason="platform")
    found = [node.attributes.get("href") or "" for node in tree.css("a[href]")[: links.MAX_LINKS]]
    if sum(_SASAC.search(link) is not None for link in found) >= _ENOUGH:
        return Way("sasac", url, reason="platform")
    if sum(_TRS.search(link) is not None for link in found) >= _ENOUGH:
        return Way("trs", url, reason="platform")
    generator = tree.css_first("meta[name=generator]")
    made_with = (generator.attributes.get("content") or "") if generator is not None else ""
    if _DEDECMS.search(made_with) or sum(_DEDECMS.search(link) is not None for link in found) >= _ENOUGH:
        return Way("dedecms", url, reason="platform")
    return None


def _is_article(tree: LexborHTMLParser, entries: int) -> bool:
    metas = {
        (node.attributes.get("name") or node.attributes.get("property") or "").strip().lower(): (
            node.attributes.get("content") or ""
        )
        for node in tree.css("meta[content]")
    }
    if metas.get("og:type", "").lower() == "article" or any(metas.get(name) for name in _ARTICLE_METAS):
        return True
    if entries >= _ENOUGH:
        return False
    sentences = sum(len(node.text(deep=True)) > 40 for node in tree.css("p")[:50])
    return sentences >= _ENOUGH


def _columns(tree: LexborHTMLParser, base_url: str, url: str) -> Iterator[tuple[str, str]]:
    """The links of the breadcrumb, the nearest first; without one the directories above the article."""
    for node in tree.css("div, p, span, td, ul, ol, nav, section")[:2000]:
        said = html.inline(node.html or "") if len(node.html or "") < 3000 else ""
        if said and len(said) <= 120 and _BREADCRUMB.search(said):
            found = [
                (html.inline(link.html or ""), urls.absolute(base_url, link.attributes.get("href") or ""))
                for link in node.css("a[href]")
            ]
            columns = [(name, at) for name, at in found if name and at and not _HOME.match(name)]
            if columns:
                yield from reversed(columns)
                return
    parts = urlsplit(url)
    path = re.sub(r"/20\d{2}(?:[-/]?\d{1,2}){0,2}(?=/|$)", "", parts.path.rsplit("/", 1)[0])
    if path.strip("/"):
        yield "", f"{parts.scheme}://{parts.netloc}{path}/"


def _feed_title(text: str) -> str:
    found = re.search(r"<title[^>]*>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</title>", text[:5000], re.DOTALL)
    return html.inline(found[1]) if found else ""


def _json_sight(page: Page, now: datetime, zone: tzinfo) -> Sight:
    url = page.url
    try:
        value = json.parsed(page)
    except errors.ParseError:
        return Sight("", ())
    if isinstance(value, dict) and "jsonfeed.org" in str(value.get("version", "")):
        return Sight(str(value.get("title", "")), (Way("feed", url, reason="feed"),))
    if "/searchList/" in url:
        return Sight("", (Way("searchlist", url, reason="platform"),))
    best = max(
        (
            (len(rows), path, array)
            for path, array in _arrays(value, (), 0)
            for rows in [max(embedded.in_value(array, now, zone), key=len, default=[])]
            if rows
        ),
        key=lambda one: one[0],
        default=None,
    )
    if best is None:
        return Sight("", ())
    _, path, array = best
    named = _named(array, now, zone)
    if named is None or not path:
        return Sight("", (Way("json", url, reason="json"),))
    return Sight("", (Way("json", url, {"items": ".".join(path), **named}, reason="json"), Way("json", url)))


_DEEPEST = 6


def _arrays(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            # A key with a dot cannot be written as a path.
            if "." not in key:
                yield from _arrays(inner, (*path, key), depth + 1)
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield path, value
        for at, inner in enumerate(value[:3]):
            yield from _arrays(inner, (*path, str(at)), depth + 1)


def _named(array: list[dict[str, Any]], now: datetime, zone: tzinfo) -> dict[str, str] | None:
    """The keys of title, address and date right in the records; None where they stand deeper."""
    rows = [{key: str(value) for key, value in row.items() if isinstance(value, str | int)} for row in array]
    keys = embedded.keys_of(rows, now, zone)
    if keys is None:
        return None
    place, title, date = keys
    return {"title": title, "url": place} | ({"date": date} if date else {})
