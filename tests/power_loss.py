"""What a disk holds after the power failed: all that was synced, and of what was written since then any part.

A child process runs with `power_loss.c` loaded, which logs its writes and syncs below a folder. From that log the files
are made as they might be found after a power failure at any moment: writes that no fsync followed may be there, be
missing, or be there in part (by sectors of 512 bytes), in any combination; a file that was removed may be back until its
folder was synced. Not simulated: drives that acknowledge a sync and do not keep it, and new files whose names are lost
although they themselves were synced.
"""

from __future__ import annotations

import itertools
import os
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
WRITE, TRUNCATE, SYNC, UNLINK = 1, 2, 3, 4
FOLDER = "."
"""The name of the folder itself: its sync is what makes durable that a file is gone."""
SOURCE = Path(__file__).with_suffix(".c")


def missing() -> str:
    """Why it cannot be simulated here; empty when it can."""
    if sys.platform != "linux":
        return "power losses are simulated on Linux only"
    return "" if shutil.which("cc") else "no C compiler (Debian: gcc)"


@dataclass(frozen=True)
class Record:
    """One call: what was done to which file."""

    kind: int
    name: str
    offset: int
    data: bytes


def logged(root: Path, room: Path, code: str) -> list[Record]:
    """Runs Python code in a child that keeps its files in `root`; gives what it did to them, in order."""
    library, log = room / "power_loss.so", room / "power_loss.log"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl", "-lpthread"], check=True)
    told = {"LD_PRELOAD": str(library), "POWER_LOSS_ROOT": str(root.resolve()), "POWER_LOSS_LOG": str(log)}
    paths = os.pathsep.join(one for one in sys.path if one)
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        env={**os.environ, **told, "PYTHONPATH": paths}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return _read(log.read_bytes(), root.name)


def _read(raw: bytes, folder: str) -> list[Record]:
    found, at = [], 0
    while at < len(raw):
        kind, path, offset, size = struct.unpack_from("<IIQQ", raw, at)
        at += 24
        name = Path(os.fsdecode(raw[at : at + path])).name
        found.append(Record(kind, FOLDER if name == folder else name, offset, raw[at + path : at + path + size]))
        at += path + size
    return found


class Disk:
    """The files of one folder: what is durable of each, and what was done to it since."""

    def __init__(self) -> None:
        self._durable: dict[str, bytearray] = {}
        self._pending: dict[str, list[Record]] = {}

    def do(self, record: Record) -> None:
        """Takes over one call."""
        if record.kind != SYNC:
            self._pending.setdefault(record.name, []).append(record)
            return
        if record.name == FOLDER:
            self._forget()
            return
        content = self._durable.get(record.name)
        for one in self._pending.pop(record.name, []):
            content = _done(content, one)
        if content is not None:
            self._durable[record.name] = content
        else:
            self._durable.pop(record.name, None)

    def _forget(self) -> None:
        for name, records in self._pending.items():
            gone = [at for at, one in enumerate(records) if one.kind == UNLINK]
            if gone:
                self._durable.pop(name, None)
                del records[: gone[-1] + 1]

    def after_loss(self, rng, *, kept: float) -> dict[str, bytes]:
        """The files' contents; of each write that was not synced every sector is there with a probability."""
        found = {}
        for name in self._durable.keys() | self._pending.keys():
            before = self._durable.get(name)
            content = None if before is None else bytearray(before)
            for one in self._pending.get(name, []):
                for part in _sectors(one):
                    if rng.random() < kept:
                        content = _done(content, part)
            if content is not None:
                found[name] = bytes(content)
        return found


def _sectors(record: Record) -> list[Record]:
    if record.kind != WRITE:
        return [record]
    first = SECTOR - record.offset % SECTOR
    cuts = [0, *range(first, len(record.data), SECTOR), len(record.data)]
    return [
        Record(WRITE, record.name, record.offset + begin, record.data[begin:end])
        for begin, end in itertools.pairwise(cuts)
        if end > begin
    ]


def _done(content: bytearray | None, record: Record) -> bytearray | None:
    if record.kind == UNLINK:
        return None
    content = bytearray() if content is None else content
    if record.kind == TRUNCATE:
        del content[record.offset :]
        content.extend(bytes(record.offset - len(content)))
        return content
    end = record.offset + len(record.data)
    content.extend(bytes(max(0, end - len(content))))
    content[record.offset : end] = record.data
    return content
