"""The database: one writer thread whose transactions are shared, and readers with snapshots of their own."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, Self, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from policywatch import errors, logs
from policywatch.store.sqlite import READERS, Sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from sqlalchemy import Connection, Engine

_log = logs.get("store")

P = ParamSpec("P")
T = TypeVar("T")

BATCH = 200
"""Calls that share one transaction at the most: measured, a commit a call costs 80 times as much."""
PAUSE = 0.2
"""Seconds between tries of a transaction that could not begin or was cut off, at first."""
LONGEST_PAUSE = 2.0
FULL_SECONDS = 45.0
"""For so long after a write for which there was no room the store counts as full: small ones may still succeed."""


class Backend(Protocol):
    """What SQLite and PostgreSQL do each in its own way."""

    name: str
    """Fit to show: holds no password."""
    patience: float | None
    """Seconds for which a transaction that cannot be had is tried again; None: for as long as it takes."""

    @property
    def writer(self) -> Engine | None:
        """None when opened for reading only."""

    @property
    def reader(self) -> Engine:
        """Whose transactions cannot write."""

    def version(self, commits: int) -> Hashable | None:
        """What changes whenever something was committed, where our own commits say so; None: ask `version_in`."""

    def is_passing(self, error: Exception) -> bool:
        """A transaction that failed so left nothing behind, or only what running it again does not double."""

    def named(self, error: Exception) -> Exception:
        """The database's words in the user's; other exceptions as they are."""

    def close(self) -> None:
        """Lets go of it."""


def open_backend(where: Path | str, *, read_only: bool = False) -> Backend:
    """SQLite for a path, PostgreSQL for an address. Raises StoreError."""
    if isinstance(where, Path):
        return Sqlite.open(where, read_only=read_only)
    from policywatch.store.postgresql import Postgresql  # noqa: PLC0415  # its driver is an extra

    return Postgresql.open(where, read_only=read_only)


@dataclass(slots=True)
class _Work:
    call: Callable[[Connection], Any]
    future: Future[Any]


class Database:
    """What is kept, in a SQLite file or on a PostgreSQL server.

    Functions that write get the transaction as their first argument and run whole in the writer thread; what they
    return is handed back only after the commit. A function that raises leaves nothing behind, and those that shared
    its transaction are not harmed. A function may be run again when the database was locked or the connection lost, so
    it must have no effect but its statements.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.name = backend.name
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._busy_since: float | None = None
        self.longest_wait = 0.0
        """Seconds that a transaction once waited for another process's lock, or for the server."""
        self._full_at: float | None = None
        self.commits = 0
        """Counts what this process committed."""
        self._is_closing = False
        self._writer: threading.Thread | None = None
        if backend.writer is not None:
            self._writer = threading.Thread(target=self._write_loop, name="store-write", daemon=True)
            self._writer.start()

    @classmethod
    def open(cls, where: Path | str, *, read_only: bool = False) -> Self:
        """Opens a SQLite file (a path) or a PostgreSQL database (an address) and brings its schema up to date.

        Raises StoreBusyError when another policywatch holds the file, StoreError when it cannot be used.
        """
        return cls(open_backend(where, read_only=read_only))

    @classmethod
    def open_beside(cls, where: Path | str) -> Self:
        """Opens what a running service holds, for a few short writes; without one, as `open` does.

        What is written beside a service must be single statements of state that the service asks the store for.
        """
        try:
            return cls.open(where)
        except errors.StoreBusyError:
            assert isinstance(where, Path)  # only a file is held by one
            return cls(Sqlite.open_beside(where))

    @property
    def busy_seconds(self) -> float:
        """How long the writer has been waiting for another process's lock, or for the server, right now."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def is_full(self) -> bool:
        """Whether there was no room for a write just now."""
        return self._full_at is not None and time.monotonic() - self._full_at < FULL_SECONDS

    async def version(self) -> Hashable:
        """While it stays, everything that is read stays the same. Ask before reading, not after."""
        known = self._backend.version(self.commits)
        return await self.read(_snapshot) if known is None else known

    async def write(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `fn(tx, ...)` in the writer thread; returns after the commit. Raises what it raised, or StoreError."""
        return await asyncio.wrap_future(self._submit(fn, *args, **kwargs))

    def write_now(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, waiting where it is called."""
        return self._submit(fn, *args, **kwargs).result()

    async def read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `fn(tx, ...)` in a reader thread on a snapshot."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: self.read_now(fn, *args, **kwargs))

    def read_now(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, where it is called."""
        return self._patiently(lambda: self._read_once(fn, *args, **kwargs))

    def _read_once(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._backend.reader.begin() as tx:
            return fn(tx, *args, **kwargs)

    def close(self) -> None:
        """Finishes what was submitted, then lets go."""
        self._is_closing = True
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
        self._readers.shutdown(wait=True)
        self._backend.close()

    def _submit(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self._writer is None or self._is_closing:
            raise errors.StoreError(f"{self.name} is not open for writing")
        future: Future[T] = Future()
        self._queue.put(_Work(lambda tx: fn(tx, *args, **kwargs), future))
        return future

    def _write_loop(self) -> None:
        assert self._backend.writer is not None
        with contextlib.ExitStack() as open_:
            connection: Connection | None = None
            while (first := self._queue.get()) is not None:
                batch, is_last = self._batch(first)
                mine = [work for work in batch if work.future.set_running_or_notify_cancel()]
                try:
                    if connection is None:
                        connection = open_.enter_context(self._patiently(self._backend.writer.connect))
                    self._write_batch(connection, mine)
                except Exception as error:  # noqa: BLE001  # handed to whoever submitted the work
                    for work in mine:
                        if not work.future.done():
                            work.future.set_exception(error)
                if is_last:
                    return
                # What was written is not held until something else is.
                del first, batch, mine

    def _batch(self, first: _Work) -> tuple[list[_Work], bool]:
        """What shares a transaction, and whether nothing comes after it."""
        batch = [first]
        # Takes what is there and does not wait for more: a lone write is not held back.
        with contextlib.suppress(queue.Empty):
            while len(batch) < BATCH:
                following = self._queue.get_nowait()
                if following is None:
                    return batch, True
                batch.append(following)
        return batch, False

    def _write_batch(self, connection: Connection, batch: list[_Work]) -> None:
        try:
            results = self._patiently(lambda: self._shared(connection, batch))
        except Exception as error:  # noqa: BLE001  # handed to whoever submitted the work
            if len(batch) == 1:
                batch[0].future.set_exception(error)
                return
            # One of them is at fault: again, each behind a savepoint, so that only that one fails.
            try:
                results = self._patiently(lambda: self._apart(connection, batch))
            except Exception as second:  # noqa: BLE001  # the transaction as a whole cannot be had
                for work in batch:
                    work.future.set_exception(second)
                return
        for work, (result, failure) in zip(batch, results, strict=True):
            if failure is None:
                work.future.set_result(result)
            else:
                work.future.set_exception(self._named(failure))

    def _shared(self, connection: Connection, batch: list[_Work]) -> list[tuple[Any, Exception | None]]:
        transaction = self._begin(connection)
        try:
            results: list[tuple[Any, Exception | None]] = [(work.call(connection), None) for work in batch]
            transaction.commit()
            self.commits += 1
        except BaseException:
            transaction.rollback()
            raise
        return results

    def _apart(self, connection: Connection, batch: list[_Work]) -> list[tuple[Any, Exception | None]]:
        results: list[tuple[Any, Exception | None]] = []
        transaction = self._begin(connection)
        try:
            for work in batch:
                savepoint = connection.begin_nested()
                try:
                    results.append((work.call(connection), None))
                    savepoint.commit()
                except Exception as error:
                    if self._backend.is_passing(error):
                        raise
                    savepoint.rollback()
                    results = results[: batch.index(work)]
                    results.append((None, error))
            transaction.commit()
            self.commits += 1
        except BaseException:
            transaction.rollback()
            raise
        return results

    def _begin(self, connection: Connection) -> Any:
        """A transaction that has truly begun: SQLite takes its lock with the first statement."""
        try:
            transaction = connection.begin()
            connection.execute(text("SELECT 1"))
        except DBAPIError:
            connection.rollback()
            raise
        return transaction

    def _named(self, error: Exception) -> Exception:
        named = self._backend.named(error)
        if isinstance(named, errors.StoreFullError):
            self._full_at = time.monotonic()
        return named

    def _patiently(self, do: Callable[[], T]) -> T:
        """Does it, again and again while it fails for a passing reason. Raises in the user's words."""
        started = time.monotonic()
        pause = PAUSE
        while True:
            try:
                done = do()
            except Exception as error:
                waited = time.monotonic() - started
                patience = self._backend.patience
                is_over = self._is_closing or (patience is not None and waited >= patience)
                if is_over or not self._backend.is_passing(error):
                    named = self._named(error)
                    if named is error:
                        raise
                    raise named from error
                if self._busy_since is None:
                    _log.warning("cannot be had right now; waiting", database=self.name, error=str(error)[:200])
                self._busy_since = started
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self.longest_wait = max(self.longest_wait, time.monotonic() - started)
                self._busy_since = None
                return done


def _snapshot(tx: Connection) -> str:
    """Names the transactions whose work a reader does not see: another one as soon as one of them commits."""
    return str(tx.execute(text("SELECT CAST(pg_current_snapshot() AS text)")).scalar_one())
