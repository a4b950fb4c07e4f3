"""Migrations that are killed in the middle start again; an old program refuses a new schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from policywatch import errors
from policywatch.store import schema
from policywatch.store.db import Database
from policywatch.store.postgresql import parsed

KILLED = """
import os, signal, sys
from pathlib import Path
from policywatch.store.db import Database
from policywatch.store.migrations import statements
run, left = statements.run, [int(sys.argv[2])]
def counted(*given):
    run(*given)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
statements.run = counted
where = sys.argv[1]
Database.open(where if "://" in where else Path(where)).close()
"""
STEPS = (1, 4, 8, 12)
"""After so many of the steps that follow the first one."""


def at_first_step(where) -> None:
    """A database as the first version left it, with something in it."""
    engine = create_engine(parsed(where) if isinstance(where, str) else f"sqlite:///{where}")
    with engine.begin() as tx:
        if isinstance(where, str):
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
        command.upgrade(schema._config(tx), "0001")
        tx.execute(text("INSERT INTO subscription (id, first_seen_at) VALUES ('kept', 1)"))
    engine.dispose()


@pytest.mark.parametrize("step", STEPS)
def test_103_a_migration_that_is_killed_leaves_nothing_and_starts_again(place, step):
    at_first_step(place)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(place), str(step)], check=False, timeout=60)
    assert killed.returncode == -9
    engine = create_engine(parsed(place) if isinstance(place, str) else f"sqlite:///{place}")
    with engine.connect() as tx:
        assert schema.current(tx) == "0001"
    engine.dispose()
    db = Database.open(place)
    assert db.read_now(schema.current) == schema.head()
    assert db.read_now(lambda tx: tx.execute(text("SELECT id FROM subscription")).scalars().all()) == ["kept"]
    db.close()


def test_103_a_program_that_is_older_than_the_schema_refuses_it(place):
    db = Database.open(place)
    db.write_now(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    db.close()
    with pytest.raises(errors.StoreError, match="newer policywatch"):
        Database.open(place)
    assert isinstance(place, str) or Path(place).exists()
