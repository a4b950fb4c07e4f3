"""Folding: what two spellings of the same words have in common, with the way back to the original.

The result is lower(OpenCC t2s(NFKC(text))), with these seen through: HTML entities, also of entities; invisible
characters; letters that only look like others; and between Han characters white space, line breaks, interpuncts and
inline tags. Dashes that join words are hyphens, and a word that a hyphen parts at a line's end is whole. Other white
space becomes one space, and a blank line stays one: no term crosses it.

A table folds all characters at once and marks those that need more; each step looks at its own marks. Folding again
changes nothing that OpenCC, asked again, would not change: it makes 打坏 of 打壞, and 打坯 of that.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from policywatch.text import alikes, entities, gaps
from policywatch.text.mapping import Mapped, replaced
from policywatch.text.marked import Marked
from policywatch.text.phrases import converted, phrases
from policywatch.text.table import (
    ALIKE,
    AMPERSAND,
    ANGLE,
    DOT,
    FAR,
    JOINS,
    SPACE,
    SWELLS,
    TURNS,
    UNSEEN,
    codes_of,
    text_of,
)

_DOTTED_I = "\u0130"
"""The capital whose lower case is longer, by a mark. It is lowered last: the mark might change places with others."""
_Edits = list[tuple[int, int, str]]
"""What to put in the place of which half-open ranges."""


# An article is folded for its signature and again to be matched; the name of its source, with each of them.
@lru_cache(maxsize=16)
def fold(text: str) -> Mapped:
    """The folded text; every position of it leads back to `text`. Takes any string and does not raise."""
    if text.isascii() and "&" not in text and " ".join(text.split()) == text:
        return Mapped(text.lower())
    mapped = Mapped(text)
    marked = Marked(text)
    for bits, step in _STEPS:
        if marked.bits & bits and (edits := step(marked)):
            mapped = mapped.then(replaced(mapped.text, edits))
            if not mapped.text:
                return mapped
            marked = marked.edited(mapped.text, edits)
    mapped = mapped.rewritten(_settled(marked))
    if _DOTTED_I not in mapped.text:
        return mapped
    dotted = [(found.start(), found.end(), _DOTTED_I.lower()) for found in re.finditer(_DOTTED_I, mapped.text)]
    return mapped.then(replaced(mapped.text, dotted))


def folded(text: str) -> str:
    """Only the text of a fold."""
    return fold(text).text


def _without_unseen(marked: Marked) -> _Edits:
    return [(at, at + 1, "") for at in marked.having(UNSEEN)]


def _composed(marked: Marked) -> _Edits:
    """NFKC where it is not one character for one. What joins nothing before it begins a new piece (UAX 15, 9)."""
    text = marked.text
    joining = {*marked.having(JOINS)}
    edits = []
    done = 0
    for at in marked.having(SWELLS | JOINS):
        if at < done:
            continue
        # What joins nothing before it begins a new piece; only at the text's start may one begin otherwise.
        start = max(at - 1, 0) if at in joining else at
        done = at + 1
        while done in joining:
            done += 1
        piece = unicodedata.normalize("NFKC", text[start:done])
        if piece != text[start:done]:
            edits.append((start, done, piece))
    return edits


def _without_entities(marked: Marked) -> _Edits:
    # All that is left to compose is one for one.
    return entities.decoded(unicodedata.normalize("NFKC", marked.text))


def _without_alikes(marked: Marked) -> _Edits:
    return alikes.meant(marked, marked.having(ALIKE))


_STEPS = (
    (UNSEEN, _without_unseen),
    (SWELLS | JOINS, _composed),
    (AMPERSAND, _without_entities),
    (SWELLS | JOINS, _composed),
    (ALIKE, _without_alikes),
    (SPACE | DOT | ANGLE, gaps.closed),
)


def _settled(marked: Marked) -> str:
    """The folded text of one that is composed and has no gaps, all but _DOTTED_I."""
    text, codes = marked.text, marked.codes
    if marked.bits & FAR:
        simplified = converted(unicodedata.normalize("NFKC", text))
        lowered = codes_of(simplified.replace(_DOTTED_I, "I").lower())
        kept = marked.having(SPACE | SWELLS)
        lowered[kept] = codes[kept]
        codes = lowered
    elif marked.bits & TURNS:
        for start, stretch in phrases().turned(text, marked.having(TURNS)):
            codes[start : start + len(stretch)] = codes_of(stretch)
    settled = text_of(codes)
    if "\n" not in settled:
        return settled
    # No more than two line breaks follow each other: a single one is a space.
    return gaps.PARAGRAPH.join(part.replace("\n", " ") for part in settled.split(gaps.PARAGRAPH))
