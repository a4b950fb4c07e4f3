"""A PostgreSQL server that cuts connections and restarts: whoever writes waits, and nothing is lost."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

import postgres
from policywatch import errors
from policywatch.store import postgresql, runs
from policywatch.store.db import Database
from relay import Relay

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


def test_093_a_writer_whose_link_stands_still_keeps_its_rows_from_nobody(address, monkeypatch):
    """The server ends its transaction; what it wanted is done whole when the link moves again."""
    monkeypatch.setattr(postgresql, "STILL_SECONDS", 1)
    server = urlsplit(address)
    db = Database.open(address)
    db.write_now(runs.subscribe, ["s"], NOW)
    with Relay(server.hostname, server.port) as relay:
        behind = Database.open(address.replace(f":{server.port}/", f":{relay.port}/"))
        tries: list[int] = []
        stands = threading.Event()

        def stand_still(tx) -> None:
            tx.exec_driver_sql("UPDATE subscription SET first_seen_at = first_seen_at + 1")
            if not tries:
                relay.flows.clear()
                stands.set()
            tries.append(1)
            tx.exec_driver_sql("SELECT 1")

        stalled = threading.Thread(target=behind.write_now, args=(stand_still,), daemon=True)
        stalled.start()
        assert stands.wait(30)

        def write(tx) -> int:
            return tx.exec_driver_sql("UPDATE subscription SET first_seen_at = first_seen_at + 10").rowcount

        begun = time.monotonic()
        assert db.write_now(write) == 1
        assert time.monotonic() - begun < 20
        relay.flows.set()
        stalled.join(60)
        assert not stalled.is_alive()
        behind.close()
    assert len(tries) == 2
    with db._backend.reader.begin() as tx:
        found = tx.exec_driver_sql("SELECT first_seen_at FROM subscription").scalar()
    db.close()
    assert found == int(NOW.timestamp()) * 1_000_000 + 11
