"""Gaps: what stands between two Han characters and is no text, and white space anywhere."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from policywatch.text.han import HAN
from policywatch.text.table import ANGLE, DOT, DOTS, SPACE

if TYPE_CHECKING:
    from policywatch.text.marked import Marked

PARAGRAPH = "\n\n"
"""What a blank line becomes: no term crosses it, and folding again changes nothing."""
# Attributes need a value: in a comparison, `<a b>` has none.
_TAG = (
    r"</?(?i:strong|small|span|mark|font|sub|sup|wbr|br|em|[abiu])"
    r"(?:\s+[A-Za-z_:@][\w:.@-]*\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=`]+))*\s*/?>"
)
# Possessive and atomic: what can be read in two ways, many times over, would be tried in all ways.
_GAP = re.compile(rf"(?<=[{HAN}])(?P<inside>(?:[\s{DOTS}]|(?>{_TAG}))++)(?=[{HAN}])|\s+")
_INLINE_TAG = re.compile(_TAG)
_LINE_BREAK = re.compile(r"</?br\b[^<>]*>[^\S\n]*\n?", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_FIRST_HAN = HAN[0]
_OPENING = f"<{DOTS}"


def closed(marked: Marked) -> list[tuple[int, int, str]]:
    """What to put in the place of which half-open ranges of a composed text.

    Gaps between Han characters vanish, other white space becomes one space, a blank line PARAGRAPH. A single line break
    may stay.
    """
    text = marked.text
    if marked.bits & ANGLE:
        text = unicodedata.normalize("NFKC", text)
    edits = []
    done = 0
    for at, bits in marked.marks:
        if at < done or not bits & (SPACE | DOT | ANGLE) or not _may_begin(text, at, bits):
            continue
        gap = _GAP.match(text, at)
        if gap is None:
            continue
        done = gap.end()
        if gap[0] == PARAGRAPH:
            continue
        if _parts_word(text, at, done):
            edits.append((at - 1, done, ""))
        elif _has_blank_line(gap[0]):
            edits.append((at, done, PARAGRAPH))
        elif gap["inside"]:
            edits.append((at, done, ""))
        elif done - at > 1:
            edits.append((at, done, " "))
    return edits


def _may_begin(text: str, at: int, bits: int) -> bool:
    """Whether a gap that changes may begin at this mark; most spaces stand beside a letter, and change nothing."""
    behind = text[at + 1 : at + 2]
    if text[max(at - 1, 0) : at] < _FIRST_HAN:
        return bool(bits & SPACE) and (behind.isspace() or (text[at] == "\n" and _parts_word(text, at, at + 1)))
    return bool(bits & (DOT | ANGLE)) or behind >= _FIRST_HAN or behind.isspace() or behind in _OPENING


def _parts_word(text: str, at: int, end: int) -> bool:
    """Whether a gap is the line break behind a hyphen that parts a word, as in `quan-` and `tum`."""
    if text[at - 1 : at] != "-" or end == len(text):
        return False
    return text[at:end].count("\n") == 1 and _is_small(text[at - 2 : at - 1]) and _is_small(text[end])


def _is_small(letter: str) -> bool:
    return "a" <= letter <= "z"


def _has_blank_line(gap: str) -> bool:
    if "<" in gap:
        gap = _INLINE_TAG.sub("", _LINE_BREAK.sub("\n", gap))
    return _BLANK_LINE.search(gap) is not None
