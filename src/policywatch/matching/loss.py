"""Terms in texts that lost characters: one that is gone, and the two or three that a converter tore apart.

Of a term that a text shows but for one character the rest must stand, in its place and whole. Terms of two characters
are never found so: half a word is no word. What marks a loss decides how much must be left: `□`, `??` and U+FFFD stand
for nothing else, a single `?` between Han characters may be a question.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch.matching.view import LOSSES
from policywatch.text.damage import slipped
from policywatch.text.damage import torn as torn_terms
from policywatch.text.fold import folded
from policywatch.text.han import HAN
from policywatch.text.repair import without_readings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policywatch.matching.view import View

    Occurrence = tuple[int, int, int]

_MARK = re.compile(f"[{LOSSES}]{{1,2}}")
_SURE = re.compile(r"\?\?|[□■〓\ufffd]{1,2}")
"""Marks that stand for a lost character wherever they stand, also at a term's edge."""
_ALL_HAN = re.compile(f"[{HAN}]+")
_NONE = "\n"
"""Stands for what is beyond a term's edge; no term holds it."""
LEAST = 3
"""Characters of a term that a sure mark inside it leaves recognisable."""
LEAST_IN_DOUBT = 4
"""The same of a `?` that may be a question, and of a term whose first or last character is gone."""


class Loss:
    """Finds terms across losses. Built when the first text needs it."""

    def __init__(self, needles: Sequence[str]) -> None:
        self._needles = needles
        # By the two characters around a hole: which needle, and where in it the hole is.
        self._holes: dict[str, list[tuple[int, int]]] = {}
        for number, needle in enumerate(needles):
            if len(needle) < LEAST:
                continue
            padded = f"{_NONE}{needle}{_NONE}"
            for at in range(len(needle)):
                is_edge = at in {0, len(needle) - 1}
                if _ALL_HAN.fullmatch(needle[at]) and not (is_edge and len(needle) < LEAST_IN_DOUBT):
                    self._holes.setdefault(padded[at] + padded[at + 2], []).append((number, at))
        self._torn = list(_torn(needles))

    def find(self, view: View) -> list[Occurrence]:
        """Where terms stand but for what was lost: start, end and the number of the needle, as an engine gives them."""
        text = view.news
        found = [hit for form, needle in self._torn for hit in _all_places(text, form, needle)]
        for mark in _MARK.finditer(text):
            field = view.field_at(mark.start())
            start, end = field.given(*mark.span())
            if "？" not in field.original[start:end]:
                found += self._around(text, mark)
        return found

    def _around(self, text: str, mark: re.Match[str]) -> Iterator[Occurrence]:
        first, behind = mark.span()
        before, after = text[max(first - 1, 0) : first] or _NONE, text[behind : behind + 1] or _NONE
        is_sure = _SURE.fullmatch(mark[0]) is not None
        inside = list(self._across(text, first, behind, before + after, LEAST if is_sure else LEAST_IN_DOUBT))
        yield from (occurrence for occurrence, _ in inside)
        if is_sure:
            # What stands on both sides says what was lost: 智 in 人工□能产业, which is no 储能产业 then.
            lost = {character for _, character in inside}
            for key in (_NONE + after, before + _NONE):
                for occurrence, character in self._across(text, first, behind, key, LEAST_IN_DOUBT):
                    if not lost or character in lost:
                        yield occurrence

    def _across(self, text: str, first: int, behind: int, key: str, least: int) -> Iterator[tuple[Occurrence, str]]:
        """Where terms stand but for a mark, each with the character that it had in the mark's place."""
        for number, hole in self._holes.get(key, ()):
            needle = self._needles[number]
            start = first - hole
            rest = needle[hole + 1 :]
            if (
                len(needle) >= least
                and start >= 0
                and text.startswith(needle[:hole], start)
                and text.startswith(rest, behind)
            ):
                yield (start, behind + len(rest), number), needle[hole]


def torn_form(needle: str) -> str | None:
    """A folded term as it stands in folded texts that a converter tore apart; None when it comes through whole."""
    form = slipped(needle)
    return None if form is None else folded(without_readings(form))


def _torn(needles: Sequence[str]) -> Iterator[tuple[str, int]]:
    numbers = {needle: number for number, needle in enumerate(needles)}
    for needle in torn_terms(needles):
        form = torn_form(needle)
        if form is not None:
            yield form, numbers[needle]


def _all_places(text: str, form: str, needle: int) -> Iterator[Occurrence]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form), needle
        at = text.find(form, at + 1)
