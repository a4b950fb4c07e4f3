"""A text made from another, with the way back to it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Edit = tuple[int, int, str]
    """What was put in the place of a non-empty half-open range."""


class Mapped:
    """A text and, for each range of it, where that stood in the text it was made from.

    The way back is walked when somebody asks: most texts match nothing, and nobody does. Removed characters belong to
    no range.
    """

    __slots__ = ("_steps", "text")

    def __init__(self, text: str, steps: tuple[_Step, ...] = ()) -> None:
        self.text = text
        self._steps = steps

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of the source behind the half-open, non-empty range of this text."""
        for step in reversed(self._steps):
            start, end = step.origin(start)[0], step.origin(end - 1)[1]
        return start, end

    def then(self, outer: Mapped) -> Mapped:
        """The mapping of `outer`, which was made from this text, back to this one's source."""
        return Mapped(outer.text, self._steps + outer._steps)

    def rewritten(self, text: str) -> Mapped:
        """The same ways back from a text that differs only in which characters stand at its places."""
        return Mapped(text, self._steps)

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of this text that came from inside a half-open range of the source; empty if none."""
        if not self._steps:
            return start, end
        places = range(len(self.text))
        first = bisect_right(places, start, key=lambda at: self.span(at, at + 1)[1])
        return first, max(first, bisect_left(places, end, key=lambda at: self.span(at, at + 1)[0]))


class _Step:
    """Edits of one text, sorted, none overlapping another."""

    __slots__ = ("_begins", "_edits")

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._begins: list[int] | None = None
        """Where in the edited text each edit's own text begins."""

    def origin(self, at: int) -> tuple[int, int]:
        """The half-open range of the unedited text that a character of the edited one came from."""
        if self._begins is None:
            self._begins = []
            shift = 0
            for start, end, put_in in self._edits:
                self._begins.append(start + shift)
                shift += len(put_in) - (end - start)
        last = bisect_right(self._begins, at) - 1
        if last < 0:
            return at, at + 1
        start, end, put_in = self._edits[last]
        beyond = at - self._begins[last] - len(put_in)
        # Each character that was put in came from all of its range.
        return (start, end) if beyond < 0 else (end + beyond, end + beyond + 1)


def without(text: str, cuts: Sequence[tuple[int, int]]) -> Mapped:
    """The text without the given half-open ranges, which are sorted and do not overlap."""
    return replaced(text, [(start, end, "") for start, end in cuts])


def replaced(text: str, edits: Sequence[Edit]) -> Mapped:
    """The text with other text in the place of non-empty half-open ranges, which are sorted and do not overlap."""
    if not edits:
        return Mapped(text)
    pieces: list[str] = []
    done = 0
    for start, end, put_in in edits:
        pieces += text[done:start], put_in
        done = end
    pieces.append(text[done:])
    return Mapped("".join(pieces), (_Step(edits),))
