"""A scenario on a file system of 3 MB that fills up; run in a mount namespace by test_disk_full.py.

unshare --mount sh -c 'mount -t tmpfs -o size=3m none FOLDER && python disk_full.py FOLDER'
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from outboxes import Told, opened
from policywatch import errors
from policywatch.model import Outcome, Receipt
from policywatch.pipeline import deliver
from smtp_server import message

deliver.SETTLE_WAITS = (0.0, 0.0)


def fill(folder: Path) -> Path:
    """Takes every byte that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 512):
            try:
                while True:
                    file.write(os.urandom(size))
            except OSError:
                continue
    return filler


class Filling(Told):
    """Takes messages; the disk fills up before a stage is recorded, or before the answer is."""

    def __init__(self, folder: Path, when: str) -> None:
        super().__init__()
        self.folder, self.when = folder, when

    async def deliver(self, sent, stage):
        if self.when == "dot":
            fill(self.folder)
        await stage("dot")
        self.tried.append(sent.subject)
        if self.when == "settle":
            fill(self.folder)
        return Receipt(Outcome.SENT, "reply", 250, "taken")


async def refused(box, channel, unsettled) -> str:
    try:
        await box.deliver(channel, unsettled=unsettled, limit=1)
    except errors.StoreError as error:
        return str(error)
    return ""


async def scenario(box, folder: Path) -> None:
    """No mail leaves whose try could not be recorded, none is lost, and all goes on when there is room again."""
    unsettled: list[deliver.Unsettled] = []
    # Big enough that what a try writes cannot go into a page that is there already.
    await box.put(*(message(at, to=f"a{at}@example.org", content=b"x" * 20000) for at in range(3)))

    filler = fill(folder)
    channel = Told()
    for _ in range(3):
        assert "no room left" in await refused(box, channel, unsettled)
    assert channel.tried == [], "a mail left whose claim could not be recorded"
    filler.unlink()
    assert await box.states() == ["pending"] * 3

    channel = Filling(folder, "dot")
    assert "no room left" in await refused(box, channel, unsettled)
    assert channel.tried == [], "a mail left whose dot could not be recorded"
    (folder / "filler").unlink()

    channel = Filling(folder, "settle")
    assert "no room left" in await refused(box, channel, unsettled)
    assert len(channel.tried) == 1
    assert "no room left" in await refused(box, channel, unsettled)
    assert len(channel.tried) == 1, "sent again because its answer could not be recorded"
    (folder / "filler").unlink()

    rest = Told()
    while len(channel.tried) + len(rest.tried) < 3:
        await box.deliver(rest, unsettled=unsettled)
        await box.next_due()
    assert await box.states() == ["sent"] * 3
    assert sorted(channel.tried + rest.tried) == ["0", "1", "2"]
    assert unsettled == []


if __name__ == "__main__":
    place = Path(sys.argv[1])
    with opened(place) as made:
        asyncio.run(scenario(made, place))
