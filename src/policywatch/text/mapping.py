"""A text made from another, with the way back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """A text and where each of its characters stood in the text it was made from.

    `starts[i]` and `ends[i]` are the half-open range of the source that character i came from; neither ever descends.
    Both are None when nothing moved. Removed characters belong to no range.
    """

    text: str
    starts: NDArray[np.int32] | None = None
    ends: NDArray[np.int32] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of the source behind the half-open, non-empty range of this text."""
        if self.starts is None or self.ends is None:
            return start, end
        return int(self.starts[start]), int(self.ends[end - 1])

    def then(self, outer: Mapped) -> Mapped:
        """The mapping of `outer`, which was made from this text, back to this one's source."""
        if self.starts is None or self.ends is None:
            return outer
        if outer.starts is None or outer.ends is None:
            return Mapped(outer.text, self.starts, self.ends)
        return Mapped(outer.text, self.starts[outer.starts], self.ends[outer.ends - 1])

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of this text that came from inside a half-open range of the source; empty if none."""
        if self.starts is None or self.ends is None:
            return start, end
        first = int(self.ends.searchsorted(start, "right"))
        return first, max(first, int(self.starts.searchsorted(end, "left")))


def without(text: str, cuts: Sequence[tuple[int, int]]) -> Mapped:
    """The text without the given half-open ranges, which are sorted and do not overlap."""
    return replaced(text, [(start, end, "") for start, end in cuts])


def replaced(text: str, edits: Sequence[tuple[int, int, str]]) -> Mapped:
    """The text with other text in the place of non-empty half-open ranges, which are sorted and do not overlap.

    Each character that was put in came from all of its range.
    """
    if not edits:
        return Mapped(text)
    starts, ends, put_in = zip(*edits, strict=True)
    kept = [text[end:start] for end, start in zip((0, *ends), (*starts, len(text)), strict=True)]
    # What was kept and what was put in take turns, from the kept text before the first edit to that behind the last.
    pieces = [kept[0], *(piece for pair in zip(put_in, kept[1:], strict=True) for piece in pair)]
    origins = [0, *(origin for start, end, _ in edits for origin in (start, end))]
    lengths = np.fromiter(map(len, pieces), dtype=np.int32)
    shifts = np.array(origins, dtype=np.int32) - lengths.cumsum(dtype=np.int32) + lengths
    from_starts = np.arange(lengths.sum(), dtype=np.int32) + shifts.repeat(lengths)
    from_ends = from_starts + 1
    if any(put_in):
        is_put_in = np.zeros(len(pieces), dtype=np.bool_)
        is_put_in[1::2] = True
        is_put_in = is_put_in.repeat(lengths)
        from_starts[is_put_in] = np.array(starts, dtype=np.int32).repeat(lengths[1::2])
        from_ends[is_put_in] = np.array(ends, dtype=np.int32).repeat(lengths[1::2])
    return Mapped("".join(pieces), from_starts, from_ends)
