"""Gaps: what stands between two Han characters and is no text, and white space anywhere."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from policywatch.text.han import HAN
from policywatch.text.table import ANGLE, DOT, DOTS, HAN_BIT, SPACE

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
_HAN_TO_SPACE = SPACE.bit_length() - HAN_BIT.bit_length()


def closed(marked: Marked) -> list[tuple[int, int, str]]:
    """What to put in the place of which half-open ranges of a composed text.

    Gaps between Han characters vanish, other white space becomes one space, a blank line PARAGRAPH. Single characters
    that the table makes a space are left to it.
    """
    places = _worth_a_look(marked)
    if not places:
        return []
    text = unicodedata.normalize("NFKC", marked.text) if marked.bits & ANGLE else marked.text
    edits = []
    done = 0
    for at in places:
        gap = _GAP.match(text, at) if at >= done else None
        if gap is None:
            continue
        done = gap.end()
        if _has_blank_line(gap[0]):
            instead = PARAGRAPH
        elif gap["inside"]:
            instead = ""
        elif done - at > 1:
            instead = " "
        else:
            continue
        if gap[0] != instead:
            edits.append((at, done, instead))
    return edits


def _worth_a_look(marked: Marked) -> list[int]:
    """Places where a gap may begin that is more than a space among letters; the pattern decides."""
    # At the ends of the text the neighbours are other characters, which may make a place too many.
    before = marked.entries[marked.places - 1]
    behind = marked.entries.take(marked.places + 1, mode="clip")
    worth = marked.special & SPACE & (behind | (before & behind) << _HAN_TO_SPACE)
    if marked.bits & (DOT | ANGLE):
        may_open = (marked.special | behind) & (DOT | ANGLE)
        worth |= np.where(before & HAN_BIT, may_open, 0)
    found: list[int] = marked.places[worth > 0].tolist()
    return found


def _has_blank_line(gap: str) -> bool:
    if "<" in gap:
        gap = _INLINE_TAG.sub("", _LINE_BREAK.sub("\n", gap))
    return _BLANK_LINE.search(gap) is not None
