"""Whether a folder can hold the database: on a disk of this machine, and writable.

SQLite's locks and its shared memory do not work over network file systems (https://www.sqlite.org/faq.html#q5): two
machines would write at once and damage the file, and nobody would be told.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from policywatch import errors

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "fuse.glusterfs"})
"""File systems by the names of Linux whose files another machine may change."""
_OCTAL = re.compile(r"\\([0-7]{3})")
_MOUNTS = Path("/proc/self/mountinfo")


def require_local(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Raises StoreError when the folder lies on another machine. Where the system does not say, it is believed."""
    try:
        told = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    kind = _file_system(folder.resolve(), told)
    if kind in NETWORK:
        raise errors.StoreError(
            f"{folder} lies on a network file system ({kind}), which damages SQLite databases; "
            "name a folder on a disk of this machine (state: in the configuration)"
        )


def require_writable(folder: Path) -> None:
    """Raises StoreError when files cannot be made in the folder."""
    if not os.access(folder, os.W_OK | os.X_OK):
        is_mounted_so = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
        why = "it is mounted read-only" if is_mounted_so else f"its rights do not allow it to user {os.geteuid()}"
        raise errors.StoreError(
            f"{folder} cannot be written to: {why}; give policywatch a folder of its own "
            "(state: in the configuration; in a container, a volume)"
        )


def _file_system(folder: Path, told: str) -> str:
    """The type of the file system that holds a folder: that of the longest mount point above it, the last of equals."""
    best, kind = -1, ""
    for line in told.splitlines():
        # proc(5): ... mount point (field 5, with \040 for a space) ... - type source options
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[4]))
        if (point == folder or point in folder.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ")[0]
    return kind
