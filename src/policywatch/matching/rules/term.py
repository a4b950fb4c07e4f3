"""`term`: a word or phrase.

Han characters match anywhere in a text, as Chinese has no borders between words. An edge that is an ASCII letter or
digit must be the edge of a word or number: `6G` is not in `16GB`, `G6`, `VIDE6Gfe` or `6GHz`, yet is in `加快6G研发`
and `5G` is in `5G-A`. White space inside a term stands for any run of it, for a hyphen, or for nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from policywatch.matching.base import Modifiers, TermText
from policywatch.matching.finding import Finding
from policywatch.matching.view import Found, cased

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.compile import Building
    from policywatch.matching.view import Places, View

Reason = Literal["field", "longer", "number", "address", "case"]
"""Why a place where a term's characters stand is no hit."""

# An ASCII or accented letter, or a digit: what makes a word longer. Han, kana and punctuation do not.
_WORD = re.compile(r"[0-9A-Za-z_\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff]")
_BEYOND_WORDS = "\u0500"
_JOINED = re.compile(r"[0-9A-Za-z_%=&?/.@#:~+-]{24,}")
"""A long run without white space is an address, a hash or a video's id, whose letters mean nothing."""
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u9fff，。；！？）]+", re.IGNORECASE)


class Rule:
    """A term, folded, with the test of its edges."""

    class Options(Modifiers):
        """`term: 6G`, or the text alone."""

        term: TermText
        """The word or phrase, in whatever spelling."""

        def own_terms(self) -> Sequence[str]:
            """The term."""
            return (self.term,)

    is_always = False

    def __init__(self, options: Options, place: Building) -> None:
        (number,) = place.add([options.term])
        self._set(number, options.term, place)
        place.compiled.made[number] = self

    @classmethod
    def known(cls, number: int, written: str, place: Building) -> Rule:
        """A term that stands in the table already."""
        rule = cls.__new__(cls)
        rule._set(number, written, place)  # noqa: SLF001  # of its own class
        return rule

    def _set(self, number: int, written: str, place: Building) -> None:
        self.number = number
        self.leaves = frozenset({number})
        self.term = written
        self.folded = place.speller.folded(self.term)
        self.watchlist = place.watchlist
        self.is_exception = place.is_exception
        self.scopes = place.scopes
        """Of the exceptions that it heeds; of an exception its own alone."""
        self.field = place.field
        self.weight = place.weight
        self.letters = cased(self.term) if place.case else None
        self.spellings = place.speller.spellings(self.term, expand=place.expand)
        self.has_edges = any(is_word(one.text[0]) or is_word(one.text[-1]) for one in self.spellings)

    @property
    def scope(self) -> int:
        """Of an exception: the number of its scope."""
        return next(iter(self.scopes))

    def hits(self, places: Places) -> list[Found] | None:
        """Every place where it stands on its own and inside no exception."""
        there = places.touched.get(self.number)
        if there is None:
            return None
        found = [
            Found(start, end, self.term, self.folded, self.weight)
            for start, end in there[1]
            if self.why_not(places.view, start, end) is None and places.covering(self.scopes, start, end) is None
        ]
        return found or None

    def decides(self, leaf: int) -> bool:
        """It is the term itself."""
        return leaf == self.number

    def label(self) -> str:
        """The term."""
        return self.term

    def findings(self, places: Places) -> list[Finding]:
        """Every place where its characters stand and do not count."""
        found = []
        for start, end in places.touched[self.number][1] if self.number in places.touched else ():
            reason = self.why_not(places.view, start, end)
            covering = places.covering(self.scopes, start, end)
            if reason is not None:
                found.append(Finding(reason, self.term, start, end))
            elif covering is not None:
                found.append(Finding("exception", self.term, *covering[1:], other=covering[0].term))
        return found

    def why_not(self, view: View, start: int, end: int) -> Reason | None:
        """Why the half-open range of the searched text, which holds its characters, is no hit; None if it is one."""
        first, last = view.ranges[self.field]
        if not first <= start < last:
            return "field"
        if self.has_edges:
            reason = not_on_its_own(view.text, start, end)
            if reason is not None:
                return reason
        if self.letters is not None and view.letters(start, end) != self.letters:
            return "case"
        return None


def is_word(character: str) -> bool:
    """Whether a character makes a word of its neighbour longer: a letter or digit, and no Han character."""
    return character < _BEYOND_WORDS and _WORD.match(character) is not None


def not_on_its_own(text: str, start: int, end: int) -> Reason | None:
    """Why a range of a folded text is no word of its own; None when it is."""
    has_word_start, has_word_end = _WORD.match(text[start]), _WORD.match(text[end - 1])
    if has_word_start and start and _WORD.match(text[start - 1]):
        return "longer"
    if has_word_end and end < len(text) and _WORD.match(text[end]):
        return "longer"
    # A dot between digits makes one number of two: 5g in 2.5g, or 3.5 in 13.5.
    if start > 1 and text[start - 1] == "." and text[start - 2].isdigit() and text[start].isdigit():
        return "number"
    if text[start:end].isascii() and _is_inside_address(text, start, end):
        return "address"
    return None


def _is_inside_address(text: str, start: int, end: int) -> bool:
    left = max(text.rfind(border, 0, start) for border in " \n")
    offset = max(left + 1, start - 200)
    window = text[offset : end + 200]
    return any(
        found.start() + offset <= start and end <= found.end() + offset and (found.re is _ADDRESS or _is_code(found[0]))
        for pattern in (_ADDRESS, _JOINED)
        for found in pattern.finditer(window)
    )


def _is_code(run: str) -> bool:
    """A run in which letters and digits alternate, as in hashes and ids; hyphened words do not."""
    return len(re.findall(r"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])", run)) >= 4
