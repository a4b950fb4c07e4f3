"""`kind: feed`: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, and JSON Feed 1.0 and 1.1."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from policywatch import dates, errors, urls
from policywatch.model import RawItem, Reading, Request
from policywatch.sources import base
from policywatch.sources.feeds import cadence, fast, jsonfeed, judge
from policywatch.text import decode, html

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import Page
    from policywatch.sources.feeds.entry import Entry, Feed

SHORT = 400
"""An entry with less text than this is an announcement; `full_text: auto` asks for its page."""
_HTML_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_IS_HTML = re.compile(r"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html\b)", re.IGNORECASE | re.DOTALL)


class Source(base.Source):
    """A feed, read the fast way where nothing is unusual about it, else by feedparser."""

    obeys_robots = False

    class Options(base.Options):
        """What may stand under `options:`."""

        full_text: Literal["auto", "always", "never"] = "auto"
        """Whether the article's own page is read: when the entry is short, always, or never."""

    def read(self, page: Page, now: datetime) -> Reading:
        """The feed's entries."""
        feed, markup = self._parsed(page)
        items: dict[str, RawItem] = {}
        raw = [self.item(entry, page, now) for entry in feed.entries]
        # One id on several links is a fault of the feed: the link tells its articles apart.
        links: dict[str, str] = {}
        shared = {item.key for item in raw if links.setdefault(item.key, item.url) != item.url}
        for item in raw:
            key = f"{item.key} {item.url}" if item.key in shared else item.key
            items.setdefault(key, replace(item, key=key) if key != item.key else item)
        return Reading(tuple(items.values()), truncated=feed.left_out, cadence=cadence.read(markup))

    def detail(self, item: RawItem) -> Request | None:
        """The entry's page, as `full_text` says."""
        choice = self.options.full_text
        if not item.url or choice == "never":
            return None
        is_short = len(item.body or item.summary) < SHORT
        return Request(item.url) if choice == "always" or is_short else None

    def _parsed(self, page: Page) -> tuple[Feed, bytes]:
        """The feed, and its document in UTF-8. Raises ParseError."""
        said = page.headers.get("content-type")
        # Most feeds are UTF-8, and the parser sees by itself whether they are: decoding would take a third of the time.
        markup = decode.utf8(page.body, said)
        feed = fast.read(markup, page.url, base.MAX_ITEMS) if markup is not None else None
        if feed is not None and markup is not None:
            return feed, markup
        text = decode.decode(page.body, said)
        again = text.encode("utf-8", "replace")
        if text.lstrip()[:1] == "{":
            feed = jsonfeed.read(text, page.url, base.MAX_ITEMS)
        else:
            known = again == markup
            feed = None if known else fast.read(again, page.url, base.MAX_ITEMS)
            feed = feed or judge.read(text, page.url, base.MAX_ITEMS)
        if feed is None:
            raise self._not_a_feed(text, page)
        return feed, again

    def item(self, entry: Entry, page: Page, now: datetime) -> RawItem:
        """An entry as everything behind it sees it."""
        url = urls.absolute(page.url, entry.link)
        if not url and entry.id[:8].lower().startswith(("http://", "https://")):
            url = urls.absolute(page.url, entry.id)
        published = None
        for date in entry.dates:
            published = dates.parse(date, now=now, zone=self.zone)
            if published is not None:
                break
        title = html.inline(_markup(entry.title, is_plain=entry.is_title_plain))
        summary = html.plain(_markup(entry.summary, is_plain=entry.is_summary_plain))
        body = max(map(html.plain, entry.contents), key=len, default="")
        key = entry.id or urls.canonical(url)
        if not key:
            day = published.isoformat() if published else ""
            key = f"{title} {day}".strip() or summary[:200] or "untitled"
        return RawItem(
            key=key,
            url=url,
            title=(title or summary[:80] or body[:80])[: base.MAX_TITLE],
            published=published,
            summary=summary[: base.MAX_BODY],
            body=body[: base.MAX_BODY],
            publisher=html.inline(entry.publisher)[:200],
        )

    @staticmethod
    def _not_a_feed(text: str, page: Page) -> errors.ParseError:
        if _IS_HTML.match(text):
            title = _HTML_TITLE.search(text[:20_000])
            named = f" titled “{html.inline(title[1])[:60]}”" if title and title[1].strip() else ""
            what = (
                f"a web page{named} came instead of a feed: a log-in, a challenge, or the wrong address? "
                "For a page that lists articles use kind: listpage"
            )
        elif not text.strip():
            what = "the answer is empty, not a feed"
        else:
            what = "the answer is no feed (RSS, Atom or JSON Feed)"
        return errors.ParseError(page.url, what, code="not_a_feed")


def _markup(value: str, *, is_plain: bool) -> str:
    # Plain text is not markup: what looks like a tag in it, and leaves nothing when taken for one, is meant as written.
    if is_plain and "<" in value and "&" not in value and not html.plain(value):
        return value.replace("<", "&lt;")
    return value
