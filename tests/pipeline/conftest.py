"""The pipeline's tests run on SQLite and on PostgreSQL, as they stand: where a test opens a file, a database is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

import postgres
from policywatch.store import db

NO_SERVER = postgres.missing()


def pytest_generate_tests(metafunc):
    if "either_store" in metafunc.fixturenames:
        only_sqlite = metafunc.definition.get_closest_marker("only_sqlite") or metafunc.module.__dict__.get(
            "ONLY_SQLITE"
        )
        metafunc.parametrize("either_store", ["sqlite"] if only_sqlite else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def either_store(request, monkeypatch):
    """What `Database.open(path)` opens. A test of what only a file has carries the mark `only_sqlite`."""
    if request.param == "sqlite":
        yield
        return
    if NO_SERVER:
        pytest.skip(NO_SERVER)
    from policywatch.store.postgresql import Postgresql

    addresses: dict[Path, str] = {}
    original = db.open_backend

    def opened(where, *, read_only=False):
        if not isinstance(where, Path):
            return original(where, read_only=read_only)
        if where not in addresses:
            addresses[where] = postgres.server().database()
        return Postgresql.open(addresses[where], read_only=read_only)

    monkeypatch.setattr(db, "open_backend", opened)
    yield
    for address in addresses.values():
        postgres.server().drop(address)
