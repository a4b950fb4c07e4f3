"""Feedparser: reads whatever calls itself a feed, and decides wherever the fast way has doubts.

It gets text that was decoded here: its own reading of encodings believes what a feed claims. Its dates are taken as
written: its own reading takes China's local time for UTC.
"""

from __future__ import annotations

import io
import re
from typing import Any
from xml.sax import SAXParseException

import feedparser

from policywatch import errors
from policywatch.sources.feeds.entry import Entry, Feed
from policywatch.text import html

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_NESTED = re.compile(
    r"""<!ENTITY\s+(?:%\s+)?[^\s"'>]{1,100}\s+(?:"[^"]{0,100000}?|'[^']{0,100000}?)[&%](?!(?:amp|lt|gt|quot|apos);)[A-Za-z_]""",
    re.IGNORECASE,
)
"""An entity that is made of others. No feed needs one; a few of them can stand for gigabytes."""
_BEGIN = re.compile(r"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry)\s*>", re.IGNORECASE)


def read(text: str, url: str, most: int) -> Feed | None:
    """The feed of a document's text; None when it is none. `url` is where it stands. Raises ParseError."""
    if _NESTED.search(text):
        what = "this feed defines entities out of other entities, as bombs do; it is not read"
        raise errors.ParseError(url, what, code="malformed")
    text, left_out = _shortened(text, most)
    markup = '<?xml version="1.0" encoding="utf-8"?>' + html.xml_safe(_DECLARATION.sub("", text, count=1))
    try:
        parsed = feedparser.parse(
            io.BytesIO(markup.encode()),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        )
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as fault:
        # It is written never to raise and yet does, on what no feed should have: a `<width>` outside an image is one.
        what = f"this feed is malformed in a way that its parser cannot get over ({type(fault).__name__})"
        raise errors.ParseError(url, what, code="malformed") from fault
    if not parsed.get("version") and not parsed.entries:
        return None
    if not parsed.entries and isinstance(parsed.get("bozo_exception"), SAXParseException):
        what = f"this feed is broken before its first entry ({parsed.bozo_exception.getMessage()})"
        raise errors.ParseError(url, what, code="malformed")
    entries = tuple(_entry(entry) for entry in parsed.entries[:most])
    return Feed(entries, left_out + max(0, len(parsed.entries) - most))


def _shortened(text: str, most: int) -> tuple[str, int]:
    """The text without the entries beyond those wanted: feedparser spends about a millisecond on each."""
    begins = [found.start() for found in _BEGIN.finditer(text)]
    if len(begins) <= most:
        return text, 0
    last = max((found.end() for found in _END.finditer(text, begins[-1])), default=len(text))
    return text[: begins[most]] + text[last:], len(begins) - most


def _entry(entry: Any) -> Entry:
    title, is_title_plain = _value(entry, "title")
    summary, is_summary_plain = _value(entry, "summary")
    dates = (entry.get(name) for name in ("published", "created", "updated") if name in entry)
    return Entry(
        id=str(entry.get("id", "")),
        link=_link(entry),
        title=title,
        is_title_plain=is_title_plain,
        summary=summary,
        is_summary_plain=is_summary_plain,
        contents=tuple(content.get("value", "") for content in entry.get("content", [])),
        dates=tuple(date for date in dates if isinstance(date, str) and date.strip()),
        publisher=str(entry.get("source", {}).get("title", "") or entry.get("author", "")),
    )


def _value(entry: Any, name: str) -> tuple[str, bool]:
    value = entry.get(name)
    detail = entry.get(f"{name}_detail") or {}
    return (value if isinstance(value, str) else ""), detail.get("type") == "text/plain"


def _link(entry: Any) -> str:
    for link in entry.get("links", []):
        if link.get("rel", "alternate") == "alternate" and link.get("href"):
            return str(link["href"])
    return str(entry.get("link", ""))
