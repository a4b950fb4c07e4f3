"""A PostgreSQL server that cuts connections and restarts: whoever writes waits, and nothing is lost."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

import postgres
from policywatch import errors
from policywatch.store import runs
from policywatch.store.db import Database

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.skipif(bool(postgres.missing()), reason=str(postgres.missing()))
WRITES = 60


@pytest.fixture
def address():
    made = postgres.server().database()
    yield made
    postgres.server().drop(made)


def cut_off(address: str) -> int:
    """Ends every other session of a database."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(rows.fetchall())


def test_104_sessions_that_are_ended_again_and_again_and_a_server_that_restarts_lose_nothing(address):
    if postgres.server().process is None:
        pytest.skip("the server of DATABASE_URL is not ours to restart")
    db = Database.open(address)
    done: list[int] = []
    faults: list[Exception] = []
    written = threading.Condition()

    def write():
        for number in range(WRITES):
            try:
                db.write_now(runs.subscribe, [f"s{number}"], NOW)
                db.read_now(runs.first_seen, f"s{number}")
            except Exception as error:
                faults.append(error)
            with written:
                done.append(number)
                written.notify_all()

    def wait_for(number: int) -> None:
        with written:
            assert written.wait_for(lambda: len(done) >= number, 60)

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(5, 30, 5):
        wait_for(number)
        cut_off(address)
    wait_for(30)
    begun = time.monotonic()
    postgres.server().stop()
    postgres.server().start()
    wait_for(len(done) + 2)
    assert time.monotonic() - begun < 30
    writer.join(60)
    assert faults == []
    with db._backend.reader.begin() as tx:
        found = tx.exec_driver_sql("SELECT count(*) FROM subscription").scalar()
    assert found == WRITES
    db.close()


def test_a_server_that_stays_away_is_told_in_plain_words(address, monkeypatch):
    from policywatch.store.postgresql import Postgresql

    monkeypatch.setattr(Postgresql, "patience", 0.5)
    with pytest.raises(errors.StoreError, match="is the server running"):
        Database.open("postgresql://nobody@127.0.0.1:1/none")
