"""What closes soon: the deadlines of a digest's stories within the next days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.model import Closing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from policywatch.model import Story


def closing_soon(stories: Sequence[Story], reminders: Sequence[Story], today: date, days: int) -> tuple[Closing, ...]:
    """The nearest deadline of each story that falls within `days` days from today on, the nearest first.

    Those to be reminded of were chosen for their deadlines, however far off. A deadline that is past is none: what a
    story then says stands in its text.
    """
    found = []
    reminded = {story.id for story in reminders}
    for story in [*stories, *reminders]:
        ahead = [one for one in story.document.deadlines if one.date >= today] if story.document else []
        nearest = min(ahead, key=lambda one: one.date, default=None)
        if nearest is not None and (story.id in reminded or (nearest.date - today).days <= days):
            found.append(Closing(story, nearest, (nearest.date - today).days))
    return tuple(sorted(found, key=lambda one: (one.days, -one.story.score, one.story.id)))
