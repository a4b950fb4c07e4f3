"""Moves everything that one database holds into another, empty one, of the same kind or of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, MetaData, Table, func, inspect, select, text

from policywatch import errors, logs
from policywatch.store import indexing

if TYPE_CHECKING:
    from collections.abc import Callable

    from policywatch.store.db import Database

_log = logs.get("copy")

BATCH = 1000
LEFT_OUT = frozenset({"alembic_version", "lease", "worker", "host", "engine_schema"})
"""About the database itself or the processes at work on it."""


def copy(source: Database, target: Database, told: Callable[[str, int], None]) -> dict[str, int]:
    """Copies every table's rows, in one transaction of the target, and counts them again there; rows by table.

    `told(table, rows)` hears of each that is done. Raises StoreError when the target holds anything already, or when
    a count differs in the end; then nothing was written.
    """
    return source.read_now(lambda rows: target.write_now(_copied, rows, told))


def _copied(to: Connection, source: Connection, told: Callable[[str, int], None]) -> dict[str, int]:
    tables = _tables(to)
    for table in tables:
        if to.execute(select(func.count()).select_from(table)).scalar_one():
            raise errors.StoreError(
                f"the new database is not empty (table {table.name}); name a fresh one, or drop what it holds first"
            )
    there = set(inspect(source).get_table_names())
    counts = {}
    for table in tables:
        if table.name not in there:
            raise errors.StoreError(f"the old database has no table {table.name}; start the service on it once first")
        counts[table.name] = _rows(source, to, table)
        _renumber(to, table)
        told(table.name, counts[table.name])
    for name, count in counts.items():
        found = to.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608  # names of our own tables
        if found != count:
            raise errors.StoreError(f"table {name}: {count} rows were read and {found} arrived; nothing was kept")
    indexing.want_all(to)
    return counts


def _tables(to: Connection) -> list[Table]:
    """Tables in an order in which each stands after those that it refers to. What serves a search is built anew."""
    found = MetaData()
    found.reflect(to, only=lambda name, _: not name.startswith(("procrastinate_", "search_")))
    return [table for table in found.sorted_tables if table.name not in LEFT_OUT]


def _rows(source: Connection, to: Connection, table: Table) -> int:
    names = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    rows = source.execution_options(yield_per=BATCH).execute(
        text(f'SELECT {listed} FROM "{table.name}"')  # noqa: S608  # names of our own tables
    )
    count = 0
    for part in rows.partitions(BATCH):
        to.execute(table.insert(), [dict(zip(names, map(_plain, row), strict=True)) for row in part])
        count += len(part)
    return count


def _plain(value: Any) -> Any:
    """PostgreSQL's driver gives memoryviews for bytes."""
    return bytes(value) if isinstance(value, memoryview) else value


def _renumber(to: Connection, table: Table) -> None:
    """What the database numbers goes on after the highest number."""
    if to.dialect.name != "postgresql" or "id" not in table.columns:
        return
    sequence = to.execute(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name}).scalar()
    if sequence is not None:
        to.execute(
            text(
                f'SELECT setval(CAST(:sequence AS regclass), coalesce(max(id), 0) + 1, false) FROM "{table.name}"'  # noqa: S608
            ),
            {"sequence": sequence},
        )
