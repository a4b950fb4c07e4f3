"""`term`: a word or phrase.

Han characters match anywhere in a text, as Chinese has no borders between words. An edge that is an ASCII letter or
digit must be the edge of a word or number: `6G` is not in `16GB`, `G6`, `VIDE6Gfe` or `6GHz`, yet is in `加快6G研发`
and `5G` is in `5G-A`. White space inside a term stands for any run of it, for a hyphen, or for nothing.
"""

from __future__ import annotations

import itertools
import re

from policywatch.matching.base import fold_term

# An ASCII or accented letter, or a digit: what makes a word longer. Han, kana and punctuation do not.
_WORD = re.compile(r"[0-9A-Za-z_\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff]")
_JOINED = re.compile(r"[0-9A-Za-z_%=&?/.@#:~+-]{24,}")
"""A long run without white space is an address, a hash or a video's id, whose letters mean nothing."""
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u9fff，。；！？）]+", re.IGNORECASE)


MAX_WORDS = 4
"""Of a phrase whose gaps may each be written in three ways; a longer one is written in one way throughout."""


class Rule:
    """A term, folded, with the test of its edges."""

    def __init__(self, term: str) -> None:
        self.term = term
        self.folded = fold_term(term)
        self.needles = _spellings(self.folded)
        """What to look for in a folded text."""
        self._has_word_start = bool(_WORD.match(self.folded[0]))
        self._has_word_end = bool(_WORD.match(self.folded[-1]))
        self._is_ascii = self.folded.isascii()

    def holds(self, text: str, start: int, end: int) -> bool:
        """Whether the half-open range of a folded text, which one of the needles fills, stands on its own."""
        if self._has_word_start and start and _WORD.match(text[start - 1]):
            return False
        if self._has_word_end and end < len(text) and _WORD.match(text[end]):
            return False
        # A dot between digits makes one number of two: 5g in 2.5g, or 3.5 in 13.5.
        if (
            self._has_word_start
            and start > 1
            and text[start - 1] == "."
            and text[start - 2].isdigit()
            and text[start].isdigit()
        ):
            return False
        return not (self._is_ascii and _is_inside_address(text, start, end))


def _is_inside_address(text: str, start: int, end: int) -> bool:
    left = max(text.rfind(border, 0, start) for border in " \n")
    window = text[max(left + 1, start - 200) : end + 200]
    offset = max(left + 1, start - 200)
    return any(
        found.start() + offset <= start and end <= found.end() + offset and (found.re is _ADDRESS or _is_code(found[0]))
        for pattern in (_ADDRESS, _JOINED)
        for found in pattern.finditer(window)
    )


def _is_code(run: str) -> bool:
    """A run in which letters and digits alternate, as in hashes and ids; hyphened words do not."""
    return len(re.findall(r"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])", run)) >= 4


def _spellings(folded: str) -> tuple[str, ...]:
    words = folded.split()
    if len(words) > MAX_WORDS:
        return tuple(joint.join(words) for joint in (" ", "-", ""))
    joints = itertools.product((" ", "-", ""), repeat=len(words) - 1)
    return tuple(
        words[0] + "".join(joint + word for joint, word in zip(chosen, words[1:], strict=True)) for chosen in joints
    )
