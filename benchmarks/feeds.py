"""Reading feeds of 35 entries with full texts: feedparser and fastfeedparser against `kind: feed`.

Policywatch does more in its time than they do: its items have plain text for titles, summaries and bodies, dates in
UTC and absolute links, and what the fast way doubts goes through feedparser. The last row shows such feeds: there
feedparser itself is most of the work.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import fastfeedparser
import feedparser

from benchmarks.documents import feeds
from benchmarks.harness import Row
from policywatch.model import Page
from policywatch.sources.base import MAX_ITEMS, SourceSpec, build
from policywatch.sources.feeds import fast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

COUNT = 40
FEW = 6
ENTRIES = 35
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
URL = "http://127.0.0.1/feed.xml"


def rows() -> Iterator[Row]:
    """Raises AssertionError where the items differ."""
    bodies = [body for body, _ in feeds(COUNT, ENTRIES, ENTRIES)]
    rss, atom = bodies[::2], bodies[1::2]
    odd = [body.replace(b"<title>", b"<title xml:base='http://127.0.0.1/'>", 1) for body in bodies]
    source = build(SourceSpec(id="it", kind="feed", url=URL))

    def read(body: bytes) -> object:
        return source.read(Page(URL, 200, {"content-type": "application/xml"}, body, NOW), NOW)

    assert all(fast.read(body, URL, MAX_ITEMS) for body in bodies)
    assert not any(fast.read(body, URL, MAX_ITEMS) for body in odd)
    for body in bodies[:FEW]:
        _compare(body, source.read(Page(URL, 200, {}, body, NOW), NOW).items)
    plain = partial(feedparser.parse, sanitize_html=False, resolve_relative_uris=False)
    for name, files in (("RSS", rss), ("Atom", atom)):
        yield _row(f"{name} to items", "feedparser", feedparser.parse, read, files[:FEW], 15)
        yield _row(f"{name} to items", "feedparser, cleaning off", plain, read, files[:FEW], 5)
        yield _row(f"{name} to entries", "fastfeedparser, written in C", fastfeedparser.parse, _entries, files, 0.25)
    yield _row("that feedparser must read", "feedparser", feedparser.parse, read, odd[:FEW], 1)


def _entries(body: bytes) -> object:
    return fast.read(body, URL, MAX_ITEMS)


def _row(
    name: str,
    peer_name: str,
    peer: Callable[[bytes], object],
    ours: Callable[[bytes], object],
    files: Sequence[bytes],
    goal: float,
) -> Row:
    def each(work: Callable[[bytes], object]) -> None:
        for body in files:
            work(body)

    return Row(name, peer_name, partial(each, peer), partial(each, ours), len(files), "feeds", goal)


def _compare(body: bytes, items: Sequence[object]) -> None:
    theirs = feedparser.parse(body).entries
    assert [(entry.title, entry.link, entry.id) for entry in theirs] == [
        (item.title, item.url, item.key)  # type: ignore[attr-defined]
        for item in items
    ]
