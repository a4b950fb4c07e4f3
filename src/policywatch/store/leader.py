"""One of several processes says what is due: who holds a lock of the database's session is the one.

PostgreSQL lets go of an advisory lock when the session that took it ends, however it ends. A process that is killed
frees it at once; one whose network is cut, when the server misses its keepalives. Two leaders for a
moment cost nothing: what they hand out is unique, and nothing is sent without a claim in the database.
"""

from __future__ import annotations

import contextlib
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


class Leadership:
    """Whether this process leads. Not safe for use from two threads at once."""

    def __init__(self, where: Path | str) -> None:
        self._address = where if isinstance(where, str) else None
        self._connection: Connection | None = None

    def holds(self) -> bool:
        """Leads, or begins to if nobody else does. A SQLite file has one process only, which leads always."""
        if self._address is None:
            return True
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            return self._try(self._address)
        except DBAPIError as error:
            if self._connection is not None:
                _log.warning("leads no longer: the database does not answer", error=str(error.orig)[:200])
            self.close()
            return False

    def _try(self, address: str) -> bool:
        connection = postgresql.session(address).connect()
        try:
            got: bool = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}).scalar_one()
        except BaseException:
            connection.close()
            raise
        if not got:
            connection.close()
            return False
        self._connection = connection
        _log.info("leads")
        return True

    def close(self) -> None:
        """Leads no longer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(DBAPIError):
                connection.close()
