"""Folding: what two spellings of the same words have in common, with the way back to the original.

The result is lower(OpenCC t2s(NFKC(text))), with these seen through: HTML entities, also of entities; invisible
characters; and between Han characters white space, line breaks, interpuncts and inline tags. Other white space becomes
one space, and a blank line stays one: no term crosses it.

A table folds all characters at once and marks those that need more; each step looks at its own marks. Folding again
changes nothing that OpenCC, asked again, would not change: it makes 打坏 of 打壞, and 打坯 of that.
"""

from __future__ import annotations

import unicodedata

import numpy as np

from policywatch.text import entities, gaps
from policywatch.text.mapping import Mapped, replaced
from policywatch.text.marked import Marked
from policywatch.text.phrases import converted, phrases
from policywatch.text.table import AMPERSAND, ANGLE, CODE, DOT, FAR, JOINS, SPACE, SWELLS, TURNS, UNSEEN, codes_of, text_of

_Edits = list[tuple[int, int, str]]
"""What to put in the place of which half-open ranges."""


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
            marked = Marked(mapped.text)
    return Mapped(_settled(marked), mapped.starts, mapped.ends)


def folded(text: str) -> str:
    """Only the text of a fold."""
    return fold(text).text


def _without_unseen(marked: Marked) -> _Edits:
    return [(at, at + 1, "") for at in marked.having(UNSEEN)]


def _composed(marked: Marked) -> _Edits:
    """NFKC where it is not one character for one. What joins nothing before it begins a new piece (UAX 15, 9)."""
    text, entries = marked.text, marked.entries
    edits = []
    done = 0
    for at in marked.having(SWELLS | JOINS):
        if at < done:
            continue
        start = at
        while start and entries[start] & JOINS:
            start -= 1
        done = at + 1
        while done < len(text) and entries[done] & JOINS:
            done += 1
        piece = unicodedata.normalize("NFKC", text[start:done])
        # A capital I with a dot is the one that lower case makes longer.
        piece = "".join(one if len(one.lower()) == 1 else one.lower() for one in piece)
        if piece != text[start:done]:
            edits.append((start, done, piece))
    return edits


def _without_entities(marked: Marked) -> _Edits:
    # All that is left to compose is one for one.
    return entities.decoded(unicodedata.normalize("NFKC", marked.text))


_STEPS = (
    (UNSEEN, _without_unseen),
    (SWELLS | JOINS, _composed),
    (AMPERSAND, _without_entities),
    (SWELLS | JOINS, _composed),
    (SPACE | DOT | ANGLE, gaps.closed),
)


def _settled(marked: Marked) -> str:
    """The folded text of one that is composed and has no gaps."""
    text, entries = marked.text, marked.entries
    if marked.bits & FAR:
        entries = np.where(entries & SPACE, entries, codes_of(_long_way(text)))
    elif marked.bits & TURNS:
        for start, stretch in phrases().turned(text, marked.having(TURNS)):
            entries[start : start + len(stretch)] = codes_of(stretch)
    at = text.find(gaps.PARAGRAPH) if marked.bits & SPACE else -1
    while at >= 0:
        entries[at : at + 2] = ord("\n")
        at = text.find(gaps.PARAGRAPH, at + 2)
    return text_of(entries & CODE)


def _long_way(text: str) -> str:
    return converted(unicodedata.normalize("NFKC", text)).lower()
