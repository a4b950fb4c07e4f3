"""The power fails at any moment: what policywatch was told is done is in the database, and no mail is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

import power_loss
from outboxes import MINUTE, Outbox, Told
from policywatch.model import Message
from policywatch.store import outbox
from policywatch.store.db import Database

pytestmark = pytest.mark.skipif(bool(power_loss.missing()), reason=power_loss.missing())
MAILS = 24
LOSSES = 30 * int(os.environ.get("POLICYWATCH_TORTURE", "1"))
CHILD = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_power_loss
asyncio.run(test_power_loss.work(Path(sys.argv[1])))
"""


async def work(folder: Path) -> None:
    """Queues mails and sends them, one after the other; says in a file beside the database what is done."""
    said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(what: str, subject: str) -> None:
        os.write(said, f"{what} {subject}".encode())

    class Saying(Told):
        async def deliver(self, sent, stage):
            receipt = await super().deliver(sent, stage)
            say("given", sent.subject)
            return receipt

    db = Database.open(folder / "test.sqlite")
    box, channel = Outbox(db), Saying()
    for number in range(MAILS):
        # Large enough that what is written is brought from the log into the database on the way.
        content = os.urandom(90_000).hex().encode()
        await box.put(Message("a@example.org", f"<{number}@example.org>", str(number), content))
        say("queued", str(number))
        await box.deliver(channel)
        say("settled", str(number))
    db.close()
    os.close(said)


@dataclass(frozen=True)
class Loss:
    """The power failed: what the disk holds, and what had been said: words, and the mail that they are about."""

    files: dict[str, bytes]
    said: frozenset[tuple[str, str]]

    def told(self, what: str) -> set[str]:
        return {subject for one, subject in self.said if one == what}


def losses(records, disk, rng):
    """Power failures all over a run. How much is there of what was not synced differs: nothing, some, all."""
    chosen = set(rng.sample(range(len(records)), min(LOSSES, len(records))))
    said = []
    for number, record in enumerate(records):
        if record.name == "said":
            said.append(tuple(record.data.decode().split()))
        else:
            disk.do(record)
        if number in chosen:
            yield Loss(disk.after_loss(rng, kept=rng.choice([0.0, 0.0, 0.5, 0.9, 1.0])), frozenset(said))


async def faults(db: Database, loss: Loss) -> list[str]:
    """What of the database does not agree with what had been said; then it goes on from there, and should end well."""
    box, channel = Outbox(db), Told()
    rows = {row.subject: row for row in await box.rows()}
    found = [f"{one} was queued and is lost" for one in loss.told("queued") - rows.keys()]
    for one in loss.told("given") & rows.keys():
        row = rows[one]
        if row.state != "sent" and not (row.state == "sending" and row.stage in outbox.IN_DOUBT):
            found.append(f"{one} was given away and is {row.state} at {row.stage}")
    await box.recover()
    box.clock.at += MINUTE
    await box.deliver(channel)
    found += [f"{one} was settled and is sent again" for one in loss.told("settled") & set(channel.tried)]
    return found + [f"{row.subject} is {row.state} at the end" for row in await box.rows() if row.state != "sent"]


def judged(records, disk, rng, folder):
    """The faults of each power failure."""
    for number, loss in enumerate(losses(records, disk, rng)):
        place = folder / str(number)
        place.mkdir()
        for name, content in loss.files.items():
            (place / name).write_bytes(content)
        db = Database.open(place / "test.sqlite")
        try:
            yield asyncio.run(faults(db, loss))
        finally:
            db.close()


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    room = tmp_path_factory.mktemp("power")
    root = room / "state"
    root.mkdir()
    found = power_loss.logged(root, room, CHILD)
    names = {record.name for record in found}
    assert {"test.sqlite", "test.sqlite-wal", "said"} <= names
    # The database itself was written between two syncs of the log: there was a checkpoint on the way.
    syncs = [at for at, one in enumerate(found) if one.kind == power_loss.SYNC and one.name == "test.sqlite-wal"]
    assert any(one.name == "test.sqlite" for one in found[syncs[10] : syncs[-10]])
    return [one for one in found if not one.name.endswith("-shm")]


def test_096_no_loss_of_power_loses_or_doubles_a_mail(records, tmp_path):
    found = list(judged(records, power_loss.Disk(), random.Random(96), tmp_path))
    assert len(found) == min(LOSSES, len(records))
    assert [one for one in found if one] == []


def test_a_disk_that_heeds_no_sync_is_found_out(records, tmp_path):
    """Or the test above could not fail."""
    unheeded = [one for one in records if one.kind != power_loss.SYNC or one.name != "test.sqlite-wal"]
    assert any(judged(unheeded, power_loss.Disk(), random.Random(96), tmp_path))
