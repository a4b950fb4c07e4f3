"""A real outbox with a clock that stands still until it is moved, and channels that answer as they are told."""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from policywatch.model import Outcome, Receipt
from policywatch.pipeline import deliver
from policywatch.store import outbox, runs
from policywatch.store.db import Database

START = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


class Told:
    """A channel that answers by the message's subject: an outcome, a list of them one a time, or a function."""

    def __init__(self, answers=None, stages=("mail", "dot")) -> None:
        self.answers = answers or {}
        self.stages = stages
        self.tried: list[str] = []

    async def deliver(self, sent, stage):
        for name in self.stages:
            await stage(name)
        self.tried.append(sent.subject)
        answer = self.answers.get(sent.subject, Outcome.SENT)
        if isinstance(answer, list):
            answer = answer.pop(0) if answer else Outcome.SENT
        if callable(answer):
            answer = await answer()
        return Receipt(answer, "reply", detail=f"told {answer}")

    async def close(self):
        pass


class Outbox:
    """A real database with mails due, a clock, and what to look at."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.clock = Clock()
        self.rng = random.Random(4)

    async def put(self, *messages, channel="smtp"):
        def add(tx):
            run = runs.open_run(tx, "morning", f"slot-{messages[0].message_id}", self.clock(), "digest", self.clock())
            outbox.add(tx, run, messages, channel, self.clock())

        await self.db.write(add)

    async def deliver(self, channel, **more):
        channels = channel if isinstance(channel, dict) else {"smtp": channel}
        return await deliver.deliver_due(self.db, channels, self.clock, rng=self.rng, **more)

    async def rows(self):
        def look(tx):
            return tx.execute(text("SELECT * FROM message ORDER BY id")).all()

        return await self.db.read(look)

    async def recover(self):
        """What a process that died was sending is taken up: at the next start, or by others when its lease is over."""
        self.clock.at += outbox.LEASE
        return await self.db.write(outbox.recover, self.clock())

    async def states(self):
        return [row.state for row in await self.rows()]

    async def next_due(self):
        """Moves the clock to where the next try is due, and tells how far that was."""
        waits = [row.next_at for row in await self.rows() if row.next_at is not None]
        if not waits:
            return None
        at = datetime.fromtimestamp(min(waits) / 1e6, UTC)
        passed, self.clock.at = at - self.clock.at, at
        return passed


@contextlib.contextmanager
def opened(folder):
    db = Database.open(folder / "test.sqlite")
    try:
        yield Outbox(db)
    finally:
        db.close()


def with_outbox(folder, scenario):
    with opened(folder) as box:
        return asyncio.run(scenario(box))
