"""The database: one writer thread whose transactions are shared, and readers with snapshots of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sqlite3
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from policywatch import errors, logs
from policywatch.store import place, schema, values
from policywatch.store.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = logs.get("store")

P = ParamSpec("P")
T = TypeVar("T")

BATCH = 200
"""Calls that share one transaction at the most: measured, a commit a call costs 80 times as much."""
BUSY_SECONDS = 5
"""How long SQLite itself waits for a lock before it says so and we wait on."""
READERS = 3


@dataclass(slots=True)
class _Work:
    call: Callable[[Connection], Any]
    future: Future[Any]


class Database:
    """A SQLite file that this process holds alone for writing.

    Functions that write get the transaction as their first argument and run whole in the writer thread; what they
    return is handed back only after the commit. A function that raises leaves nothing behind, and those that shared
    its transaction are not harmed.
    """

    def __init__(self, path: Path, writer: Engine | None, reader: Engine, lock: FileLock | None) -> None:
        self.path = path
        self._writer_engine = writer
        self._reader_engine = reader
        self._lock = lock
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._busy_since: float | None = None
        self.longest_wait = 0.0
        """Seconds that a transaction once waited for another process's lock."""
        self.commits = 0
        """Counts what was committed: while it stays, everything that is read stays the same."""
        self._is_closing = False
        self._writer: threading.Thread | None = None
        if writer is not None:
            self._writer = threading.Thread(target=self._write_loop, name="store-write", daemon=True)
            self._writer.start()

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Opens the file, makes it where there is none, and brings its schema up to date.

        Raises StoreBusyError when another policywatch holds it, StoreError when it cannot be used: no room to write,
        damaged, or of a newer version. A damaged file is never replaced.
        """
        if read_only:
            return cls._open_read_only(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise errors.StoreError(f"{path.parent} cannot be made ({error.strerror}); name another folder") from error
        place.require_local(path.parent)
        place.require_writable(path.parent)
        lock = FileLock.take(path)
        try:
            _refuse_foreign_file(path)
            writer = _engine(path, "BEGIN IMMEDIATE", pooled=False)
            with _plain_words(path):
                _prepare(path, writer)
            return cls(path, writer, _engine(path, "BEGIN", pooled=True), lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open_beside(cls, path: Path) -> Self:
        """Opens the file for small changes by hand, also while a service holds it; SQLite lets one write at a time.

        Raises StoreError when it is not there, or has another schema than this version.
        """
        cls._open_read_only(path).close()
        place.require_writable(path.parent)
        return cls(path, _engine(path, "BEGIN IMMEDIATE", pooled=False), _engine(path, "BEGIN", pooled=True), None)

    @classmethod
    def _open_read_only(cls, path: Path) -> Self:
        if not path.exists():
            raise errors.StoreError(f"{path} is not there yet; run `policywatch poll` or `policywatch run` first")
        _refuse_foreign_file(path)
        reader = _engine(path, "BEGIN", pooled=True)
        with _plain_words(path), reader.begin() as tx:
            schema.require_current(tx, str(path))
        return cls(path, None, reader, None)

    @property
    def busy_seconds(self) -> float:
        """How long the writer has been waiting for another process's lock right now."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

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
        with _plain_words(self.path), self._reader_engine.begin() as tx:
            return fn(tx, *args, **kwargs)

    def close(self) -> None:
        """Finishes what was submitted, then lets go of the file."""
        self._is_closing = True
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
        self._readers.shutdown(wait=True)
        self._reader_engine.dispose()
        if self._writer_engine is not None:
            self._writer_engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def _submit(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self._writer is None or self._is_closing:
            raise errors.StoreError(f"{self.path} is not open for writing")
        future: Future[T] = Future()
        self._queue.put(_Work(lambda tx: fn(tx, *args, **kwargs), future))
        return future

    def _write_loop(self) -> None:
        assert self._writer_engine is not None
        with self._writer_engine.connect() as connection:
            while (first := self._queue.get()) is not None:
                batch = [first]
                is_last = False
                # Takes what is there and does not wait for more: a lone write is not held back.
                with contextlib.suppress(queue.Empty):
                    while len(batch) < BATCH:
                        following = self._queue.get_nowait()
                        if following is None:
                            is_last = True
                            break
                        batch.append(following)
                self._write_batch(connection, [work for work in batch if work.future.set_running_or_notify_cancel()])
                if is_last:
                    return

    def _write_batch(self, connection: Connection, batch: list[_Work]) -> None:
        try:
            results = self._shared(connection, batch)
        except Exception as error:  # noqa: BLE001  # handed to whoever submitted the work
            if len(batch) == 1:
                batch[0].future.set_exception(_named(error, self.path))
                return
            # One of them is at fault: again, each behind a savepoint, so that only that one fails.
            try:
                results = self._apart(connection, batch)
            except Exception as second:  # noqa: BLE001  # the transaction as a whole cannot be had
                for work in batch:
                    work.future.set_exception(_named(second, self.path))
                return
        for work, (result, failure) in zip(batch, results, strict=True):
            if failure is None:
                work.future.set_result(result)
            else:
                work.future.set_exception(_named(failure, self.path))

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
                except Exception as error:  # noqa: BLE001  # handed to whoever submitted the work
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
        """BEGIN IMMEDIATE; while another process holds the lock, waits for as long as it takes."""
        started = time.monotonic()
        while True:
            try:
                transaction = connection.begin()
                connection.execute(text("SELECT 1"))
            except OperationalError as error:
                connection.rollback()
                if not _is_busy(error) or self._is_closing:
                    raise
                if self._busy_since is None:
                    _log.warning("locked by another process; waiting", database=str(self.path))
                self._busy_since = started
            else:
                waited = time.monotonic() - started
                self.longest_wait = max(self.longest_wait, waited)
                self._busy_since = None
                return transaction


def _engine(path: Path, begin: str, *, pooled: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if begin == "BEGIN":
            connection.execute("PRAGMA query_only=ON")
        return connection

    if pooled:
        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=READERS, max_overflow=10)
    else:
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    # A deferred BEGIN that reads and then writes fails with BUSY_SNAPSHOT at once, whatever busy_timeout says.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _prepare(path: Path, engine: Engine) -> None:
    with engine.begin() as tx:
        found = tx.execute(text("PRAGMA quick_check(1)")).scalar()
        if found != "ok":
            raise errors.StoreError(_damaged(path, str(found)))

        def back_up(revision: str) -> None:
            _back_up(path, path.with_name(f"{path.name}.before-{revision}"))

        schema.upgrade(tx, str(path), before=back_up)
        tx.execute(
            text(
                "INSERT INTO lease (id, pid, host, started_at) VALUES (1, :pid, :host, :at) "
                "ON CONFLICT (id) DO UPDATE SET pid = :pid, host = :host, started_at = :at"
            ),
            {"pid": os.getpid(), "host": os.uname().nodename, "at": values.micros(datetime.now(UTC))},
        )


def _back_up(path: Path, target: Path) -> None:
    """A copy as it was before a migration, made beside the transaction that is about to change the schema."""
    source = sqlite3.connect(path)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    _log.info("backed up before migrating", copy=str(target))


def _refuse_foreign_file(path: Path) -> None:
    try:
        if not path.exists() or path.stat().st_size == 0:
            return
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise errors.StoreError(
            f"{path} cannot be read ({error.strerror}); give it to the user that runs policywatch"
        ) from error
    if head != b"SQLite format 3\x00":
        raise errors.StoreError(_damaged(path, "it does not begin as a database does"))


def _damaged(path: Path, how: str) -> str:
    return (
        f"{path} is damaged ({how}); nothing was changed. "
        "Put a backup in its place, or move the file away to begin anew"
    )


def _is_busy(error: OperationalError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _named(error: Exception, path: Path) -> Exception:
    """SQLite's words in the user's; other exceptions as they are."""
    if not isinstance(error, DatabaseError):
        return error
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return errors.StoreError(_damaged(path, str(error.orig)))
    if code == sqlite3.SQLITE_FULL:
        return errors.StoreError(f"no room left to write {path}; free some, policywatch goes on by itself")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return errors.StoreError(f"{path} cannot be written ({error.orig}); is the folder read-only or another user's?")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return errors.StoreBusyError(f"{path} is locked by another program")
    if code == sqlite3.SQLITE_IOERR:
        return errors.StoreError(f"{path} cannot be written or read ({error.orig}); is the disk full or failing?")
    return error


@contextlib.contextmanager
def _plain_words(path: Path) -> Any:
    try:
        yield
    except DatabaseError as error:
        named = _named(error, path)
        if named is error:
            raise
        raise named from error
    except sqlite3.Error as error:
        raise _named(DatabaseError(None, None, error), path) from error
