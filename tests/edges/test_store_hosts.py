"""Turns at a host that several processes share, by the database's clock."""

from __future__ import annotations

import asyncio
import itertools
import time
from datetime import timedelta

import pytest

from policywatch.store import hosts
from policywatch.store.db import Database

PAUSE = timedelta(milliseconds=150)


@pytest.fixture
def db(place):
    made = Database.open(place)
    yield made
    made.close()


def test_017_one_turn_at_a_time_and_a_pause_between_whoever_asks(db):
    """Three who know nothing of one another each take two turns: none overlap, none begins within the pause."""
    spans = []

    async def visitor():
        turns = hosts.SharedTurns(db)
        for _ in range(2):
            await turns.take("a.example")
            begun = time.monotonic()
            await asyncio.sleep(0)
            spans.append((begun, time.monotonic()))
            await turns.give("a.example", PAUSE)

    async def all_of_them():
        await asyncio.gather(*(visitor() for _ in range(3)))

    asyncio.run(all_of_them())
    spans.sort()
    assert len(spans) == 6
    for (_, ended), (begun, _) in itertools.pairwise(spans):
        assert begun - ended >= PAUSE.total_seconds() * 0.99


def test_a_turn_of_a_process_that_died_ends_by_itself(db, monkeypatch):
    monkeypatch.setattr(hosts, "HOLD", timedelta())
    assert db.write_now(hosts.take, "a.example", "dead") == timedelta()
    assert db.write_now(hosts.take, "a.example", "alive") == timedelta()
    db.write_now(hosts.give, "a.example", "dead", timedelta(minutes=5))
    db.write_now(hosts.give, "a.example", "alive", timedelta())
    assert db.write_now(hosts.take, "a.example", "next") == timedelta()
