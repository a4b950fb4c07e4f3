"""Brings a database to the schema that this version knows, or refuses clearly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from policywatch import errors, logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

_log = logs.get("migrate")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest step that this version has."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def current(connection: Connection) -> str | None:
    """The step that the database is at; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def require_current(connection: Connection, name: str) -> None:
    """Raises StoreError unless the database is at the newest step."""
    at = current(connection)
    if at != head():
        raise errors.StoreError(
            f"{name} has another schema ({at or 'none'}) than this version of policywatch ({head()}); "
            "start the service once, or install the version that wrote it"
        )


def require_known(at: str | None, name: str) -> None:
    """Raises StoreError for a step that this version has never heard of."""
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if at is not None and at not in known:
        raise errors.StoreError(
            f"{name} was written by a newer policywatch (schema {at}, this version knows up to {head()}); "
            "install that version again, or restore the backup that was made before it"
        )


def upgrade(connection: Connection, name: str, *, before: Callable[[str], None]) -> None:
    """Takes every missing step in the caller's transaction. `before(revision)` is called first where data is there.

    Raises StoreError for a schema that is newer than this version.
    """
    at = current(connection)
    require_known(at, name)
    if at == head():
        return
    if at is not None:
        before(at)
    _log.info("migrating", database=name, at=at, to=head())
    command.upgrade(_config(connection), "head")
