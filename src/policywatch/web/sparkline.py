"""A row of small bars, as the path of an SVG: no style and no script, only where the bars stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP, BAR, HEIGHT = 4, 3, 20
"""Units of the picture: from bar to bar, a bar's width, the picture's height."""


def path(counts: Sequence[int]) -> str:
    """The bars, the highest as high as the picture; any count of one or more can be seen."""
    most = max(counts, default=0)
    bars = []
    for place, count in enumerate(counts):
        if count > 0:
            height = max(1, round(HEIGHT * count / most))
            bars.append(f"M{place * STEP} {HEIGHT}h{BAR}v-{height}h-{BAR}z")
    return "".join(bars)


def width(counts: Sequence[int]) -> int:
    """Of the picture."""
    return max(1, len(counts) * STEP)
