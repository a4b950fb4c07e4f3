"""Asks the sources that are due and records what they answer."""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import errors, logs
from policywatch.fetch.backlog import Backlog
from policywatch.model import Cadence, Fetcher, Page, ReadOutcome, Request, SourceHistory, Validators
from policywatch.pipeline import asking, record
from policywatch.pipeline.claims import CLAIM, Claims
from policywatch.pipeline.failures import Failures
from policywatch.pipeline.network import Network
from policywatch.pipeline.polled import MAX_HOPS, Gathered, Polled
from policywatch.pipeline.recorder import Recorder
from policywatch.pipeline.robots import Robots
from policywatch.sources import base, health, rhythm
from policywatch.sources import history as histories
from policywatch.store import sources as source_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policywatch.pipeline.plan import Plan
    from policywatch.sandbox.pool import Sandbox
    from policywatch.sources.base import SourceSpec
    from policywatch.store.db import Database

_log = logs.get("poll")

LATE = timedelta(days=30)
"""After the baseline an item may carry a date this much older than the last successful poll and still be news:
government sites publish under the day of signature, often weeks later."""
APART = 0.01
"""Seconds between the beginnings of polls that came due together: all at once, a hundred hold the event loop."""
TRIED_WHEN_DOWN = 20
"""So many sources a round find out whether the network is back."""


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
        claims: Claims | None = None,
        rng: random.Random | None = None,
        robots: Robots | None = None,
        network: Network | None = None,
        backlog: Backlog | None = None,
    ) -> None:
        self._plan = plan
        self._specs = {spec.id: spec for spec in plan.sources}
        self._db = db
        self._fetcher = fetcher
        self._sandbox = sandbox
        self._now = now
        self._in_flight: set[str] = set() if in_flight is None else in_flight
        self._claims = Claims() if claims is None else claims
        self._robots = robots or Robots(db, fetcher, now)
        self._recorder = Recorder(plan, db)
        self._backlog = backlog or Backlog()
        self.network = network or Network()
        self._failures = Failures(self._specs, db, self.network, now, rng or random.Random())  # noqa: S311  # jitter

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
        claimed = {state.id for state in mine}
        self._in_flight |= claimed
        try:
            if only is None:
                mine = await self._wanted_now(mine)
                left = claimed - {state.id for state in mine}
                self._in_flight -= left
                claimed -= left
            apart = APART if only is None else 0.0
            waits = [self._poll_after(rank * apart, state, on_polled) for rank, state in enumerate(mine)]
            self._recorder.expect(len(waits))
            # Each poll has its own: what a source was before would else be kept until the slowest of its round ends.
            del states, mine
            return list(await asyncio.gather(*waits))
        finally:
            self._in_flight -= claimed

    async def _poll_after(
        self, seconds: float, state: source_rows.SourceState, on_polled: Callable[[Polled], None] | None
    ) -> Polled:
        try:
            if seconds:
                await asyncio.sleep(seconds)
            return await self._poll_guarded(state, on_polled)
        finally:
            self._recorder.expect(-1)

    async def _wanted_now(self, states: list[source_rows.SourceState]) -> list[source_rows.SourceState]:
        """Without those whose feeds skip this hour or day; a few only while the network is down."""
        now = self._now()
        # What skips everything is asked once a day: its turn, which was put a day off, is when it is due.
        skipped = {
            state.id: rhythm.not_skipped(now, state.history.cadence)
            for state in states
            if state.history.cadence != Cadence()
        }
        later = {source: moment for source, moment in skipped.items() if moment > now}
        if later:
            await self._db.write(source_rows.postpone, later)
        wanted = [state for state in states if state.id not in later]
        return wanted[:TRIED_WHEN_DOWN] if self.network.is_down else wanted

    async def poll_claimed(self, sources: Sequence[str]) -> list[Polled]:
        """As `poll_due` with names, but only those that are due and that no other process has begun to poll."""
        now = self._now()
        states = await self._db.write(source_rows.claim, now, now + CLAIM, sources)
        mine = await self._wanted_now([state for state in states if state.id in self._specs])
        return list(await asyncio.gather(*(self._poll_claimed(state, now + CLAIM) for state in mine)))

    async def _poll_claimed(self, state: source_rows.SourceState, until: datetime) -> Polled:
        self._claims.sources[state.id] = until
        try:
            return await self._poll_guarded(state, None)
        finally:
            self._claims.sources.pop(state.id, None)

    async def _poll_guarded(self, state: source_rows.SourceState, on_polled: Callable[[Polled], None] | None) -> Polled:
        started = asyncio.get_running_loop().time()
        try:
            polled = await self._poll(state)
            await self._failures.answered(state)
        except errors.SourceError as error:
            polled = await self._failures.record(state, error)
        except errors.StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # the guard of one source: the others go on
            _log.exception("a fault in the program", source=state.id)
            failure = errors.SourceError("", f"policywatch itself failed: {error!r}")
            polled = await self._failures.record(state, failure)
        secs = round(asyncio.get_running_loop().time() - started, 2)
        line = {"source": state.id, "status": polled.status, "new": polled.new, "matched": polled.matched, "secs": secs}
        if polled.error:
            _log.warning("polled", **line, error=polled.error)
        elif polled.status == "unchanged":
            # Of ten thousand sources nearly all, each hour.
            _log.debug("polled", **line)
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
        gathered = Gathered()
        queue = [(request, 0) for request in source.requests(state.cursor)]
        while queue:
            request, hop = queue.pop(0)
            outcome = await self._read(source, request, state, gathered, oldest)
            if outcome is not None and hop < MAX_HOPS:
                is_first = state.cursor.last_success_at is None
                further = [*outcome.follow, *([outcome.older] if outcome.older and is_first else [])]
                queue += [(follow, hop + 1) for follow in further if _place(follow.url) not in gathered.validators]
        return await self._succeeded(spec, state, gathered, oldest)

    async def _read(
        self,
        source: base.Source,
        request: Request,
        state: source_rows.SourceState,
        gathered: Gathered,
        oldest: datetime | None,
    ) -> ReadOutcome | None:
        """Asks for one page and reads it; None when it holds what it held."""
        place = _place(request.url)
        page = await self._ask(source, request, state, gathered)
        gathered.validators[place] = page.validators
        if page.is_unchanged:
            gathered.body_hashes[place] = state.body_hashes.get(place, "")
            gathered.validators[place] = _merged(state.validators.get(place), page)
            return None
        gathered.body_hashes[place] = hashlib.blake2b(page.body, digest_size=8).hexdigest()
        if gathered.body_hashes[place] == state.body_hashes.get(place):
            return None
        with self._backlog.holding(len(page.body)):
            if gathered.known is None:
                gathered.known = await self._db.read(source_rows.known_keys, state.id)
            outcome: ReadOutcome = await self._sandbox.call(
                page.url, "read", source.spec, page, gathered.known, oldest, self._now()
            )
        gathered.take(outcome)
        if outcome.follow:
            # A page that only names its list may stay the same for years while the list does not.
            gathered.validators[place] = Validators()
            gathered.body_hashes.pop(place, None)
        return outcome

    async def _ask(
        self, source: base.Source, request: Request, state: source_rows.SourceState, gathered: Gathered
    ) -> Page:
        """One page, from where the source moved to if it has, as its robots.txt allows."""
        spec, moved = source.spec, state.history.moved
        is_own = request.url == spec.url and request.method == "GET"
        is_direct = is_own and moved is not None and moved.is_settled
        url = moved.to if moved is not None and is_direct else ""
        asked = await asking.asked(source, request, self._robots, url=url)
        gathered.pause = gathered.pause or asked.manner.pause
        page = await self._fetcher.fetch(asked, state.validators.get(_place(request.url)))
        if not gathered.headers:
            gathered.headers = page.headers
        # With a log-in or a token in it an address must not lie in the database.
        if is_own and logs.masked(spec.url) == spec.url and logs.masked(page.moved_to) == page.moved_to:
            gathered.moved_to, gathered.was_direct = page.moved_to, is_direct
        return page

    def _oldest(self, spec: SourceSpec, state: source_rows.SourceState, now: datetime) -> datetime | None:
        if spec.backfill is None:
            return None
        if state.cursor.last_success_at is None:
            return now - spec.backfill
        return state.cursor.last_success_at - max(spec.backfill, LATE)

    async def _succeeded(
        self, spec: SourceSpec, state: source_rows.SourceState, gathered: Gathered, oldest: datetime | None
    ) -> Polled:
        now = self._now()
        history = await self._history_of(state, gathered, now)
        next_poll_at = self._next(spec, state, history, gathered, now)
        if not gathered.was_read:
            await self._recorder.unchanged(
                source_rows.Unchanged(state.id, now, next_poll_at, gathered.validators, history)
            )
            return Polled(state.id, "unchanged")
        success = source_rows.Success(
            source=state.id,
            at=now,
            next_poll_at=next_poll_at,
            validators=gathered.validators,
            body_hashes=gathered.body_hashes,
            items_seen=gathered.seen,
            newest=gathered.newest,
            history=history,
        )
        recorded = await self._recorder.read(
            success,
            record.Poll(gathered.articles, gathered.details, oldest, is_first=state.cursor.last_success_at is None),
        )
        if gathered.truncated:
            _log.warning("left out", source=state.id, items=gathered.truncated)
        return Polled(state.id, "ok", recorded.new, recorded.matched, gathered.seen)

    async def _history_of(self, state: source_rows.SourceState, gathered: Gathered, now: datetime) -> SourceHistory:
        history = state.history
        if gathered.was_read:
            history = histories.after_reading(
                history,
                now,
                items=gathered.seen,
                dated=gathered.dated,
                new_titles=[article.title for article, _ in gathered.articles],
                cadence=gathered.cadence or Cadence(),
            )
        else:
            history = histories.after_unchanged(history)
        was = history.moved
        history = histories.after_redirect(history, now, gathered.moved_to, was_followed_directly=gathered.was_direct)
        moved = history.moved
        if moved is not None and moved.is_settled and (was is None or not was.is_settled):
            if await self._db.read(source_rows.others_moved_to, state.id, moved.to):
                # Several columns that all lead to one page: a portal or a front page, not where this one went.
                history = replace(history, moved=replace(moved, is_settled=False))
            else:
                _log.warning("asked at its new address from now on", source=state.id, url=moved.to)
        if rhythm.skips_everything(history.cadence) and not rhythm.skips_everything(state.history.cadence):
            _log.warning("the feed wants never to be asked (skipHours, skipDays); asked once a day", source=state.id)
        return health.judged(history, now)

    def _next(
        self,
        spec: SourceSpec,
        state: source_rows.SourceState,
        history: SourceHistory,
        gathered: Gathered,
        now: datetime,
    ) -> datetime:
        wait = rhythm.interval(
            spec.own_interval,
            cadence=history.cadence,
            fresh=rhythm.fresh_for(gathered.headers, now),
            quiet_polls=history.quiet_polls,
            pause=gathered.pause,
        )
        begun = now if gathered.pause else rhythm.beat(state.due_at, wait, now)
        return rhythm.not_skipped(begun + wait, history.cadence, now)


def _place(url: str) -> str:
    """What an address is remembered by: with a log-in or a token in it, it must not lie in the database."""
    return hashlib.blake2b(url.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _merged(old: Validators | None, page: Page) -> Validators:
    """A 304 may carry a newer validator (RFC 9111, 4.3.4); what it does not name stays."""
    new = page.validators
    if old is None:
        return new
    return Validators(new.etag or old.etag, new.last_modified or old.last_modified)
