"""A text beside its entries of the folding table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.text.table import CODE, SPECIAL, looked_up

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Marked:
    """A text that is not empty, with what its characters fold to by themselves, and the marks of the special ones."""

    __slots__ = ("bits", "codes", "marks", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.codes: NDArray[np.uint32] = looked_up(text)
        places = (self.codes >= SPECIAL).nonzero()[0]
        special = self.codes[places]
        self.codes[places] = special & CODE
        # There are few of them: loops over lists are faster than operations on small arrays.
        self.marks: list[tuple[int, int]] = list(zip(places.tolist(), special.tolist(), strict=True))
        """Places of special characters, in order, and the bits that tell what is special."""
        self.bits = 0
        """All bits of all marks."""
        for _, bits in self.marks:
            self.bits |= bits

    def having(self, wanted: int) -> list[int]:
        """Places whose marks have one of the bits."""
        return [at for at, bits in self.marks if bits & wanted]
