"""The long-running service: ticks, the web pages, an orderly stop. Knows jobs, not what they do."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from policywatch import errors, logs
from policywatch.sandbox import heap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from starlette.types import ASGIApp

_log = logs.get("service")

STOP_SECONDS = 8.0
"""What running jobs get to end in order; a container's engine kills after 10."""
LOOK_SECONDS = 0.25
"""Between two looks at the clocks."""
JUMP_SECONDS = 5.0
"""By which the wall clock must leave the monotonic one to have been set."""
LAG_SECONDS = 1.0
"""From which on a loop that was blocked is told in the log."""
TRIM_SECONDS = 5.0
"""Between two times that memory is given back: measured, 2 ms each."""
ALARMING = 3
"""Failures in a row after which `on_failing` hears of a job."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do again and again."""

    name: str
    every: timedelta
    do: Callable[[], Awaitable[object]]
    may_overlap: bool = False
    """Its next run may begin before the last one ended: one slow source must not hold back those due later."""


class Service:
    """Runs jobs on ticks and serves the pages until it is told to stop.

    A tick only asks what is due: slots, polls and retries live in the database, so that a late or lost tick costs
    delay and nothing else. A job that raises is logged, counted, and runs again at its next tick.

    APScheduler reckons with the wall clock: set back by a day, it would start nothing for a day. So the two clocks are
    compared several times a second, and when the wall clock was set every job runs at once and goes on from there.
    """

    def __init__(
        self,
        jobs: list[Job],
        app: ASGIApp | None,
        *,
        host: str,
        port: int,
        on_tick: Callable[[], None],
        on_failing: Callable[[str, str], Awaitable[None]] | None = None,
        sides: Mapping[str, Callable[[asyncio.Event], Awaitable[None]]] = MappingProxyType({}),
    ) -> None:
        """`sides` run beside the jobs, each until the event that it is given; one that ends before stops all."""
        self._jobs = jobs
        self._sides = sides
        self._app = app
        self._host = host
        self._port = port
        self._on_tick = on_tick
        self._on_failing = on_failing
        """Hears the name of a job that failed three times in a row, and of its last error."""
        self.failures: dict[str, int] = {}
        """By job, in a row."""
        self.loop_lag = 0.0
        """Seconds by which the last look came late: something held the loop."""
        self._stop = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()
        self._crash: BaseException | None = None

    def stop(self) -> None:
        """Asks for an orderly stop; returns at once."""
        self._stop.set()

    async def run(self) -> None:
        """Returns after a stop was asked for and carried out. Raises PolicywatchError if the pages cannot be served."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        # One full collection, before anything is due.
        heap.settle()
        # misfire_grace_time is 1 s by default: a tick that was due while the loop was blocked would be dropped.
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        for job in self._jobs:
            scheduler.add_job(
                self._start,
                "interval",
                args=[job],
                seconds=job.every.total_seconds(),
                next_run_time=datetime.now(UTC),
                id=job.name,
            )
        server, serving = await self._serve()
        beside = [self._beside(name, side) for name, side in self._sides.items()]
        scheduler.start()
        beside.append(self._beside("clock", lambda stop: self._watch_clocks(scheduler, stop)))
        beside.append(self._beside("heap", _keep_small))
        web = f"http://{self._host}:{self._port}/" if self._app is not None else None
        _log.info("started", jobs=[job.name for job in self._jobs], web=web)
        try:
            await self._stop.wait()
        finally:
            _log.info("stopping", running=len(self._running))
            scheduler.shutdown(wait=False)
            await self._drain()
            await asyncio.gather(*beside, return_exceptions=True)
            if server is not None and serving is not None:
                server.should_exit = True
                with contextlib.suppress(asyncio.CancelledError):
                    await serving
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
            _log.info("stopped")
        if self._crash is not None:
            raise self._crash

    async def _watch_clocks(self, scheduler: AsyncIOScheduler, stop: asyncio.Event) -> None:
        """Notices a wall clock that was set, and a loop that was blocked."""
        clock = asyncio.get_running_loop().time
        seen, wall = clock(), datetime.now(UTC)
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
            passed = clock() - seen
            jumped = (datetime.now(UTC) - wall).total_seconds() - passed
            seen, wall = clock(), datetime.now(UTC)
            self.loop_lag = max(0.0, passed - LOOK_SECONDS)
            if self.loop_lag > LAG_SECONDS and not stop.is_set():
                _log.warning("the loop was blocked; what was due runs now", loop_lag=round(self.loop_lag, 2))
            if abs(jumped) > JUMP_SECONDS and not stop.is_set():
                _log.warning("the clock was set; every task runs now", by=round(jumped, 1))
                for job in self._jobs:
                    scheduler.modify_job(job.name, next_run_time=wall)

    def _beside(self, name: str, side: Callable[[asyncio.Event], Awaitable[None]]) -> asyncio.Task[None]:
        async def run() -> None:
            await side(self._stop)

        task = asyncio.create_task(run(), name=name)
        task.add_done_callback(self._side_task_ended)
        return task

    async def _start(self, job: Job) -> None:
        # The scheduler's own task must end at once: it is the tick, and a long poll must not hold back the clock.
        self._on_tick()
        if self._stop.is_set() or (job.name in self._busy and not job.may_overlap):
            return
        self._busy.add(job.name)
        task = asyncio.create_task(self._guarded(job), name=job.name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _guarded(self, job: Job) -> None:
        try:
            await job.do()
        except asyncio.CancelledError:
            raise
        except errors.PolicywatchError as error:
            _log.error("job failed", job=job.name, error=str(error))
            await self._failed(job, str(error))
        except Exception as error:  # noqa: BLE001  # the guard of one job: the others go on, and this one comes again
            _log.exception("job failed: a fault in the program", job=job.name)
            await self._failed(job, repr(error))
        else:
            self.failures.pop(job.name, None)
        finally:
            self._busy.discard(job.name)

    async def _failed(self, job: Job, error: str) -> None:
        count = self.failures[job.name] = self.failures.get(job.name, 0) + 1
        if count != ALARMING or self._on_failing is None:
            return
        try:
            await self._on_failing(job.name, error)
        except Exception:  # noqa: BLE001  # telling may fail for the same reason; the log has it all
            _log.exception("nobody could be told of a failing job", job=job.name)

    async def _drain(self) -> None:
        if not self._running:
            return
        _done, late = await asyncio.wait(self._running, timeout=STOP_SECONDS)
        for task in late:
            _log.warning("cut short", job=task.get_name())
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1)

    async def _serve(self) -> tuple[uvicorn.Server | None, asyncio.Task[None] | None]:
        if self._app is None:
            return None, None
        config = uvicorn.Config(
            self._app,
            host=self._host,
            port=self._port,
            log_config=None,
            access_log=False,  # addresses carry tokens
            proxy_headers=False,  # `web.trusted_proxies` says whose are believed
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        server = _Server(config)
        try:
            sockets = [config.bind_socket()]
        except SystemExit:
            raise errors.PolicywatchError(
                f"{self._host}:{self._port} cannot be listened on (is another program using it?); "
                "change web.listen in the configuration"
            ) from None
        # Who connects before the server's first turn waits instead of being refused.
        sockets[0].listen(config.backlog)
        self._port = sockets[0].getsockname()[1]
        task = asyncio.create_task(server.serve(sockets=sockets), name="web")
        task.add_done_callback(self._side_task_ended)
        return server, task

    def _side_task_ended(self, task: asyncio.Task[None]) -> None:
        if not self._stop.is_set():
            # A side task that dies stops the service in order; an orchestrator starts it again.
            self._crash = (None if task.cancelled() else task.exception()) or errors.PolicywatchError(
                f"the {task.get_name()} task ended by itself"
            )
            self._stop.set()


async def _keep_small(stop: asyncio.Event) -> None:
    """Gives back to the system what rounds of polls and changes of the configuration leave free, now and then."""
    try:
        while not stop.is_set():
            if not heap.is_settled():
                # After a change of the configuration; it holds the loop for as long as one full collection.
                heap.settle()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TRIM_SECONDS)
                return
            await asyncio.to_thread(heap.trim)
    finally:
        heap.unsettle()


class _Server(uvicorn.Server):
    """Leaves the signals to the service, which must drain its jobs first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
