"""Looks at an unknown page: what it is, in which ways it can be read, and what each way gives.

look -> ways | for each way: ask what it names, read | keep the first that gives articles
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import dates, errors
from policywatch.model import Cursor, Page, RawItem, Reading, Request
from policywatch.sources import autodetect, base

if TYPE_CHECKING:
    from policywatch.model import Fetcher
    from policywatch.sandbox.pool import Sandbox
    from policywatch.sources.autodetect import Sight, Way

ZONE = dates.CHINA
"""What dates mean that name no zone."""
_FRESH = Cursor()
MAX_HOPS = 5
"""Pages that one way of reading may ask for."""


class Scout:
    """Lives in a limited child; each method is one call from the parent."""

    def look(self, page: Page, now: datetime) -> Sight:
        """What the page is."""
        return autodetect.look(page, now=now, zone=ZONE)

    def read(self, way: Way, page: Page, now: datetime) -> Reading:
        """What one way of reading gives of a page. Raises ParseError."""
        return base.build(spec_of(way)).read(page, now)

    def ask(self, way: Way) -> Request:
        """What one way of reading asks first."""
        return base.build(spec_of(way)).requests(_FRESH)[0]


@dataclass(frozen=True, slots=True)
class Read:
    """One way of reading and what it gave."""

    way: Way
    items: tuple[RawItem, ...] = ()
    error: str = ""
    unasked: tuple[str, ...] = ()
    """Addresses that the page names and nobody could ask: it was read from a file."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of looking."""

    page: Page
    sight: Sight
    best: Read | None
    """The first way that gave articles; else the first that would have asked for more."""
    others: tuple[Read, ...] = ()
    """Further ways that gave articles, and those that gave none, with the reason."""


def spec_of(way: Way, name: str = "", identity: str = "it") -> base.SourceSpec:
    """The configuration entry of a way of reading."""
    return base.SourceSpec(id=identity, name=name, kind=way.kind, url=way.url, options=way.options)


async def discover(
    page: Page, *, fetcher: Fetcher | None, sandbox: Sandbox, now: datetime, kind: str | None = None
) -> Found:
    """Looks at a page and tries the ways to read it; with `kind` only that one.

    Without a fetcher nothing more is asked for. Raises ParseError when the page cannot be looked at at all.
    """
    sight: Sight = await sandbox.call(page.url, "look", page, now)
    ways = [way for way in sight.ways if kind is None or way.kind == kind]
    if kind is not None and not ways:
        ways = [autodetect.Way(kind, page.url)]
    tried = [await _tried(way, page, fetcher, sandbox, now) for way in ways]
    if fetcher is not None and kind in {None, "feed"} and not sight.is_article and not _any(tried):
        for way in autodetect.guesses(page.url):
            guess = await _tried(way, page, fetcher, sandbox, now)
            if guess.items:
                tried.append(guess)
                break
    best = _best(tried)
    if sight.is_article and kind is None and best is not None and best.way.reason == "list":
        # Links beside an article's text are no column.
        best = None
    return Found(page, sight, best, tuple(one for one in tried if one is not best))


def _best(tried: list[Read]) -> Read | None:
    """The first way that gave articles, unless another is months ahead of it: sites forget their feeds."""
    given = [one for one in tried if one.items]
    fresh = max((_newest(one) for one in given), default=_NEVER)
    kept = next((one for one in given if _newest(one) > fresh - _BEHIND), None) if fresh > _NEVER else None
    return kept or next(iter(given), None) or next((one for one in tried if one.unasked), None)


def _newest(read: Read) -> datetime:
    return max((item.published for item in read.items if item.published is not None), default=_NEVER)


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_BEHIND = timedelta(days=60)


def _any(tried: list[Read]) -> bool:
    return any(one.items or one.unasked for one in tried)


async def _tried(way: Way, page: Page, fetcher: Fetcher | None, sandbox: Sandbox, now: datetime) -> Read:
    try:
        wanted: Request = await sandbox.call(way.url, "ask", way)
        if wanted.url.partition("#")[0] == page.url.partition("#")[0]:
            answer = page
        elif fetcher is None:
            return Read(way, unasked=(wanted.url,))
        else:
            answer = await fetcher.fetch(wanted)
        return await _followed(way, answer, fetcher, sandbox, now)
    except errors.SourceError as error:
        return Read(way, error=error.what)


async def _followed(way: Way, page: Page, fetcher: Fetcher | None, sandbox: Sandbox, now: datetime) -> Read:
    reading: Reading = await sandbox.call(way.url, "read", way, page, now)
    items = {item.key: item for item in reading.items}
    waiting = list(reading.follow)
    asked: set[str] = set()
    if fetcher is None:
        return Read(way, tuple(items.values()), unasked=tuple(request.url for request in waiting))
    while waiting and len(asked) < MAX_HOPS:
        request = waiting.pop(0)
        if request.url in asked:
            continue
        asked.add(request.url)
        further: Reading = await sandbox.call(way.url, "read", way, await fetcher.fetch(request), now)
        items.update((item.key, item) for item in further.items if item.key not in items)
        waiting += further.follow
    return Read(way, tuple(items.values()))
