"""`kind: listpage`: a page that lists articles; each new link's article page is read too.

With CSS selectors, or with none: then the list is found by its structure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator
from selectolax.lexbor import LexborHTMLParser

from policywatch import dates, errors, urls
from policywatch.model import ArticleHints, RawItem, Reading
from policywatch.sources import base, entry, lists, paging, strangers
from policywatch.sources.within import Within
from policywatch.text import decode, html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from selectolax.lexbor import LexborNode

    from policywatch.model import Page


def _selector(text: str) -> str:
    """Checks a CSS selector; raises ValueError that names it."""
    try:
        LexborHTMLParser("<p></p>").css(text)
    except Exception:  # noqa: BLE001  # the parser has no class of its own for this
        raise ValueError(f"not a CSS selector: {text!r}; write one such as `ul.list li` or `h4 > a`") from None
    if not text.strip():
        raise ValueError("an empty selector finds nothing; write one such as `ul.list li`")
    return text


Selector = Annotated[str, AfterValidator(_selector)]


class ArticleOptions(base.Options):
    """Selectors on the article's own page."""

    title: Selector | None = None
    """Where its title stands."""
    body: Selector | None = None
    """What holds its text."""
    date: Selector | None = None
    """Where its day or time stands."""
    publisher: Selector | None = None
    """Where its 来源 stands."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the selectors choose inside each entry, by the `mem_id` of its node."""

    links: Mapping[int, LexborNode]
    titles: Mapping[int, LexborNode]
    dates: Mapping[int, Sequence[LexborNode]]
    summaries: Mapping[int, LexborNode]


class Source(base.Source):
    """A list of links."""

    class Options(base.Options):
        """What may stand under `options:`."""

        item: Selector | None = None
        """One match for each entry of the list; without it the list is found by its structure."""
        title: Selector = "a"
        """Inside an entry; the entry itself where it finds nothing."""
        link: Selector = "a[href]"
        """Inside an entry: where the article stands."""
        date: Selector | None = None
        """Inside an entry; without it the date is looked for in the address and the entry's text."""
        summary: Selector | None = None
        """Inside an entry: a few words about the article."""
        article: ArticleOptions = ArticleOptions()
        """Selectors on the articles' own pages; without them they are found."""

    def read(self, page: Page, now: datetime) -> Reading:
        """The list's entries that have a link."""
        text = decode.decode(page.body, page.headers.get("content-type"))
        tree = LexborHTMLParser(text)
        base_node = tree.css_first("base[href]")
        base_url = urls.absolute(page.url, (base_node.attributes.get("href") or "") if base_node else "") or page.url
        items = (
            self._chosen(text, tree, base_url, page, now)
            if self.options.item
            else self._found(text, tree, base_url, page, now)
        )
        found = list(items.values())
        older = paging.older(text, tree, base_url) if found else None
        return Reading(tuple(found[: base.MAX_ITEMS]), truncated=max(0, len(found) - base.MAX_ITEMS), older=older)

    def _found(self, text: str, tree: LexborHTMLParser, base_url: str, page: Page, now: datetime) -> dict[str, RawItem]:
        """The list that structure shows."""
        entries = lists.find(text, tree, base_url, now=now, zone=self.zone)
        if not entries and not lists.says_empty(tree):
            strangers.refuse(page.url, tree, text)
            raise errors.ParseError(
                page.url,
                "no list of articles is found on the page: is it the address of a column, or is its list filled in by "
                "a script? Write `item:` (a CSS selector) under options, or name its platform as `kind`",
                code="no_list",
            )
        items: dict[str, RawItem] = {}
        for one in entries:
            key = urls.canonical(one.url)
            items.setdefault(key, RawItem(key, one.url, one.title[: base.MAX_TITLE], one.published))
        return items

    def _chosen(
        self, text: str, tree: LexborHTMLParser, base_url: str, page: Page, now: datetime
    ) -> dict[str, RawItem]:
        """What the selectors choose."""
        nodes = tree.css(self.options.item)
        if not nodes:
            strangers.refuse(page.url, tree, text)
            raise errors.ParseError(
                page.url,
                f"nothing on the page matches item: {self.options.item!r}; did the site change its layout?",
                code="no_items",
            )
        items: dict[str, RawItem] = {}
        parts = self._parts(Within(tree, nodes))
        for node in nodes:
            item = self._item(node, parts, base_url, now)
            if item is not None:
                items.setdefault(item.key, item)
        if not items:
            raise errors.ParseError(
                page.url,
                f"{len(nodes)} entries match item: {self.options.item!r}, but none holds a link "
                f"(link: {self.options.link!r}); choose a selector around the links",
                code="no_items",
            )
        return items

    def hints(self) -> ArticleHints:
        """The selectors under `article:`."""
        article = self.options.article
        return ArticleHints(article.title, article.body, article.date, article.publisher)

    def _parts(self, within: Within) -> _Parts:
        options = self.options
        links = within.first(options.link)
        return _Parts(
            links,
            within.first(options.title) if options.title != options.link else links,
            within.all(options.date) if options.date is not None else {},
            within.first(options.summary) if options.summary else {},
        )

    def _item(self, node: LexborNode, parts: _Parts, base_url: str, now: datetime) -> RawItem | None:
        number = node.mem_id
        anchor = node if node.tag == "a" and node.attrs.get("href") else parts.links.get(number)
        if anchor is None:
            return None
        url, key = urls.resolved(base_url, entry.address_of(anchor))
        if not url:
            return None
        title = entry.title_of(anchor, parts.titles.get(number, anchor))
        if not title:
            return None
        summary = parts.summaries.get(number)
        return RawItem(
            key,
            url,
            title[: base.MAX_TITLE],
            self._date(node, parts.dates.get(number, ()), title, url, now),
            html.plain(summary.html or "")[: base.MAX_BODY] if summary is not None else "",
        )

    def _date(
        self, node: LexborNode, holders: Sequence[LexborNode], title: str, url: str, now: datetime
    ) -> datetime | None:
        for holder in holders:
            found = entry.date_in(html.said(holder), now=now, zone=self.zone)
            if found is not None:
                return found
        rest = html.said(node).replace(title, " ")
        return entry.date_in(rest, now=now, zone=self.zone) or dates.in_address(url, now=now, zone=self.zone)
