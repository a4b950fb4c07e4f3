"""A watch-list's weeks as bars: how high each is drawn. Pure, from counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WEEKS = 8
HIGHEST = 18
"""Pixels of the highest bar."""
LOWEST = 2
"""Pixels of a week with nothing, so that it is seen to be one."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One week."""

    count: int
    height: int
    """Pixels."""
    is_current: bool
    """The week that still runs."""


def bars(weeks: Sequence[int]) -> tuple[Bar, ...]:
    """One bar a week; the highest count is drawn HIGHEST, the others in proportion.

    None when fewer than two weeks had anything: that is no trend yet.
    """
    if sum(count > 0 for count in weeks) < 2:
        return ()
    most = max(weeks)
    return tuple(
        Bar(count, max(LOWEST, round(count * HIGHEST / most)), number == len(weeks) - 1)
        for number, count in enumerate(weeks)
    )
