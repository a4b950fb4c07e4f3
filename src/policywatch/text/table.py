"""What each character folds to, and what else must be known of it: one array over all code points.

An entry is the code point of lower(t2s(NFKC(character))) where that is one character, and bits that tell what the
character is. It is built once for the process, of what Python and the installed OpenCC say of every character.
"""

from __future__ import annotations

import codecs
import re
import sys
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from policywatch.text.alikes import ALIKES
from policywatch.text.han import HAN
from policywatch.text.phrases import converter, phrases

if TYPE_CHECKING:
    from numpy.typing import NDArray

CODE = 0x1FFFFF
"""The part of an entry that is the folded code point."""
SPECIAL = 1 << 21
"""Entries from here on have one of the bits that follow: the character is more than its folded code point."""
SPACE = 1 << 21
DOT = 1 << 22
"""An interpunct."""
ANGLE = 1 << 23
"""`<`, which may begin a tag."""
AMPERSAND = 1 << 24
"""`&`, which may begin an entity."""
TURNS = 1 << 25
"""A phrase may read it otherwise than the table."""
SWELLS = 1 << 26
"""It must be composed by itself: to more than one character, or to one that the rules of gaps and phrases look at."""
JOINS = 1 << 27
"""It may melt into the character before it, or change places with it."""
UNSEEN = 1 << 28
FAR = 1 << 29
"""What becomes of it, or through it of others, depends on characters at any distance."""

ALIKE = 1 << 30
"""It may stand for the letter that it looks like."""

DOTS = "\u00b7\u2022\u2027\u30fb"
"""Interpuncts, for a class of a regular expression, as all that follow."""
INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
"""Zero-width characters, soft hyphens, direction marks and variation selectors."""
_HYPHENS = "\u2010-\u2013\u2043\u2212"
"""Hyphens, the dash that joins words, and the minus: all fold to the plain hyphen, as in `brain–computer`."""
_SPACES = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
r"""What `\s` stands for in a regular expression."""
_SIGMA = "\u03a3"
"""A capital sigma is lowered by its place in the word."""
_DESCRIPTIONS = "\u2ff0-\u2fff\u31ef"
"""Operators of ideographic descriptions: OpenCC leaves alone what they describe."""
_PLAIN = f"{HAN}\uac00-\ud7a3"
"""Large blocks in which nothing joins what stands before it."""
_HANGUL_PARTS = "\u1161-\u1175\u11a8-\u11c2"
"""Vowels and final consonants, whose composition is a formula (Unicode, 3.12) and stands in no table."""

_CODE_POINTS = 0x110000
_ASSIGNED = (range(0xD800), range(0xE000, 0x34000), range(0xE0000, 0xE1000))
"""Where characters with properties stand (Unicode 17): other planes are empty or private."""
_from_native = codecs.utf_32_le_decode if sys.byteorder == "little" else codecs.utf_32_be_decode
"""Faster than `bytes.decode`, which looks for its codec each time."""


def codes_of(text: str) -> NDArray[np.uint32]:
    """The code points of a text that is not empty."""
    return np.array([text]).view(np.uint32)


def text_of(codes: NDArray[np.uint32]) -> str:
    """The text of code points; lone surrogates stay what they are."""
    return _from_native(codes.tobytes(), "surrogatepass")[0]


def looked_up(text: str) -> NDArray[np.uint32]:
    """The entries of the characters of a text that is not empty."""
    # No index is outside, so nothing is clipped: the mode that raises is slower, and so is any other type of index.
    return table().take(codes_of(text).astype(np.intp), mode="clip")


@cache
def table() -> NDArray[np.uint32]:
    """The entries of all code points."""
    points, composed, folded = _alone()
    is_one = folded.lengths == 1
    is_han = _in_class(HAN)[composed.firsts] & (composed.lengths == 1)
    is_dot = _in_class(DOTS)[composed.firsts]
    entries = np.arange(_CODE_POINTS, dtype=np.uint32)
    entries[points[is_one]] = folded.firsts[is_one]
    entries[points[~is_one | ((is_han | is_dot) & (composed.firsts != points))]] |= SWELLS
    for character, bit in (("<", ANGLE), ("&", AMPERSAND), (_SIGMA, FAR)):
        entries[points[composed.firsts == ord(character)]] |= bit
    for characters, bit in ((DOTS, DOT), (INVISIBLE, UNSEEN), (_DESCRIPTIONS, FAR), (ALIKES, ALIKE)):
        entries[_in_class(characters)] |= bit
    entries[_in_class(_HYPHENS)] = ord("-")
    for character in _joining():
        entries[ord(character)] |= JOINS
    turning = phrases().turning
    entries[_in_class(HAN if turning is None else "".join(turning))] |= TURNS
    for space in _SPACES:
        entries[ord(space)] = ord("\n" if space == "\n" else " ") | SPACE
    return entries


class _Lines(NamedTuple):
    """The first code point of each line, and how many it has."""

    firsts: NDArray[np.uint32]
    lengths: NDArray[np.intp]


def _alone() -> tuple[NDArray[np.uint32], _Lines, _Lines]:
    """Code points, what NFKC makes of each by itself, and the pipeline: asked at once, a line for each of them."""
    # A description would reach into the lines after it.
    points = _assigned(besides=f"\n{_DESCRIPTIONS}")
    lines = np.full((len(points), 2), ord("\n"), dtype=np.uint32)
    lines[:, 0] = points
    composed = unicodedata.normalize("NFKC", text_of(lines))
    return points, _read(composed), _read(converter().convert(composed).lower())


def _read(lines: str) -> _Lines:
    codes = codes_of(lines)
    ends = np.flatnonzero(codes == ord("\n"))
    lengths = np.diff(ends, prepend=-1) - 1
    return _Lines(codes[ends - lengths], lengths)


def _in_class(characters: str) -> NDArray[np.bool_]:
    """For each code point whether it is in a class of a regular expression that has single characters and ranges."""
    is_in = np.zeros(_CODE_POINTS, dtype=np.bool_)
    for first, last in re.findall("(.)(?:-(.))?", characters, re.DOTALL):
        is_in[ord(first) : ord(last or first) + 1] = True
    return is_in


def _joining() -> set[str]:
    """What joins the character before it: marks, second halves of compositions, and what decomposes to such."""
    characters = text_of(_assigned(besides=_PLAIN))
    decompositions = {one: parts for one in characters if (parts := unicodedata.decomposition(one))}
    halves = {chr(int(parts.split()[1], 16)) for parts in decompositions.values() if parts[0] != "<" and " " in parts}
    hangul = text_of(np.flatnonzero(_in_class(_HANGUL_PARTS)).astype(np.uint32))
    joining = {one for one in characters if unicodedata.combining(one)} | halves | set(hangul)
    return joining | {one for one in decompositions if unicodedata.normalize("NFKD", one)[0] in joining}


def _assigned(besides: str) -> NDArray[np.uint32]:
    points = np.concatenate([np.arange(part.start, part.stop, dtype=np.uint32) for part in _ASSIGNED])
    found: NDArray[np.uint32] = points[~_in_class(besides)[points]]
    return found
