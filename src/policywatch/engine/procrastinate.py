"""`engine: procrastinate`: any number of processes share the work through a queue in the same PostgreSQL database.

The one that leads looks what is due and puts it into the queue; every process serves the queues of its roles. The queue
may double or delay a job: a poll begins only if the store says that the source is due and nobody has begun, a digest's
slot closes once, a mail is claimed before it is tried. So a job is a hint, and the store decides.

https://procrastinate.readthedocs.io/ : a `queueing_lock` is unique among the jobs that wait; a job whose worker died
stays `doing` until somebody gives it back.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import procrastinate
from procrastinate import exceptions, jobs, schema

from policywatch import bootstrap, errors, logs
from policywatch.engine import ticks, upkeep
from policywatch.engine.roles import Role
from policywatch.service import Job
from policywatch.store import articles as article_rows
from policywatch.store import engine as engine_rows
from policywatch.store import indexing, outbox, workers
from policywatch.store import sources as source_rows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from procrastinate.tasks import Task

    from policywatch.engine.use import Use
    from policywatch.store.db import Database
    from policywatch.store.leader import Leadership

_log = logs.get("engine")

AGAIN = 60.0
"""Seconds after which a source that is still due is put into the queue again, in case its job was lost."""
AT_ONCE = 1000
"""Sources that one look puts into the queue."""
POLLS = 100
"""Jobs of a poller under way at once; most of them wait for a server or for their turn at a host."""
SENDS = 4
STALLED = 30.0
"""Seconds without a sign of life after which a worker's jobs are given back."""
BEAT = 10.0
"""Between two signs of life."""
URGENT = 10
PAUSE = 2.0
"""Seconds until a queue is served again whose connections broke."""
GRACE = 6.0
"""Seconds that running jobs get at a stop."""


class Procrastinate:
    """The queue of a PostgreSQL database."""

    def __init__(self, address: str, roles: frozenset[Role], use: Use, db: Database, leadership: Leadership) -> None:
        self._roles = roles
        self._use = use
        self._db = db
        self._leadership = leadership
        self._put_in: dict[str, float] = {}
        connector = procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=8)
        self._app = procrastinate.App(connector=connector)
        self._poll = self._app.task(name="poll", queue="poll")(self._polls)
        self._texts = self._app.task(name="texts", queue="poll", queueing_lock="texts")(self._read_texts)
        self._digest = self._app.task(name="digest", queue="send", queueing_lock="digest")(self._close_slots)
        self._deliver = self._app.task(name="deliver", queue="send", queueing_lock="deliver", priority=URGENT)(
            self._deliver_mail
        )
        self._health = self._app.task(name="health", queue="poll", queueing_lock="health")(self._tell_troubles)
        self._index = self._app.task(name="index", queue="poll", queueing_lock="index")(self._catch_up)
        self._upkeep = self._app.task(name="upkeep", queue="poll", queueing_lock="upkeep")(self._prune)
        self._rematch = self._app.task(name="rematch", queue="poll", queueing_lock="rematch", lock="rematch")(
            self._match_again
        )

    async def prepare(self) -> None:
        """Brings the queue's own tables up to date; the first of several processes does, the others wait."""
        folder = schema.SchemaManager.get_migrations_path()
        await self._db.write(engine_rows.upgrade, schema.SchemaManager.get_schema(), folder)
        await self._app.open_async()
        if Role.SCHEDULER in self._roles:
            await self._look()

    def jobs(self) -> list[Job]:
        """What the scheduler does again and again: looks, and puts into the queue. A poller keeps what it has begun."""
        renewing = [Job("claims", ticks.RENEW, lambda: self._use(lambda parts: parts.renew_claims()))]
        if Role.SCHEDULER not in self._roles:
            return renewing if Role.POLLER in self._roles else []
        return [
            *(renewing if Role.POLLER in self._roles else []),
            Job("lead", ticks.LEAD, self._look),
            Job("polls", ticks.POLL, self._leading(self._put_polls)),
            Job("texts", ticks.POLL, self._leading(self._put_texts)),
            Job("digests", ticks.DIGEST, self._leading(lambda: self._put(self._digest))),
            Job("deliveries", ticks.DELIVER, self._leading(self._put_deliveries)),
            Job("sweep", ticks.SWEEP, self._leading(self._sweep)),
            Job("index", ticks.INDEX, self._leading(self._put_index)),
            Job("health", ticks.HEALTH, self._leading(lambda: self._put(self._health))),
            Job("clock", ticks.CLOCK, self._leading(lambda: self._use(upkeep.mend_clock))),
            Job("upkeep", ticks.UPKEEP, self._leading(lambda: self._put(self._upkeep))),
            Job("rematch", ticks.REMATCH, self._leading(self._put_rematch)),
        ]

    def sides(self) -> Mapping[str, Callable[[asyncio.Event], Awaitable[None]]]:
        """What serves the queues, until the stop."""
        found = {}
        if Role.POLLER in self._roles:
            found["poller"] = self._serving("poll", POLLS)
        if Role.SENDER in self._roles:
            found["sender"] = self._serving("send", SENDS)
        return found

    async def close(self) -> None:
        """Ends the connections of the queue."""
        await self._app.close_async()
        await asyncio.to_thread(self._leadership.close)

    # --- the jobs -------------------------------------------------------------------------------------------------

    async def _polls(self, sources: list[str]) -> None:
        await self._use(lambda parts: parts.poller.poll_claimed(sources))

    async def _read_texts(self) -> None:
        await self._use(lambda parts: parts.texts.read_claimed())

    async def _close_slots(self) -> None:
        closed = await self._use(lambda parts: parts.digester.close_due())
        if any(one.messages for one in closed):
            await self._put(self._deliver)

    async def _deliver_mail(self) -> None:
        await self._use(lambda parts: parts.deliver_all())

    async def _tell_troubles(self) -> None:
        await self._use(lambda parts: parts.tell_troubles())

    async def _catch_up(self) -> None:
        await self._use(lambda parts: parts.index())

    async def _prune(self) -> None:
        await self._use(upkeep.prune)

    async def _match_again(self) -> None:
        await self._use(lambda parts: parts.rematcher.apply())

    # --- the scheduler --------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        await asyncio.to_thread(self._leadership.holds)

    def _leading(self, do: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        async def job() -> None:
            if not self._leadership.leads:
                return
            try:
                await do()
            except exceptions.ConnectorException as error:
                raise errors.StoreError(
                    "the queue in the database cannot be reached; is the server running?"
                ) from error

        return job

    async def _put_polls(self) -> None:
        now = time.monotonic()
        self._put_in = {source: at for source, at in self._put_in.items() if now - at < AGAIN}
        due = await self._db.read(source_rows.due_ids, bootstrap.now(), AT_ONCE + len(self._put_in))
        for source in [source for source in due if source not in self._put_in][:AT_ONCE]:
            await self._put(self._poll, f"poll:{source}", sources=[source])
            self._put_in[source] = now

    async def _put_texts(self) -> None:
        if await self._db.read(article_rows.is_any_awaiting, bootstrap.now()):
            await self._put(self._texts)

    async def _put_rematch(self) -> None:
        await self._use(lambda parts: parts.rematcher.notice())
        if await self._use(lambda parts: parts.rematcher.is_needed()):
            await self._put(self._rematch)

    async def _put_index(self) -> None:
        if await self._db.read(indexing.is_any_waiting):
            # One at a time: two would read and fold the same.
            await self._put(self._index, "index")

    async def _put_deliveries(self) -> None:
        if await self._db.read(outbox.is_any_due, bootstrap.now()):
            await self._put(self._deliver)

    async def _put(self, task: Task[Any, Any, Any], lock: str | None = None, **arguments: Any) -> None:
        # Waits already: it will be done.
        with contextlib.suppress(exceptions.AlreadyEnqueued):
            configured = task.configure(queueing_lock=lock, lock=lock) if lock else task
            await configured.defer_async(**arguments)

    async def _sweep(self) -> None:
        """Takes up what processes that died left behind."""
        stalled: Iterable[jobs.Job] = await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED)
        for job in stalled:
            _log.warning("given back: its process died", job=job.task_name)
            try:
                await self._app.job_manager.retry_job(job)
            except exceptions.UniqueViolation:
                # Another one of its kind waits, and would for ever: for the lock that this one holds.
                await self._app.job_manager.finish_job(job, jobs.Status.FAILED, delete_job=True)
        gone = await self._db.write(workers.bury)
        recovered = await self._db.write(outbox.recover, bootstrap.now())
        if gone or recovered:
            _log.warning("taken up again", processes=gone, messages=len(recovered))

    # --- the workers ----------------------------------------------------------------------------------------------

    def _serving(self, queue: str, at_once: int) -> Callable[[asyncio.Event], Awaitable[None]]:
        async def serve(stop: asyncio.Event) -> None:
            while not stop.is_set():
                await serve_once(stop)
                if not stop.is_set():
                    # Its connections broke. What it had begun was ended in order, or is swept.
                    _log.warning("the queue is served again in a moment: the database was gone", queue=queue)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), PAUSE)

        async def serve_once(stop: asyncio.Event) -> None:
            work = asyncio.create_task(
                self._app.run_worker_async(
                    queues=[queue],
                    name=queue,
                    concurrency=at_once,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE,
                    update_heartbeat_interval=BEAT,
                    stalled_worker_timeout=STALLED,
                ),
                name=f"worker-{queue}",
            )
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if stop.is_set():
                work.cancel()
            with contextlib.suppress(asyncio.CancelledError, exceptions.ConnectorException):
                await work

        return serve
