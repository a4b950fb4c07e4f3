"""A whole copy of a store in one SQLite file, made while it is at work, and put back when nobody works on it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from policywatch import errors
from policywatch.store import copy, restored, schema
from policywatch.store.db import Database
from policywatch.store.lock import FileLock
from policywatch.store.sqlite import refuse_foreign_file

if TYPE_CHECKING:
    from datetime import datetime

_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a database."""


def write(source: Path | str, target: Path) -> int:
    """Copies the store, beside whoever works on it, into a new file; gives its size in bytes.

    The file is there whole or not at all, and is one state of the store: a writer is neither stopped nor seen in the
    middle of its work. Raises StoreError.
    """
    if target.exists():
        raise errors.StoreError(f"{target} is there already; name a file that is not")
    if not target.parent.is_dir():
        raise errors.StoreError(f"there is no folder {target.parent}; make it first")
    part = target.with_name(f".{target.name}.part")
    _remove(part)
    try:
        if isinstance(source, Path):
            _copy_file(source, part)
        else:
            _copy_rows(source, part)
        _settle(part)
        part.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise errors.StoreError(f"{target} cannot be written ({error.strerror}); name another place") from error
    finally:
        _remove(part)
    return target.stat().st_size


def _copy_file(source: Path, part: Path) -> None:
    # Opened as ours: it must be there, whole and of this version.
    Database.open(source, read_only=True).close()
    connection = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    try:
        # One snapshot, without the room that is free: put back, the store is as small as it can be.
        connection.execute("VACUUM INTO ?", [str(part)])
    except sqlite3.Error as error:
        raise errors.StoreError(f"the backup could not be written ({error}); is the disk full?") from error
    finally:
        connection.close()


def _copy_rows(address: str, part: Path) -> None:
    source = Database.open(address, read_only=True)
    try:
        made = Database.open(part)
        try:
            copy.copy(source, made, lambda *_: None)
        finally:
            made.close()
    finally:
        source.close()
    made_file = sqlite3.connect(part)
    made_file.execute("PRAGMA journal_mode = DELETE")
    made_file.close()


def require_whole(file: Path) -> None:
    """Raises StoreError unless a file is an undamaged store that this version can open."""
    if not file.is_file():
        raise errors.StoreError(f"there is no file {file}")
    refuse_foreign_file(file)
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise errors.StoreError(f"{file} is damaged ({found}); take another backup")
        (at,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    except sqlite3.DatabaseError as error:
        raise errors.StoreError(f"{file} is no backup of policywatch, or damaged ({error})") from error
    finally:
        connection.close()
    schema.require_known(at, str(file))


def restore(file: Path, target: Path | str, now: datetime) -> tuple[int, Path | None]:
    """Puts a backup in the place of the store; gives how many mails wait in it, and where the old store lies now.

    What waits to be sent may have been sent after the backup was made: it is marked as in doubt, and sent once more
    under the same Message-ID. Raises StoreBusyError while a policywatch works on the store, StoreError when the file
    cannot be used or, on PostgreSQL, when the database is not empty.
    """
    require_whole(file)
    old = None
    if isinstance(target, Path):
        old = _put_file(file, target, now)
        made = Database.open(target)
    else:
        made = Database.open(target)
        _put_rows(file, made)
    try:
        return made.write_now(restored.doubt, now), old
    finally:
        made.close()


def _put_file(file: Path, target: Path, now: datetime) -> Path | None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock.take(target)
    except OSError as error:
        raise errors.StoreError(f"{target.parent} cannot be made ({error.strerror}); name another folder") from error
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(file, part)
        _settle(part)
        old = None
        if target.exists():
            old = target.with_name(f"{target.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
            target.rename(old)
        for ending in _BESIDE:
            beside = Path(f"{target}{ending}")
            if beside.exists() and old is not None:
                beside.rename(f"{old}{ending}")
            else:
                # Of a database that is gone: it would be taken for the restored one's.
                beside.unlink(missing_ok=True)
        part.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise errors.StoreError(
            f"{target} cannot be written ({error.strerror}); free some room, or give policywatch a folder of its own"
        ) from error
    finally:
        _remove(part)
        lock.release()
    return old


def _put_rows(file: Path, made: Database) -> None:
    # A copy: opening it may bring its schema up to date, and a backup stays as it is.
    part = file.with_name(f".{file.name}.part")
    try:
        shutil.copyfile(file, part)
        source = Database.open(part)
        try:
            copy.copy(source, made, lambda *_: None)
        finally:
            source.close()
    finally:
        _remove(part)


def _settle(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())
    file.chmod(0o600)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(file: Path) -> None:
    for name in (file, *(Path(f"{file}{ending}") for ending in (*_BESIDE, "-journal", ".lock"))):
        with contextlib.suppress(OSError):
            name.unlink(missing_ok=True)
