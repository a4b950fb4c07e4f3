"""A feed as RSS 2.0 (the RSS Advisory Board's specification), with the elements of Atom and Dublin Core that it lacks.

RSS does not say whether a title is text or HTML, and most readers take it for HTML. `<description>` is HTML.
"""

from __future__ import annotations

import html
import re
from datetime import UTC
from typing import TYPE_CHECKING

from policywatch.digests.feeds.markup import element, escape
from policywatch.digests.feeds.published import GENERATOR, moment

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.digests.feeds.published import Entry, Feed

MEDIA_TYPE = "application/rss+xml"
_NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TAG = re.compile(r"<[A-Za-z/!?]")


def document(feed: Feed, self_url: str, home_url: str) -> bytes:
    """The feed as UTF-8. `self_url` is where this document is served, `home_url` the page about it."""
    head = (
        f"{element('title', _title(feed.title))}"
        f"{element('link', home_url)}"
        f"{element('description', _as_html(feed.subtitle or feed.title))}"
        f"{element('language', feed.language) if feed.language else ''}"
        f"{element('lastBuildDate', _date(feed.updated)) if feed.entries else ''}"
        f"{element('generator', GENERATOR)}"
        f'<atom:link rel="self" type="{MEDIA_TYPE}" href="{escape(self_url)}"/>'
    )
    items = "\n".join(map(_item, feed.entries))
    whole = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<rss version="2.0" {_NAMESPACES}>\n<channel>\n{head}\n{items}\n</channel>\n</rss>\n'
    )
    return whole.encode("utf-8")


def _item(entry: Entry) -> str:
    link = f"<link>{escape(entry.url)}</link>" if entry.url else ""
    published = f"<pubDate>{_date(entry.published)}</pubDate>" if entry.published else ""
    categories = "".join([f"<category>{escape(name)}</category>" for name in entry.categories])
    description = f"<description>{escape(_as_html(entry.summary))}</description>" if entry.summary else ""
    content = f"<content:encoded>{escape(entry.html)}</content:encoded>" if entry.html else ""
    # RSS itself knows no date of a change, and its <author> is a mail address.
    return (
        f"<item><title>{escape(_title(entry.title))}</title>{link}"
        f'<guid isPermaLink="false">{escape(entry.id)}</guid>{published}'
        f"<atom:updated>{moment(entry.updated)}</atom:updated><dc:creator>{escape(entry.author)}</dc:creator>"
        f"{categories}{description}{content}</item>"
    )


def _title(text: str) -> str:
    """A title that is read alike as HTML and as text where that can be; as HTML where it cannot.

    `AT&T` and `a < b` mean themselves in both. `<b>` and `&lt;` do not: they are written as HTML, since a reader that
    took them for text would show odd characters, but one that took a bare tag for HTML would obey it.
    """
    return _as_html(text) if _TAG.search(text) or html.unescape(text) != text else text


def _as_html(text: str) -> str:
    return html.escape(text, quote=False)


def _date(at: datetime) -> str:
    """A date as RFC 822 writes it, with a year of four digits."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    time = utc.isoformat()[11:19]
    return f"{_WEEKDAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04} {time} GMT"
