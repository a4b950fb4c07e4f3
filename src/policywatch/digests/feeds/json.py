"""A feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from policywatch.digests.feeds.published import GENERATOR, moment
from policywatch.text.html import xml_safe

if TYPE_CHECKING:
    from policywatch.digests.feeds.published import Entry, Feed

MEDIA_TYPE = "application/feed+json"


def document(feed: Feed, self_url: str, home_url: str) -> bytes:
    """The feed as UTF-8. `self_url` is where this document is served, `home_url` the page about it."""
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": xml_safe(feed.title),
        "home_page_url": home_url,
        "feed_url": self_url,
        **({"description": xml_safe(feed.subtitle)} if feed.subtitle else {}),
        **({"language": feed.language} if feed.language else {}),
        "authors": [{"name": GENERATOR}],
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _item(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.id,
        "title": xml_safe(entry.title),
        "authors": [{"name": xml_safe(entry.author)}],
        "date_modified": moment(entry.updated),
    }
    if entry.url:
        item["url"] = xml_safe(entry.url)
    if entry.published:
        item["date_published"] = moment(entry.published)
    if entry.categories:
        item["tags"] = [xml_safe(name) for name in entry.categories]
    if entry.html:
        item["content_html"] = xml_safe(entry.html)
        item["summary"] = xml_safe(entry.summary)
    # One of the two contents must be there.
    if entry.text or not entry.html:
        item["content_text"] = xml_safe(entry.text or entry.summary)
    return item
