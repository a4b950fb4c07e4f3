"""What SQLite and PostgreSQL say differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


def is_shared(tx: Connection) -> bool:
    """Other processes may be at work in this database, too; SQLite's file is held by one."""
    return tx.dialect.name != "sqlite"


def skip_locked(tx: Connection) -> str:
    """Stands after a SELECT of rows that will be changed: those that another process changes are passed over."""
    return " FOR UPDATE SKIP LOCKED" if is_shared(tx) else ""
