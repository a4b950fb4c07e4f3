"""A text beside its entries of the folding table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from policywatch.text.table import SPECIAL, looked_up

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Marked:
    """A text that is not empty, its entries, and where the special ones are."""

    __slots__ = ("bits", "entries", "places", "special", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.entries: NDArray[np.uint32] = looked_up(text)
        self.places: NDArray[np.intp] = (self.entries >= SPECIAL).nonzero()[0]
        """Of the special entries, in order."""
        self.special: NDArray[np.uint32] = self.entries[self.places]
        self.bits = int(np.bitwise_or.reduce(self.special))
        """All bits that some special entry has."""

    def having(self, bits: int) -> list[int]:
        """Places of the entries that have one of the bits."""
        found: list[int] = self.places[(self.special & bits) > 0].tolist()
        return found
