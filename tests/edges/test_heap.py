"""What a process does not use goes back to the system."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys

import pytest

from policywatch.sandbox import heap

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the heap of glibc is known")

HOLES = """
from policywatch.sandbox import heap
{bound}
before = heap.resident()
kept = []
for _ in range(2000):
    large, small = bytearray(40_000), bytearray(1000)
    kept.append(small)  # pins what lies beneath it
    kept.append(large)
kept = [one for one in kept if len(one) == 1000]
held = heap.resident() - before
heap.trim()
print(held, heap.resident() - before)
"""
THREADS = """
import threading
from policywatch.sandbox import heap
{bound}
kept = []
barrier = threading.Barrier(6)
def work():
    barrier.wait()
    kept.append(bytearray(50_000))
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
for one in threads:
    one.start()
for one in threads:
    one.join()
# A heap of a thread reserves 64 MB, most of which cannot be reached yet.
reserved = [line for line in open("/proc/self/maps") if "---p" in line]
sizes = [int(end, 16) - int(start, 16) for start, end in (line.split()[0].split("-") for line in reserved)]
print(sum(size > 32 << 20 for size in sizes))
"""


def told(script: str, bound: str) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", script.format(bound=bound)], capture_output=True, text=True, check=True
    )
    return [int(word) for word in done.stdout.split()]


def test_holes_between_what_is_kept_go_back():
    held, left = told(HOLES, "")
    assert held > 70 << 20
    assert left < 20 << 20


def test_a_bounded_heap_is_one_for_all_threads():
    assert told(THREADS, "")[0] > 0
    assert told(THREADS, "heap.bound()") == [0]


def test_what_is_settled_is_not_looked_through_and_can_be_collected_later():
    class Kept:
        alive = 0

        def __init__(self) -> None:
            Kept.alive += 1
            self.itself = self

        def __del__(self) -> None:
            Kept.alive -= 1

    kept = Kept()
    try:
        heap.settle()
        assert heap.is_settled()
        del kept
        gc.collect()
        assert Kept.alive == 1
    finally:
        heap.unsettle()
    gc.collect()
    assert (Kept.alive, heap.is_settled()) == (0, False)
