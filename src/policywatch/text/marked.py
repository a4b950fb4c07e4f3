"""A text beside its entries of the folding table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from policywatch.text.table import CODE, SPECIAL, looked_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from policywatch.text.mapping import Edit

FEW = 24
"""Edits up to which it is faster to put a text's entries together anew than to look them up again."""


class Marked:
    """A text that is not empty, with what its characters fold to by themselves, and the marks of the special ones."""

    __slots__ = ("bits", "codes", "marks", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.codes: NDArray[np.uint32] = looked_up(text)
        places = (self.codes >= SPECIAL).nonzero()[0]
        self.marks: list[tuple[int, int]] = []
        """Places of special characters, in order, and the bits that tell what is special."""
        self.bits = 0
        """All bits of all marks."""
        if not len(places):
            return
        special = self.codes[places]
        self.codes[places] = special & CODE
        # There are few of them: loops over lists are faster than operations on small arrays.
        self.marks = list(zip(places.tolist(), special.tolist(), strict=True))
        self.bits = _all_bits(self.marks)

    def edited(self, text: str, edits: Sequence[Edit]) -> Marked:
        """The same of the text that edits make of this one. Few edits leave most of what was looked up as it is."""
        if len(edits) > FEW:
            return Marked(text)
        parts: list[NDArray[np.uint32]] = []
        marks: list[tuple[int, int]] = []
        done = length = at_mark = 0
        for start, end, put_in in (*edits, (len(self.text), len(self.text), "")):
            shift = length - done
            parts.append(self.codes[done:start])
            while at_mark < len(self.marks) and self.marks[at_mark][0] < end:
                at, bits = self.marks[at_mark]
                if at < start:
                    marks.append((at + shift, bits))
                at_mark += 1
            length += start - done
            if put_in:
                inside = Marked(put_in)
                parts.append(inside.codes)
                marks += [(at + length, bits) for at, bits in inside.marks]
                length += len(put_in)
            done = end
        other = Marked.__new__(Marked)
        other.text, other.codes, other.marks = text, np.concatenate(parts), marks
        other.bits = _all_bits(marks)
        return other

    def having(self, wanted: int) -> list[int]:
        """Places whose marks have one of the bits."""
        return [at for at, bits in self.marks if bits & wanted]


def _all_bits(marks: Sequence[tuple[int, int]]) -> int:
    found = 0
    for _, bits in marks:
        found |= bits
    return found
