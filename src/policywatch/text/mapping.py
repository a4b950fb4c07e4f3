"""A text made from another, with the way back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Mapped:
    """A text and where each of its characters stood in the text it was made from.

    `starts[i]` and `ends[i]` are the half-open range of the source that character i came from; both are None when
    nothing moved. Removed characters belong to no range.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of the source behind the half-open, non-empty range of this text."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def then(self, outer: Mapped) -> Mapped:
        """The mapping of `outer`, which was made from this text, back to this one's source."""
        if self.starts is None or self.ends is None:
            return outer
        if outer.starts is None or outer.ends is None:
            return Mapped(outer.text, self.starts, self.ends)
        return Mapped(
            outer.text,
            [self.starts[at] for at in outer.starts],
            [self.ends[at - 1] for at in outer.ends],
        )

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of this text that came from inside a half-open range of the source; empty if none."""
        if self.starts is None or self.ends is None:
            return start, end
        from bisect import bisect_left, bisect_right  # noqa: PLC0415  # only where something moved

        first = bisect_right(self.ends, start)
        return first, max(first, bisect_left(self.starts, end))


def without(text: str, cuts: Sequence[tuple[int, int]]) -> Mapped:
    """The text without the given half-open ranges, which are sorted and do not overlap."""
    if not cuts:
        return Mapped(text)
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    for start, end in [*cuts, (len(text), len(text))]:
        pieces.append(text[at:start])
        starts.extend(range(at, start))
        at = end
    return Mapped("".join(pieces), starts, [place + 1 for place in starts])
