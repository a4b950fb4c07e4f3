"""What a process and all below it use, from /proc (Linux)."""

from __future__ import annotations

import os
from pathlib import Path


def pids(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu(root: int) -> float:
    """Seconds of processor time that the tree has used, those of it that have ended among them."""
    ticks = 0
    for pid in pids(root):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def pss(root: int) -> float:
    """MB of the tree, each page by its share."""
    total = 0
    for pid in pids(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += int(rollup.split("\nPss:")[1].split()[0]) if "\nPss:" in rollup else 0
    return total * 1024 / 1e6
