"""Which deadlines a digest reminds of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date


@dataclass(frozen=True, slots=True)
class Reminder:
    """A deadline of a story, and how many days before it this is the reminder."""

    story: int
    day: date
    days: int


def due(
    closing: Iterable[tuple[int, date]],
    days: Sequence[int],
    reminded: Collection[tuple[int, date, int]],
    *,
    today: date,
    fresh: Collection[int],
) -> tuple[tuple[int, ...], tuple[Reminder, ...]]:
    """The stories to remind of, the nearest deadline first, and what counts as reminded from now on.

    `days` are those before a deadline at which a reminder is wanted. A digest that comes later than such a day, as
    after a week-end, reminds then; a day that passed before the story was known is not made up for. `fresh` are the
    stories of this very digest, whose readers see the deadline there.
    """
    stories: dict[int, None] = {}
    passed: list[Reminder] = []
    for story, day in sorted(closing, key=lambda one: (one[1], one[0])):
        left = (day - today).days
        reached = [number for number in days if 0 <= left <= number]
        new = [number for number in reached if (story, day, number) not in reminded]
        if not new:
            continue
        passed += [Reminder(story, day, number) for number in new]
        # With the last reached day reminded of, the earlier ones have had their turn.
        if story not in fresh and min(reached) in new:
            stories[story] = None
    return tuple(stories), tuple(passed)
