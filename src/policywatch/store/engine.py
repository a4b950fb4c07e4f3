"""The tables of the queue that many workers share: the library's own, brought up to date as it ships them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from policywatch import errors, logs
from policywatch.store import postgresql, workers

if TYPE_CHECKING:
    from sqlalchemy import Connection

_log = logs.get("migrate")


def upgrade(tx: Connection, whole: str, folder: str) -> None:
    """Makes the queue's tables, or takes the steps that the installed library has and this database has not.

    `whole` is the library's schema, `folder` holds its steps as SQL files whose names sort in their order. The name of
    the last one is remembered. Raises StoreError when the database is ahead of the library.
    """
    workers.alone(tx, postgresql.MIGRATION_LOCK)
    names = sorted(path.name for path in Path(folder).glob("*.sql"))
    tx.execute(text("CREATE TABLE IF NOT EXISTS engine_schema (step TEXT PRIMARY KEY)"))
    at = tx.execute(text("SELECT max(step) FROM engine_schema")).scalar()
    if at is None:
        statements = [whole]
    elif at in names:
        statements = [(Path(folder) / name).read_text(encoding="utf-8") for name in names if name > at]
    else:
        raise errors.StoreError(
            f"the queue in the database was made by a newer procrastinate (step {at}); install that version again"
        )
    if not statements:
        return
    _log.info("migrating the queue", at=at, to=names[-1])
    driver = tx.connection.dbapi_connection
    assert driver is not None
    for statement in statements:
        # Several statements in one text: only the driver itself takes them.
        cursor = driver.cursor()
        cursor.execute(statement)
        cursor.close()
    tx.execute(text("DELETE FROM engine_schema"))
    tx.execute(text("INSERT INTO engine_schema (step) VALUES (:step)"), {"step": names[-1]})
