"""SQLite as the store's database: one file on this machine, held by one process."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from policywatch import errors, logs
from policywatch.store import place, schema, values
from policywatch.store.lock import FileLock

if TYPE_CHECKING:
    from pathlib import Path

_log = logs.get("store")

BUSY_SECONDS = 5
"""How long SQLite itself waits for a lock before it says so and we wait on."""
READERS = 3


class Sqlite:
    """A file that this process holds alone for writing. Implements db.Backend."""

    patience: float | None = None
    """Who holds the file's lock lets go of it one day; nothing is gained by giving up."""

    def __init__(self, path: Path, writer: Engine | None, reader: Engine, lock: FileLock | None) -> None:
        self.path = path
        self.name = str(path)
        self.writer = writer
        self.reader = reader
        self._lock = lock

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
            refuse_foreign_file(path)
            writer = _engine(path, "BEGIN IMMEDIATE", pooled=False)
            with _plain_words(path):
                _prepare(path, writer)
            return cls(path, writer, _engine(path, "BEGIN", pooled=True), lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open_beside(cls, path: Path) -> Self:
        """Opens a file that another process holds, for short writes between its own."""
        reader = cls._open_read_only(path).reader
        return cls(path, _engine(path, "BEGIN IMMEDIATE", pooled=False), reader, None)

    @classmethod
    def _open_read_only(cls, path: Path) -> Self:
        if not path.exists():
            raise errors.StoreError(f"{path} is not there yet; run `policywatch poll` or `policywatch run` first")
        refuse_foreign_file(path)
        reader = _engine(path, "BEGIN", pooled=True)
        with _plain_words(path), reader.begin() as tx:
            schema.require_current(tx, str(path))
        return cls(path, None, reader, None)

    def version(self, commits: int) -> int:
        """Nobody else writes: what we committed says whether anything changed."""
        return commits

    def is_passing(self, error: Exception) -> bool:
        """Another process holds the lock."""
        return isinstance(error, OperationalError) and _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

    def named(self, error: Exception) -> Exception:
        """SQLite's words in the user's; other exceptions as they are."""
        if isinstance(error, sqlite3.Error):
            return _named(DatabaseError(None, None, error), self.path)
        return _named(error, self.path)

    def close(self) -> None:
        """Lets go of the file."""
        self.reader.dispose()
        if self.writer is not None:
            self.writer.dispose()
        if self._lock is not None:
            self._lock.release()


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


def refuse_foreign_file(path: Path) -> None:
    """Raises StoreError when a file that is there is no SQLite database."""
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


def _code(error: DatabaseError) -> int:
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF


def _named(error: Exception, path: Path) -> Exception:
    if not isinstance(error, DatabaseError):
        return error
    code = _code(error)
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return errors.StoreError(_damaged(path, str(error.orig)))
    if code == sqlite3.SQLITE_FULL:
        return errors.StoreFullError(f"no room left to write {path}; free some, policywatch goes on by itself")
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
