"""PostgreSQL as the store's database: many processes on one server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from policywatch import errors
from policywatch.store import schema

if TYPE_CHECKING:
    from sqlalchemy import URL

READERS = 3
MIGRATION_LOCK = 0x706F6C77
"""Held by the one process that migrates; the others wait for it."""
OLDEST = 130000
"""The server's version: from 13 on it has pg_current_snapshot()."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_PASSING = frozenset({"25P03", "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300"})
"""Idle in a transaction; serialization, deadlock, lock not available; the server stops, crashed, starts; full."""
_FULL = frozenset({"53100"})
_DENIED = frozenset({"28000", "28P01", "42501", "3D000"})


class Postgresql:
    """One database of a server. Implements db.Backend."""

    patience: float | None = 30.0
    """A server that restarts is back by then; else the job fails and comes again with its next tick."""

    def __init__(self, url: URL, writer: Engine | None, reader: Engine) -> None:
        self.name = shown(url)
        self.writer = writer
        self.reader = reader

    @classmethod
    def open(cls, address: str, *, read_only: bool = False) -> Self:
        """Connects to `postgresql://user:password@host/database` and brings its schema up to date.

        The first of several processes migrates, the others wait. Raises StoreError when it cannot be used.
        """
        url = parsed(address)
        reader = _engine(url, pooled=True, read_only=True)
        writer = None if read_only else _engine(url, pooled=False, read_only=False)
        made = cls(url, writer, reader)
        try:
            with (writer or reader).begin() as tx:
                _require_version(tx, made.name)
                if writer is None:
                    schema.require_current(tx, made.name)
                else:
                    tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
                    schema.upgrade(tx, made.name, before=lambda _revision: None)
        except BaseException as error:
            made.close()
            named = made.named(error) if isinstance(error, Exception) else error
            if named is error:
                raise
            raise named from error
        return made

    def version(self, _commits: int) -> None:
        """Others write, too: only the server knows."""
        return

    def is_passing(self, error: Exception) -> bool:
        """Deadlocks, a server that restarts, a connection that was cut off."""
        if not isinstance(error, DBAPIError):
            return False
        state = _state(error)
        if state:
            return state in _PASSING or state.startswith("08")
        # Without a state the server never answered: no connection, or it broke in the middle.
        return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))

    def named(self, error: Exception) -> Exception:
        """PostgreSQL's words in the user's; other exceptions as they are."""
        if not isinstance(error, DBAPIError):
            return error
        state = _state(error)
        said = str(error.orig).strip().split("\n")[0]
        if state in _FULL:
            return errors.StoreFullError(
                f"no room left on the disk of {self.name}; free some, policywatch goes on by itself"
            )
        if state in _DENIED:
            return errors.StoreError(f"{self.name} refuses us ({said}); look at `store` in the configuration")
        if self.is_passing(error):
            return errors.StoreError(f"{self.name} cannot be reached ({said}); is the server running?")
        if state == "25006":
            return errors.StoreError(f"{self.name} cannot be written: opened for reading only ({said})")
        return error

    def close(self) -> None:
        """Ends every connection."""
        self.reader.dispose()
        if self.writer is not None:
            self.writer.dispose()


def parsed(address: str) -> URL:
    """The address for our driver. Raises StoreError, without the password."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise errors.StoreError("store: write postgresql://user:password@host:5432/database") from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise errors.StoreError("store: only postgresql:// is known; without `store` a SQLite file is used")
    return url.set(drivername="postgresql+psycopg")


def shown(url: URL) -> str:
    """The address without user and password."""
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{host if isinstance(host, str) else host[0]}{port}/{url.database or ''}"


_ARGUMENTS = {
    "connect_timeout": 10,
    "application_name": "policywatch",
    # A peer that vanished is noticed within half a minute on both sides, also in the middle of a statement.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
}
STILL_SECONDS = 30
"""What a transaction that writes may wait for its next statement: a paused machine keeps no lock from the others."""


def session(address: str) -> Engine:
    """Connections that last as long as their user wants, each statement by itself. Raises StoreError."""
    return create_engine(parsed(address), connect_args=_ARGUMENTS, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def _engine(url: URL, *, pooled: bool, read_only: bool) -> Engine:
    try:
        if pooled:
            engine = create_engine(
                url,
                connect_args=_ARGUMENTS,
                poolclass=QueuePool,
                pool_size=READERS,
                max_overflow=10,
                pool_pre_ping=True,
                isolation_level="REPEATABLE READ",
            )
        else:
            still = f"{_ARGUMENTS['options']} -c idle_in_transaction_session_timeout={STILL_SECONDS}s"
            engine = create_engine(url, connect_args=_ARGUMENTS | {"options": still}, poolclass=NullPool)
    except (ImportError, NoSuchModuleError) as error:
        raise errors.StoreError(
            "store: PostgreSQL needs its driver; install policywatch with the extra `postgresql`"
        ) from error

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if read_only:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    return engine


def _require_version(tx: Connection, name: str) -> None:
    found = int(tx.execute(text("SELECT current_setting('server_version_num')")).scalar_one())
    if found < OLDEST:
        raise errors.StoreError(f"{name} is PostgreSQL {found // 10000}; policywatch needs {OLDEST // 10000} or newer")


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
