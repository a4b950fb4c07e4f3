"""Reads the articles' own pages: what a list or a short feed entry only announced is read, matched and made due."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import errors, logs
from policywatch.fetch.backlog import Backlog
from policywatch.model import Article, Fetcher, Hit, Manner, RawItem
from policywatch.pipeline import record
from policywatch.pipeline.claims import CLAIM, Claims
from policywatch.pipeline.network import FAULTS, Network
from policywatch.pipeline.robots import Robots
from policywatch.store import articles as article_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policywatch.pipeline.plan import Plan
    from policywatch.sandbox.pool import Sandbox
    from policywatch.store.db import Database

_log = logs.get("read_text")

TRIES = 3
"""After as many failures an article is matched on title and summary, marked "text not read"."""
WAITS = (timedelta(minutes=5), timedelta(minutes=30))
"""Between the tries."""
AT_ONCE = 200
"""How many articles one round takes up; the next round takes the next."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What one round of reading came to."""

    read: int = 0
    matched: int = 0
    failed: int = 0
    """Could not be read this time, whether or not they will be tried again."""


class TextReader:
    """Reads the pages of articles that await their text."""

    def __init__(
        self,
        plan: Plan,
        db: Database,
        fetcher: Fetcher,
        sandbox: Sandbox,
        now: Callable[[], datetime],
        *,
        in_flight: set[int] | None = None,
        claims: Claims | None = None,
        robots: Robots | None = None,
        network: Network | None = None,
        backlog: Backlog | None = None,
    ) -> None:
        self._plan = plan
        self._specs = {spec.id: spec for spec in plan.sources}
        self._backfill = {spec.id: spec.backfill for spec in plan.sources}
        self._db = db
        self._fetcher = fetcher
        self._robots = robots or Robots(db, fetcher, now)
        self._network = network or Network()
        self._backlog = backlog or Backlog()
        self._sandbox = sandbox
        self._now = now
        self._in_flight: set[int] = set() if in_flight is None else in_flight
        self._claims = Claims() if claims is None else claims

    async def read_due(self) -> Texts:
        """Reads the page of every article whose turn it is, `AT_ONCE` at most. Does not raise for an article."""
        # Those in flight before the look: one that ends while we look is still shown as awaited.
        before = frozenset(self._in_flight)
        rows = await self._db.read(article_rows.awaiting, self._now(), AT_ONCE, exclude=tuple(before))
        # The text of a removed source stays awaited; should the source come back, it is read then.
        mine = [row for row in rows if row.source in self._backfill and row.article_id not in self._in_flight]
        self._in_flight |= {row.article_id for row in mine}
        try:
            outcomes = await asyncio.gather(*(self._read_guarded(row) for row in mine))
        finally:
            self._in_flight -= {row.article_id for row in mine}
        return _summed(outcomes)

    async def read_claimed(self) -> Texts:
        """As `read_due`, of articles that no other process has begun to read."""
        now = self._now()
        rows = await self._db.write(article_rows.claim_awaiting, now, now + CLAIM, AT_ONCE)
        mine = [row for row in rows if row.source in self._backfill]
        return _summed(await asyncio.gather(*(self._read_claimed(row, now + CLAIM) for row in mine)))

    async def _read_claimed(self, row: article_rows.Awaiting, until: datetime) -> bool | None:
        self._claims.articles[row.article_id] = until
        try:
            return await self._read_guarded(row)
        finally:
            self._claims.articles.pop(row.article_id, None)

    async def _read_guarded(self, row: article_rows.Awaiting) -> bool | None:
        """True when it matched, False when not, None when it could not be read."""
        try:
            spec = self._specs[row.source]
            request = replace(row.request, manner=Manner(legacy_tls=spec.tls == "legacy"))
            if spec.robots == "respect":
                request = await self._robots.permitted(request)
            page = await self._fetcher.fetch(request)
            with self._backlog.holding(len(page.body)):
                article, hits = await self._sandbox.call(page.url, "read_text", spec, _raw(row), page, self._now())
            del page  # what follows waits for the store
        except errors.SourceError as error:
            await self._failed(row, error)
            return None
        except errors.StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # the guard of one article: the others go on
            _log.exception("a fault in the program", source=row.source, url=row.url)
            await self._failed(row, errors.SourceError(row.url, f"policywatch itself failed: {error!r}"))
            return None
        return await self._settle(row, article, hits)

    async def _settle(self, row: article_rows.Awaiting, article: Article, hits: tuple[Hit, ...]) -> bool:
        settled = await self._db.write(
            record.settle_text,
            self._plan,
            row,
            replace(article, key=row.key),
            hits,
            backfill=self._backfill[row.source],
            now=self._now(),
        )
        _log.debug("read", source=row.source, url=row.url, watchlists=[hit.watchlist for hit in hits])
        return bool(settled)

    async def _failed(self, row: article_rows.Awaiting, error: errors.SourceError) -> None:
        what = logs.masked(error.what)
        if self._network.is_down and getattr(error, "code", "") in FAULTS:
            # An outage of an hour must not leave an hour's articles unread for ever.
            next_at = self._now() + WAITS[0]
            await self._db.write(article_rows.postpone_text, row.article_id, next_at=next_at, error=what, counts=False)
            return
        tries = row.tries + 1
        permanent = bool(getattr(error, "permanent", False))
        if tries < TRIES and not permanent:
            retry_at = self._now() + WAITS[tries - 1]
            retry_after = getattr(error, "retry_after", None)
            next_at = max(retry_at, retry_after) if retry_after else retry_at
            await self._db.write(article_rows.postpone_text, row.article_id, next_at=next_at, error=what)
            _log.warning("not read, will be tried again", source=row.source, url=row.url, tries=tries, error=what)
            return
        _log.warning("text not read: matched on title and summary", source=row.source, url=row.url, error=what)
        spec = self._specs[row.source]
        try:
            article, hits = await self._sandbox.call(row.url, "give_up_text", spec, _raw(row), self._now())
        except errors.SourceError as broken:
            # Even the list's few words break the reading process: kept, and tried again once a day.
            next_at = self._now() + timedelta(days=1)
            await self._db.write(article_rows.postpone_text, row.article_id, next_at=next_at, error=broken.what)
            return
        await self._settle(row, article, hits)


def _summed(outcomes: Sequence[bool | None]) -> Texts:
    return Texts(
        read=sum(outcome is not None for outcome in outcomes),
        matched=sum(outcome is True for outcome in outcomes),
        failed=sum(outcome is None for outcome in outcomes),
    )


def _raw(row: article_rows.Awaiting) -> RawItem:
    return RawItem(
        key=row.key,
        url=row.url,
        title=row.title,
        published=row.published,
        summary=row.summary,
        publisher=row.publisher,
    )
