"""What a process holds that it does not use: given back, and what stays for good kept out of the collector's way."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import resource
from pathlib import Path

# From malloc.h of glibc.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
LARGE = 512 << 10
"""Bytes from which on a block has pages of its own, which go back to the system with it. By itself glibc raises this
up to 32 MB with the first large blocks that are freed, and keeps the holes that pages and bombs leave from then on."""


def bound() -> None:
    """Keeps the C library from holding what is free. To be called before there are threads.

    Each thread that stores or reads would have a heap of its own, of which two thirds lay idle: measured, 34 MB.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such call
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, LARGE)
        mallopt(_TRIM_THRESHOLD, LARGE)


def resident() -> int:
    """Bytes of memory that this process holds; 0 where that cannot be asked."""
    try:
        with Path("/proc/self/statm").open("rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def trim() -> None:
    """Gives back to the system what is free in the C library's heap. Takes milliseconds."""
    # Measured: glibc keeps 100 MB after a feed with a bomb of entities, for as long as the process lives.
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such call
        ctypes.CDLL(None).malloc_trim(0)


def give_back() -> None:
    """Collects what is garbage and gives back what is free."""
    # Parsers leave their trees in circles.
    gc.collect()
    trim()


def settle() -> None:
    """As `give_back`; what is left is what the process works with, and no later collection looks through it again.

    What of it becomes garbage in circles stays until `unsettle`.
    """
    give_back()
    gc.freeze()


def is_settled() -> bool:
    """Since the last `unsettle`."""
    return gc.get_freeze_count() > 0


def unsettle() -> None:
    """Makes everything collectable again."""
    gc.unfreeze()
