"""Words of Chinese policy news, simplified, and which characters are common: what a text that lost bytes may have said.

The words are those of `data/words.txt` and the phrases of the installed OpenCC. Read when the first torn text comes.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import opencc

from policywatch.text import ocd2
from policywatch.text.phrases import converted

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 6
"""Characters of a word; longer phrases are found by the words in them."""
_BARE = 4
"""What a character that is in no word costs; a word costs one."""
_COMMON = range(0xB0, 0xD8), range(0xA1, 0xFF)
"""Lead and trail bytes of the 3,755 characters of GB 2312's first level."""


@cache
def words() -> frozenset[str]:
    """All words of two characters or more."""
    known = set(_own())
    shipped = resources.files(opencc).joinpath("clib", "share", "opencc", "STPhrases.ocd2")
    try:
        known.update(ocd2.keys(shipped.read_bytes()))
    except (OSError, ValueError):
        # Another build of OpenCC: our own words are those that matter most.
        known.discard("")
    parts = {word[at : at + LONGEST] for word in known if len(word) > LONGEST for at in range(len(word) - LONGEST + 1)}
    return frozenset(word for word in known | parts if 2 <= len(word) <= LONGEST)


@cache
def alone() -> frozenset[str]:
    """Characters that stand for themselves, as words of one character do."""
    return frozenset(word for word in _own() if len(word) == 1)


def _own() -> Iterator[str]:
    own = resources.files("policywatch.text").joinpath("data", "words.txt").read_text(encoding="utf-8")
    return (word for line in own.splitlines() if not line.startswith("#") for word in line.split())


@cache
def common() -> frozenset[str]:
    """Simplified characters that one meets every day."""
    leads, trails = _COMMON
    return frozenset(bytes((lead, trail)).decode("gbk", "ignore") for lead in leads for trail in trails) - {""}


@cache
def plain(character: str) -> str:
    """The simplified form of one character."""
    return converted(character)


def is_in_word(text: str, at: int, least: int) -> bool:
    """Whether a word of at least so many characters holds the character at this place of a simplified text."""
    return any(
        text[start : start + length] in words()
        for length in range(least, LONGEST + 1)
        for start in range(max(0, at - length + 1), min(at, len(text) - length) + 1)
    )


def is_certain(text: str, at: int) -> bool:
    """Whether words leave no doubt of the character at this place.

    A word of three characters or more holds it, or one of two with each neighbour: one word of two proves nothing, as
    no list of words is complete.
    """
    return is_in_word(text, at, 3) or (text[max(at - 1, 0) : at + 1] in words() and text[at : at + 2] in words())


def cost(text: str) -> int:
    """How little a simplified text looks like words: the least cost of a way to part it into words and characters."""
    least = [0]
    for end in range(1, len(text) + 1):
        best = least[-1] + _BARE
        for length in range(2, min(LONGEST, end) + 1):
            if text[end - length : end] in words():
                best = min(best, least[end - length] + 1)
        least.append(best)
    return least[-1]
