"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from policywatch.sources.feeds.entry import Entry, Feed

if TYPE_CHECKING:
    from collections.abc import Mapping


def read(text: str, url: str, most: int) -> Feed | None:
    """The feed of a document's text; None when it is none."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or not _text(feed.get("version")).startswith("https://jsonfeed.org/version/"):
        return None
    listed = feed.get("items")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    site = _joined(url, _text(feed.get("home_page_url"))) or url
    return Feed(tuple(_entry(item, site) for item in items[:most]), max(0, len(items) - most))


def _entry(item: Mapping[str, object], site: str) -> Entry:
    link = _text(item.get("url")) or _text(item.get("external_url"))
    plain = html.escape(_text(item.get("content_text")), quote=False).replace("\n", "<br>")
    content = _text(item.get("content_html")) or plain
    listed = item.get("authors")
    authors = listed if isinstance(listed, list) else [item.get("author")]
    names = [_text(author.get("name")) for author in authors if isinstance(author, dict)]
    return Entry(
        id=_text(item.get("id")),
        link=_joined(site, link) if link else "",
        title=_text(item.get("title")),
        is_title_plain=True,
        summary=_text(item.get("summary")),
        is_summary_plain=True,
        contents=(content,) if content else (),
        dates=tuple(date for name in ("date_published", "date_modified") if (date := _text(item.get(name)))),
        publisher=", ".join(name for name in names if name),
    )


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
