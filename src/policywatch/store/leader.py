"""One of several processes says what is due: who holds a lock of the database's session is the one.

PostgreSQL lets go of an advisory lock when the session that took it ends, however it ends. A process that is killed
frees it at once; one whose network is cut, when the server misses its keepalives, or has heard nothing from it for a
while, as behind a proxy that stands still. Such a process stops leading by itself before that. Two leaders for a moment
would cost nothing all the same: what they hand out is unique, and nothing is sent without a claim in the database.
"""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from policywatch import logs
from policywatch.store import postgresql

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

_log = logs.get("leader")

LOCK = 0x706F6C78
LEASE = timedelta(seconds=15)
"""Who did not hear from the database for so long leads no longer, whatever it believes."""
SILENCE = timedelta(seconds=20)
"""After which the server ends the session of one that leads, if nothing was asked in it: longer than the lease."""
_END_IN_SILENCE = text("SELECT set_config('idle_session_timeout', :after, false)")
_KNOWS_SILENCE = (14,)
"""The server's version: from then on it has idle_session_timeout."""


class Leadership:
    """Whether this process leads. Not safe for use from two threads at once."""

    def __init__(self, where: Path | str) -> None:
        self._address = where if isinstance(where, str) else None
        self._connection: Connection | None = None
        self._heard_at = 0.0

    @property
    def leads(self) -> bool:
        """Led when last asked, not long ago. Does not ask, and may be called from any thread."""
        if self._address is None:
            return True
        return self._connection is not None and time.monotonic() - self._heard_at < LEASE.total_seconds()

    def holds(self) -> bool:
        """Leads, or begins to if nobody else does. A SQLite file has one process only, which leads always."""
        if self._address is None:
            return True
        asked_at = time.monotonic()
        try:
            if self._connection is None:
                return self._try(self._address)
            self._connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            if self._connection is not None:
                _log.warning("leads no longer: the database does not answer", error=str(error.orig)[:200])
            self.close()
            return False
        self._heard_at = asked_at
        return True

    def _try(self, address: str) -> bool:
        asked_at = time.monotonic()
        connection = postgresql.session(address).connect()
        try:
            if (connection.dialect.server_version_info or ()) >= _KNOWS_SILENCE:
                silence = f"{SILENCE // timedelta(milliseconds=1)}ms"
                connection.execute(
                    text("SELECT set_config('idle_session_timeout', :silence, false)"), {"silence": silence}
                )
            got: bool = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}).scalar_one()
        except BaseException:
            connection.close()
            raise
        if not got:
            connection.close()
            return False
        self._heard_at, self._connection = asked_at, connection
        _log.info("leads")
        return True

    def close(self) -> None:
        """Leads no longer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(DBAPIError):
                connection.close()
