"""Measures rows: the same work done by a peer and by policywatch, in turn, and what came of it beside its goal."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUNDS = 7
"""Times that each side of a row is measured; the median counts."""
ROUND_SECONDS = 0.3
"""A round repeats its work for about so long."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `peer` and `ours` do the same work, once a call and without arguments; all that is prepared for it was prepared
    before. `amount` is how much a call does, counted in `unit`. `goal` is how many times the speed of the peer
    policywatch means to reach.
    """

    name: str
    peer_name: str
    peer: Callable[[], object]
    ours: Callable[[], object]
    amount: float
    unit: str
    goal: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure that stands by itself: what it is, what was measured, and what it should not exceed."""

    name: str
    value: float
    unit: str
    most: float

    @property
    def is_reached(self) -> bool:
        """It is no more than that."""
        return self.value <= self.most


@dataclass(frozen=True, slots=True)
class Result:
    """A row with both speeds, in its unit per second: medians over the rounds."""

    row: Row
    peer_speed: float
    our_speed: float

    @property
    def ratio(self) -> float:
        """Policywatch's speed as a multiple of the peer's."""
        return self.our_speed / self.peer_speed

    @property
    def is_reached(self) -> bool:
        """The ratio is what was meant to be reached."""
        return self.ratio >= self.row.goal


def measured(rows: Iterable[Row | Result]) -> list[Result]:
    """Measures row after row. In each round of a row the peer comes first, then policywatch: both see one machine.

    What comes as a Result was measured where it comes from: work that takes minutes, or processes of its own.
    """
    results = []
    for row in rows:
        if isinstance(row, Result):
            results.append(row)
            continue
        sides = row.peer, row.ours
        calls = [_calls_for(side) for side in sides]
        seconds: tuple[list[float], list[float]] = [], []
        for _ in range(ROUNDS):
            for side, count, taken in zip(sides, calls, seconds, strict=True):
                taken.append(_seconds(side, count) / count)
        peer, ours = (row.amount / statistics.median(taken) for taken in seconds)
        results.append(Result(row, peer, ours))
    return results


def table(results: Iterable[Result]) -> str:
    """The results as a table in Markdown."""
    lines = [
        "| Work | Peer | Peer's speed | policywatch | Ratio | Goal | Reached |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for result in results:
        row = result.row
        lines.append(
            f"| {row.name} | {row.peer_name} | {result.peer_speed:,.4g} {row.unit}/s "
            f"| {result.our_speed:,.4g} {row.unit}/s | {result.ratio:.1f}x | {row.goal:g}x "
            f"| {'yes' if result.is_reached else 'no'} |"
        )
    return "\n".join(lines)


def facts_table(facts: Iterable[Fact]) -> str:
    """The facts as a table in Markdown."""
    lines = ["| What | Measured | At most | Reached |", "|---|---:|---:|---|"]
    for fact in facts:
        reached = "yes" if fact.is_reached else "no"
        lines.append(f"| {fact.name} | {fact.value:,.3g} {fact.unit} | {fact.most:g} {fact.unit} | {reached} |")
    return "\n".join(lines)


def _calls_for(side: Callable[[], object]) -> int:
    """How many calls fill a round. Calls once before, so that what is loaded on first use is loaded."""
    side()
    return max(1, round(ROUND_SECONDS / _seconds(side, 1)))


def _seconds(side: Callable[[], object], count: int) -> float:
    gc.collect()
    gc.disable()
    try:
        begin = time.perf_counter()
        for _ in range(count):
            side()
        return time.perf_counter() - begin
    finally:
        gc.enable()
