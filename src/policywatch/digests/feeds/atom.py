"""A feed as Atom (RFC 4287)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.digests.feeds.markup import element, escape
from policywatch.digests.feeds.published import GENERATOR, moment

if TYPE_CHECKING:
    from policywatch.digests.feeds.published import Entry, Feed

MEDIA_TYPE = "application/atom+xml"


def document(feed: Feed, self_url: str, home_url: str) -> bytes:
    """The feed as UTF-8. `self_url` is where this document is served, `home_url` the page about it."""
    language = f' xml:lang="{escape(feed.language)}"' if feed.language else ""
    head = (
        f"{_text('title', feed.title)}"
        f"{_text('subtitle', feed.subtitle) if feed.subtitle else ''}"
        f"{element('id', feed.id)}"
        f"{element('updated', moment(feed.updated))}"
        f'<link rel="self" type="{MEDIA_TYPE}" href="{escape(self_url)}"/>'
        f'<link rel="alternate" type="text/html" href="{escape(home_url)}"/>'
        f"<author>{element('name', GENERATOR)}</author>{element('generator', GENERATOR)}"
    )
    entries = "\n".join(map(_entry, feed.entries))
    whole = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom"{language}>\n{head}\n{entries}\n</feed>\n'
    )
    return whole.encode("utf-8")


def _entry(entry: Entry) -> str:
    published = f"<published>{moment(entry.published)}</published>" if entry.published else ""
    categories = "".join([f'<category term="{escape(name)}"/>' for name in entry.categories])
    link = f'<link rel="alternate" href="{escape(entry.url)}"/>' if entry.url else ""
    # An entry without an address must carry its content (4.1.2).
    summary = _text("summary", entry.summary) if entry.summary and (entry.url or entry.html) else ""
    content = f'<content type="html">{escape(entry.html)}</content>' if entry.html else ""
    if not content and not link:
        content = _text("content", entry.summary)
    return (
        f'<entry><title type="text">{escape(entry.title)}</title><id>{escape(entry.id)}</id>'
        f"<updated>{moment(entry.updated)}</updated>{published}<author><name>{escape(entry.author)}</name></author>"
        f"{categories}{link}{summary}{content}</entry>"
    )


def _text(name: str, text: str) -> str:
    return f'<{name} type="text">{escape(text)}</{name}>'
