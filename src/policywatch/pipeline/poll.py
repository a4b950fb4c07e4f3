"""Asks the sources that are due and records what they answer."""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import errors, logs
from policywatch.model import Article, Fetcher, Hit, Page, ReadOutcome, Request, Validators
from policywatch.pipeline import record
from policywatch.sources import base
from policywatch.store import sources as source_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from policywatch.pipeline.plan import Plan
    from policywatch.sandbox.pool import Sandbox
    from policywatch.sources.base import SourceSpec
    from policywatch.store.db import Database

_log = logs.get("poll")

MAX_HOPS = 5
"""How many pages a page may name in a row (its API, the next page)."""
CLAIM = timedelta(minutes=10)
"""How long a source waits whose poll was claimed by a process that then died."""
MAX_BACKOFF = timedelta(hours=24)
LATE = timedelta(days=30)
"""After the baseline an item may carry a date this much older than the last successful poll and still be news:
government sites publish under the day of signature, often weeks later."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll of one source came to; what the log line says."""

    source: str
    status: str
    """ok, unchanged or error."""
    new: int = 0
    matched: int = 0
    seen: int = 0
    error: str = ""


@dataclass(slots=True)
class _Gathered:
    """What the pages of one poll brought together."""

    articles: list[tuple[Article, tuple[Hit, ...]]] = field(default_factory=list)
    details: dict[str, Request] = field(default_factory=dict)
    validators: dict[str, Validators] = field(default_factory=dict)
    body_hashes: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    truncated: int = 0
    newest: datetime | None = None
    was_read: bool = False

    def take(self, outcome: ReadOutcome) -> None:
        keys = {article.key for article, _ in self.articles}
        self.articles += [pair for pair in outcome.articles if pair[0].key not in keys]
        self.details.update(outcome.details)
        self.seen += outcome.items_seen
        self.truncated += outcome.truncated
        self.newest = max((day for day in (self.newest, outcome.newest) if day), default=None)
        self.was_read = True


class Poller:
    """Polls sources, each at most once at a time, also beside another Poller with the same `in_flight`."""

    def __init__(
        self,
        plan: Plan,
        db: Database,
        fetcher: Fetcher,
        sandbox: Sandbox,
        now: Callable[[], datetime],
        *,
        in_flight: set[str] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._plan = plan
        self._specs = {spec.id: spec for spec in plan.sources}
        self._db = db
        self._fetcher = fetcher
        self._sandbox = sandbox
        self._now = now
        self._rng = rng or random.Random()  # noqa: S311  # jitter, no secret
        self._in_flight: set[str] = set() if in_flight is None else in_flight

    async def poll_due(
        self, only: Sequence[str] | None = None, *, on_polled: Callable[[Polled], None] | None = None
    ) -> list[Polled]:
        """Polls every source that is due, or those named, and gives what each came to. Does not raise for a source.

        `on_polled` hears of each as it ends.
        """
        # Those in flight before the look: one that ends while we look is still shown as due.
        before = frozenset(self._in_flight)
        states = await self._db.read(source_rows.due, self._now(), only=only)
        mine = [state for state in states if state.id in self._specs and state.id not in before | self._in_flight]
        self._in_flight |= {state.id for state in mine}
        try:
            return list(await asyncio.gather(*(self._poll_guarded(state, on_polled) for state in mine)))
        finally:
            self._in_flight -= {state.id for state in mine}

    async def poll_claimed(self, sources: Sequence[str]) -> list[Polled]:
        """As `poll_due` with names, but only those that are due and that no other process has begun to poll."""
        now = self._now()
        states = await self._db.write(source_rows.claim, now, now + CLAIM, sources)
        mine = [state for state in states if state.id in self._specs]
        return list(await asyncio.gather(*(self._poll_guarded(state, None) for state in mine)))

    async def _poll_guarded(self, state: source_rows.SourceState, on_polled: Callable[[Polled], None] | None) -> Polled:
        started = asyncio.get_running_loop().time()
        try:
            polled = await self._poll(state)
        except errors.SourceError as error:
            polled = await self._failed(state, error)
        except errors.StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # the guard of one source: the others go on
            _log.exception("a fault in the program", source=state.id)
            polled = await self._failed(state, errors.SourceError("", f"policywatch itself failed: {error!r}"))
        secs = round(asyncio.get_running_loop().time() - started, 2)
        line = {"source": state.id, "status": polled.status, "new": polled.new, "matched": polled.matched, "secs": secs}
        if polled.error:
            _log.warning("polled", **line, error=polled.error)
        else:
            _log.info("polled", **line, seen=polled.seen)
        if on_polled is not None:
            on_polled(polled)
        return polled

    async def _poll(self, state: source_rows.SourceState) -> Polled:
        spec = self._specs[state.id]
        source = base.build(spec)
        first_now = self._now()
        oldest = self._oldest(spec, state, first_now)
        known: frozenset[bytes] | None = None
        gathered = _Gathered()
        queue = [(request, 0) for request in source.requests(state.cursor)]
        while queue:
            request, hop = queue.pop(0)
            place = _place(request.url)
            page = await self._fetcher.fetch(request, state.validators.get(place))
            gathered.validators[place] = page.validators
            body_hash = hashlib.blake2b(page.body, digest_size=8).hexdigest()
            if page.is_unchanged:
                gathered.body_hashes[place] = state.body_hashes.get(place, "")
                gathered.validators[place] = _merged(state.validators.get(place), page)
                continue
            gathered.body_hashes[place] = body_hash
            if body_hash == state.body_hashes.get(place):
                continue
            if known is None:
                known = await self._db.read(source_rows.known_keys, state.id)
            outcome: ReadOutcome = await self._sandbox.call(
                page.url, "read", state.id, page, known, oldest, self._now()
            )
            gathered.take(outcome)
            if outcome.follow:
                # A page that only names its list may stay the same for years while the list does not.
                gathered.validators[place] = Validators()
                gathered.body_hashes.pop(place, None)
            if hop < MAX_HOPS:
                is_first = state.cursor.last_success_at is None
                further = [*outcome.follow, *([outcome.older] if outcome.older and is_first else [])]
                queue += [(follow, hop + 1) for follow in further if _place(follow.url) not in gathered.validators]
        return await self._succeeded(spec, state, gathered, oldest)

    def _oldest(self, spec: SourceSpec, state: source_rows.SourceState, now: datetime) -> datetime | None:
        if spec.backfill is None:
            return None
        if state.cursor.last_success_at is None:
            return now - spec.backfill
        return state.cursor.last_success_at - max(spec.backfill, LATE)

    async def _succeeded(
        self, spec: SourceSpec, state: source_rows.SourceState, gathered: _Gathered, oldest: datetime | None
    ) -> Polled:
        now = self._now()
        next_poll_at = now + spec.every
        if not gathered.was_read:
            unchanged = source_rows.Unchanged(state.id, now, next_poll_at, gathered.validators)
            await self._db.write(source_rows.record_unchanged, [unchanged])
            return Polled(state.id, "unchanged")
        success = source_rows.Success(
            source=state.id,
            at=now,
            next_poll_at=next_poll_at,
            validators=gathered.validators,
            body_hashes=gathered.body_hashes,
            items_seen=gathered.seen,
            newest=gathered.newest,
        )
        recorded = await self._db.write(
            _record_poll,
            self._plan,
            success,
            gathered.articles,
            gathered.details,
            oldest=oldest,
            is_first=state.cursor.last_success_at is None,
        )
        if gathered.truncated:
            _log.warning("left out", source=state.id, items=gathered.truncated)
        return Polled(state.id, "ok", recorded.new, recorded.matched, gathered.seen)

    async def _failed(self, state: source_rows.SourceState, error: errors.SourceError) -> Polled:
        now = self._now()
        wait = self._backoff(self._specs[state.id].every, state.failures)
        next_poll_at = now + wait
        retry_after = getattr(error, "retry_after", None)
        if retry_after is not None:
            next_poll_at = max(next_poll_at, min(retry_after, now + MAX_BACKOFF))
        what = logs.masked(error.what)
        failure = source_rows.Failure(state.id, now, next_poll_at, what)
        await self._db.write(source_rows.record_failure, failure)
        return Polled(state.id, "error", error=what)

    def _backoff(self, every: timedelta, failures: int) -> timedelta:
        # Doubling with +-20 %, so that sources that failed together do not come back together.
        factor = 2.0 ** min(failures, 10) * self._rng.uniform(0.8, 1.2)
        return min(every * factor, MAX_BACKOFF)


def _place(url: str) -> str:
    """What an address is remembered by: with a log-in or a token in it, it must not lie in the database."""
    return hashlib.blake2b(url.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _merged(old: Validators | None, page: Page) -> Validators:
    """A 304 may carry a newer validator (RFC 9111, 4.3.4); what it does not name stays."""
    new = page.validators
    if old is None:
        return new
    return Validators(new.etag or old.etag, new.last_modified or old.last_modified)


def _record_poll(
    tx: Connection,
    plan: Plan,
    success: source_rows.Success,
    found: Sequence[tuple[Article, tuple[Hit, ...]]],
    details: dict[str, Request],
    *,
    oldest: datetime | None,
    is_first: bool,
) -> record.Recorded:
    recorded = record.add_articles(tx, plan, found, details, oldest=oldest, is_first=is_first, now=success.at)
    source_rows.record_success(tx, success)
    return recorded
