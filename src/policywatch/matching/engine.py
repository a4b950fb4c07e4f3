"""The search for many words at once, by the fastest library that this machine has; all find the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ahocorasick_rs

try:
    import daachorse
except ImportError:  # it has wheels for x86_64 only
    daachorse = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Find = Callable[[str], list[tuple[int, int, int]]]
    """Every occurrence of every needle, also overlapping and nested: (start, end, number of the needle)."""


def build(needles: Sequence[str]) -> Find:
    """What finds these needles, none of which is empty or stands twice. It takes any text that can be UTF-8."""
    return with_daachorse(needles) if daachorse is not None else with_ahocorasick(needles)


def with_daachorse(needles: Sequence[str]) -> Find:
    """By a double array over characters."""
    find: Find = daachorse.CharwiseDoubleArrayAhoCorasick(list(needles)).find_overlapping
    return find


def with_ahocorasick(needles: Sequence[str]) -> Find:
    """By an automaton over bytes."""
    automaton = ahocorasick_rs.AhoCorasick(list(needles), matchkind=ahocorasick_rs.MatchKind.Standard)

    def find(text: str) -> list[tuple[int, int, int]]:
        found = automaton.find_matches_as_indexes(text, overlapping=True)
        return [(start, end, needle) for needle, start, end in found]

    return find
