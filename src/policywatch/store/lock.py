"""One process for one SQLite file: a second one is told who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from typing import TYPE_CHECKING, Self

from policywatch import errors

if TYPE_CHECKING:
    from pathlib import Path


class FileLock:
    """An exclusive lock on `<database>.lock`, held until released or the process ends, however it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, database: Path) -> Self:
        """Takes the lock at once or raises StoreBusyError; never waits."""
        path = database.with_name(database.name + ".lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise errors.StoreError(
                f"{path} cannot be written ({error.strerror}); give policywatch a folder that its user may write to"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise errors.StoreBusyError(
                f"{database} is in use by another policywatch{holder}; stop that one first, or give this one "
                "a folder of its own (state: in the configuration)"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Lets the next one in. The file stays: removing it would race with who waits for it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _holder(descriptor: int) -> str:
    try:
        said = json.loads(os.pread(descriptor, 4096, 0))
        return f" (process {said['pid']} on {said['host']})"
    except (ValueError, KeyError, OSError):
        return ""
