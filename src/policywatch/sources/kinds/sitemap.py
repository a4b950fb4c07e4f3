"""`kind: sitemap`: the addresses that a site lists for search engines (sitemaps.org), newest first."""

from __future__ import annotations

import gzip
import re
import zlib
from typing import TYPE_CHECKING, Annotated

from lxml import etree
from pydantic import AfterValidator, Field

from policywatch import dates, errors, urls
from policywatch.model import RawItem, Reading, Request
from policywatch.sources import base
from policywatch.text import html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from policywatch.model import Page

MAX_BYTES = 50 << 20
"""Of a sitemap, unpacked: the protocol's own limit."""


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


class Source(base.Source):
    """A sitemap, or an index of sitemaps."""

    class Options(base.Options):
        """What may stand under `options:`."""

        match: Annotated[str, AfterValidator(_expression)] | None = None
        """Only addresses in which this regular expression is found."""
        sitemaps: Annotated[int, Field(ge=1, le=5)] = 1
        """Of an index: how many sitemaps are read, those that changed last first."""

    def read(self, page: Page, now: datetime) -> Reading:
        """The newest addresses. A title that the sitemap does not give is read from the article's page."""
        root = _root(page)
        rows = list(_rows(root))
        wanted = re.compile(self.options.match) if self.options.match else None
        dated = [
            (self._date(row, now), urls.absolute(page.url, row.get("loc", "")), row.get("title", "")) for row in rows
        ]
        dated = [row for row in dated if row[1]]
        dated.sort(key=lambda row: row[0].timestamp() if row[0] else 0, reverse=True)
        if _name(root) == "sitemapindex":
            return Reading((), tuple(Request(url) for _, url, _ in dated[: self.options.sitemaps]))
        items: dict[str, RawItem] = {}
        for date, url, title in dated:
            if wanted is None or wanted.search(url):
                key = urls.canonical(url)
                shown = html.inline(title)[: base.MAX_TITLE]
                items.setdefault(key, RawItem(key, url, shown, date))
        return Reading(tuple(items.values())[: base.MAX_ITEMS], truncated=max(0, len(items) - base.MAX_ITEMS))

    def _date(self, row: dict[str, str], now: datetime) -> datetime | None:
        written = row.get("publication_date") or row.get("lastmod")
        found = dates.parse(written, now=now, zone=self.zone) if written else None
        return found or dates.in_address(row.get("loc", ""), now=now, zone=self.zone)


def _root(page: Page) -> etree._Element:
    body = page.body
    try:
        if body[:2] == b"\x1f\x8b":
            unpacker = zlib.decompressobj(31)
            body = unpacker.decompress(body, MAX_BYTES)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
        root = etree.fromstring(body, parser)
    except (zlib.error, gzip.BadGzipFile, etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or _name(root) not in {"urlset", "sitemapindex"}:
        raise errors.ParseError(
            page.url, "the answer is no sitemap; look in the site's robots.txt for its address", code="not_a_sitemap"
        )
    return root


def _rows(root: etree._Element) -> Iterator[dict[str, str]]:
    for one in root:
        row: dict[str, str] = {}
        for node in one.iter():
            if isinstance(node.tag, str) and node.text and node.text.strip():
                row.setdefault(_name(node), node.text.strip())
        yield row


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""
