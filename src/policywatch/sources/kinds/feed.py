"""`kind: feed`: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0 through feedparser, and JSON Feed 1.0 and 1.1."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import feedparser

from policywatch import dates, errors, urls
from policywatch.model import RawItem, Reading, Request
from policywatch.sources import base, cadence
from policywatch.text import decode, html

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import Page

SHORT = 400
"""An entry with less text than this is an announcement; `full_text: auto` asks for its page."""
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_IS_HTML = re.compile(r"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html\b)", re.IGNORECASE | re.DOTALL)


class Source(base.Source):
    """A feed. Feedparser gets text that was decoded here, and its dates are read again here.

    Its own reading of encodings believes what a feed claims, and its own dates take China's local time for UTC.
    """

    obeys_robots = False

    class Options(base.Options):
        """What may stand under `options:`."""

        full_text: Literal["auto", "always", "never"] = "auto"
        """Whether the article's own page is read: when the entry is short, always, or never."""

    def read(self, page: Page, now: datetime) -> Reading:
        """The feed's entries."""
        text = decode.decode(page.body, page.headers.get("content-type"))
        raw = self._json_items(text, page, now) if text.lstrip()[:1] == "{" else self._xml_items(text, page, now)
        # One id on several links is a fault of the feed: the link tells its articles apart.
        links: dict[str, set[str]] = {}
        for item in raw:
            links.setdefault(item.key, set()).add(item.url)
        counts = Counter({key: len(found) for key, found in links.items()})
        items: dict[str, RawItem] = {}
        for item in raw[: base.MAX_ITEMS]:
            key = f"{item.key} {item.url}" if counts[item.key] > 1 else item.key
            items.setdefault(
                key,
                RawItem(key, item.url, item.title, item.published, item.summary, item.body, item.publisher),
            )
        return Reading(
            tuple(items.values()), truncated=max(0, len(raw) - base.MAX_ITEMS), cadence=cadence.of_feed(text)
        )

    def detail(self, item: RawItem) -> Request | None:
        """The entry's page, as `full_text` says."""
        choice = self.options.full_text
        if not item.url or choice == "never":
            return None
        is_short = len(item.body or item.summary) < SHORT
        return Request(item.url) if choice == "always" or is_short else None

    def _xml_items(self, text: str, page: Page, now: datetime) -> list[RawItem]:
        markup = '<?xml version="1.0" encoding="utf-8"?>' + html.xml_safe(_DECLARATION.sub("", text, count=1))
        parsed = feedparser.parse(
            io.BytesIO(markup.encode()),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": page.url},
        )
        if not parsed.get("version") and not parsed.entries:
            raise self._not_a_feed(text, page)
        site = urls.absolute(page.url, parsed.feed.get("link", "")) or page.url
        return [self._entry(entry, site, page, now) for entry in parsed.entries]

    def _entry(self, entry: Any, site: str, page: Page, now: datetime) -> RawItem:
        base_url = entry.get("title_detail", {}).get("base") or page.url
        base_url = base_url if base_url.startswith("http") else page.url
        link = _link_of(entry)
        identity = entry.get("id", "")
        url = urls.absolute(base_url if base_url != page.url else site, link)
        if not url and identity and entry.get("guidislink", identity.startswith("http")):
            url = urls.absolute(site, identity)
        published = self._date(entry, now)
        title = html.inline(_value(entry, "title"))
        contents = [html.plain(content.get("value", "")) for content in entry.get("content", [])]
        body = max(contents, key=len, default="")
        return _item(
            identity or urls.canonical(url),
            url,
            title,
            published,
            html.plain(_value(entry, "summary")),
            body,
            html.inline(entry.get("source", {}).get("title", "") or entry.get("author", "")),
        )

    def _date(self, entry: Any, now: datetime) -> datetime | None:
        for name in ("published", "created", "updated"):
            written = entry.get(name)
            if isinstance(written, str) and written.strip():
                found = dates.parse(written, now=now, zone=self.zone)
                if found is not None:
                    return found
        return None

    def _json_items(self, text: str, page: Page, now: datetime) -> list[RawItem]:
        try:
            feed = json.loads(text)
        except (ValueError, RecursionError):
            raise self._not_a_feed(text, page) from None
        if not str(feed.get("version", "")).startswith("https://jsonfeed.org/version/"):
            raise self._not_a_feed(text, page)
        site = urls.absolute(page.url, _text(feed.get("home_page_url"))) or page.url
        found = []
        for entry in feed.get("items") or []:
            if not isinstance(entry, dict):
                continue
            url = urls.absolute(site, _text(entry.get("url")) or _text(entry.get("external_url")))
            date = _text(entry.get("date_published")) or _text(entry.get("date_modified"))
            body = html.plain(_text(entry.get("content_html"))) or _text(entry.get("content_text"))
            authors = entry.get("authors") or [entry.get("author")]
            names = [_text(author.get("name")) for author in authors if isinstance(author, dict)]
            found.append(
                _item(
                    _text(entry.get("id")) or urls.canonical(url),
                    url,
                    html.inline(_text(entry.get("title"))) or body[:80],
                    dates.parse(date, now=now, zone=self.zone) if date else None,
                    html.plain(_text(entry.get("summary"))),
                    body,
                    ", ".join(name for name in names if name),
                )
            )
        return found

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


def _item(
    key: str, url: str, title: str, published: datetime | None, summary: str, body: str, publisher: str
) -> RawItem:
    day = published.isoformat() if published else ""
    return RawItem(
        key=key or f"{title} {day}".strip() or summary[:200] or "untitled",
        url=url,
        title=(title or summary[:80] or body[:80])[: base.MAX_TITLE],
        published=published,
        summary=summary[: base.MAX_BODY],
        body=body[: base.MAX_BODY],
        publisher=publisher[:200],
    )


def _value(entry: Any, name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str):
        return ""
    detail = entry.get(f"{name}_detail") or {}
    # Plain text in Atom is not markup: what looks like a tag in it is meant as written.
    if detail.get("type") == "text/plain" and "<" in value and "&" not in value:
        return value.replace("<", "&lt;") if not html.plain(value) else value
    return value


def _link_of(entry: Any) -> str:
    for link in entry.get("links", []):
        if link.get("rel", "alternate") == "alternate" and link.get("href"):
            return str(link["href"])
    return str(entry.get("link", ""))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
