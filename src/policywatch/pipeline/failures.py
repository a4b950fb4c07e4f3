"""What becomes of a poll that failed: when its source is asked again, and whether it is the source's fault at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch import logs, urls
from policywatch.pipeline.network import FAULTS
from policywatch.pipeline.polled import Polled
from policywatch.sources import health, rhythm
from policywatch.sources import history as histories
from policywatch.store import sources as source_rows

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch import errors
    from policywatch.pipeline.network import Network
    from policywatch.sources.base import SourceSpec
    from policywatch.store.db import Database
    from policywatch.store.sources import SourceState

_log = logs.get("poll")

AGAIN_WHEN_DOWN = timedelta(minutes=5)
"""When a source is asked again that could not be reached because the network is down."""


class Failures:
    """Records failures, and tells the network's state of all answers and failures."""

    def __init__(
        self,
        specs: Mapping[str, SourceSpec],
        db: Database,
        network: Network,
        now: Callable[[], datetime],
        rng: random.Random,
    ) -> None:
        self._specs = specs
        self._db = db
        self._network = network
        self._now = now
        self._rng = rng

    async def answered(self, state: SourceState) -> None:
        """The source's server answered, whatever it said."""
        await self._note(state, answered=True)

    async def record(self, state: SourceState, error: errors.SourceError) -> Polled:
        """The source could not be read."""
        now = self._now()
        what = logs.masked(error.what)
        code = getattr(error, "code", "error")
        status: int | None = getattr(error, "status", None)
        retry_after: datetime | None = getattr(error, "retry_after", None)
        every = self._specs[state.id].own_interval or rhythm.DEFAULT
        if code == "host_blocked":
            # Another source of this host was told to wait: this one was not asked, and is not at fault.
            await self._db.write(source_rows.postpone, {state.id: retry_after or now + every})
            return Polled(state.id, "postponed", error=what)
        await self._note(state, answered=code not in FAULTS)
        if self._network.is_down and code in FAULTS:
            failure = source_rows.Failure(state.id, now, now + AGAIN_WHEN_DOWN, what, state.history, counts=False)
            await self._db.write(source_rows.record_failure, failure)
            return Polled(state.id, "error", error=what)
        is_gone = status == 410
        fault = f"http_{status}" if status else code
        history = health.judged(histories.after_failure(state.history, now, fault, is_gone=is_gone), now)
        wait = rhythm.LONGEST if is_gone else rhythm.backoff(every, state.failures, self._rng)
        next_poll_at = max(now + wait, retry_after or now)
        next_poll_at = rhythm.not_skipped(next_poll_at, history.cadence, now)
        failure = source_rows.Failure(state.id, now, next_poll_at, what, history)
        if code in FAULTS:
            # Before it is written: whoever sees now that the network is down takes it back behind this write.
            self._network.blame(state.id, now, state)
        # "Too many requests" speaks of whoever asks, so all sources of the host wait; a 503 speaks of one page.
        await self._db.write(_record, failure, self._host(state) if status == 429 else "", retry_after)
        return Polled(state.id, "error", error=what)

    async def _note(self, state: SourceState, *, answered: bool) -> None:
        now = self._now()
        was_down = self._network.is_down
        if answered or state.failures == 0:
            self._network.note(self._host(state), now, answered=answered)
        if answered:
            self._network.acquit(state.id)
        if self._network.is_down and not was_down:
            blamed = self._network.blamed(now)
            _log.error("the network is down: hardly any host answers", sources=len(blamed) + 1)
            await self._db.write(source_rows.forgive, blamed, now + AGAIN_WHEN_DOWN)
        elif was_down and not self._network.is_down:
            _log.warning("the network is back")

    def _host(self, state: SourceState) -> str:
        return urls.host(self._specs[state.id].url)


def _record(tx: Connection, failure: source_rows.Failure, host: str, retry_after: datetime | None) -> None:
    """With a host that asked for a pause: none of its sources is asked before, also after a restart."""
    source_rows.record_failure(tx, failure)
    if host and retry_after is not None:
        source_rows.leave_alone(tx, host, retry_after)
