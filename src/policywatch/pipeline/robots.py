"""Asks hosts for their robots.txt and obeys it (RFC 9309): for pages made for people, not for feeds subscribed to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protego import Protego

from policywatch import errors
from policywatch.model import Request
from policywatch.store import robots as robots_rows
from policywatch.store.robots import RobotsRow
from policywatch.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from policywatch.model import Fetcher
    from policywatch.store.db import Database

NAME = "policywatch"
"""What a robots.txt may call us, whatever the configuration's user agent is."""
FRESH = timedelta(hours=24)
CLOSED = timedelta(hours=1)
"""After a failure of the server its robots.txt is asked for again sooner: it may be up again."""
MAX_CHARACTERS = 500_000
"""RFC 9309, 2.5: what lies beyond need not be read."""
MOST = 5_000
"""Hosts whose parsed rules are kept; the others are read again from the store."""


class Robots:
    """Knows what hosts allow. Without a database it remembers only as long as it lives."""

    def __init__(self, db: Database | None, fetcher: Fetcher, now: Callable[[], datetime]) -> None:
        self._db = db
        self._fetcher = fetcher
        self._now = now
        self._known: dict[str, tuple[RobotsRow, Protego | None]] = {}
        self._asking: dict[str, asyncio.Task[tuple[RobotsRow, Protego | None]]] = {}

    async def permitted(self, request: Request) -> Request:
        """The request with the pause that its host wants.

        Raises FetchError `robots` when the host does not allow it, and what the fetch of robots.txt raises when no
        answer comes: then the page would not come either.
        """
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
        row, rules = await self._rules(origin, request)
        if row.is_closed:
            raise errors.FetchError(
                request.url,
                f"{parts.hostname} could not say what its robots.txt allows (the server failed); it is left alone "
                "until it can",
                code="robots_closed",
                retry_after=row.fetched_at + CLOSED,
            )
        if rules is None:
            return request
        if not rules.can_fetch(request.url, NAME):
            raise errors.FetchError(
                request.url,
                f"robots.txt of {parts.hostname} asks programs to stay away from {parts.path or '/'}: ask the site, "
                "or write `robots: ignore` at the source if you may read it all the same",
                code="robots",
                permanent=True,
            )
        delay = rules.crawl_delay(NAME)
        if not delay or delay <= 0:
            return request
        return replace(request, manner=replace(request.manner, pause=timedelta(seconds=min(delay, 86_400.0))))

    async def _rules(self, origin: str, request: Request) -> tuple[RobotsRow, Protego | None]:
        found = self._known.get(origin)
        if found is not None and self._is_fresh(found[0]):
            return found
        if origin not in self._asking:
            # Many sources of one host ask at once: one of them asks the host.
            task = asyncio.create_task(self._learn(origin, request), name=f"robots.txt of {origin}")
            self._asking[origin] = task
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(self._asking[origin])

    async def _learn(self, origin: str, request: Request) -> tuple[RobotsRow, Protego | None]:
        row = await self._db.read(robots_rows.load, origin) if self._db is not None else None
        if row is None or not self._is_fresh(row):
            row = await self._ask(origin, request)
            if self._db is not None:
                await self._db.write(robots_rows.keep, row)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[origin] = row, Protego.parse(row.rules) if row.rules else None
        return self._known[origin]

    async def _ask(self, origin: str, request: Request) -> RobotsRow:
        try:
            page = await self._fetcher.fetch(Request(f"{origin}/robots.txt", manner=request.manner))
        except errors.FetchError as error:
            if error.status is None or error.code == "host_blocked":
                raise
            return RobotsRow(origin, "", error.status >= 500, self._now())
        rules = decode.decode(page.body, page.headers.get("content-type"))[:MAX_CHARACTERS]
        return RobotsRow(origin, rules.replace("\x00", ""), is_closed=False, fetched_at=self._now())

    def _is_fresh(self, row: RobotsRow) -> bool:
        return self._now() - row.fetched_at < (CLOSED if row.is_closed else FRESH)
