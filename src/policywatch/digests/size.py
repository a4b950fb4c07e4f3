"""Fits stories into the bytes that a mailbox shows: weaker ones by title only, the weakest only counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from policywatch.digests.view import GroupView, StoryView


@dataclass(frozen=True, slots=True)
class Row:
    """A story as it is shown."""

    story: StoryView
    is_full: bool
    """With excerpt, evidence and notes; else title and facts only."""


@dataclass(frozen=True, slots=True)
class FittedGroup:
    """A heading with the rows that fit."""

    group: GroupView
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """What fits."""

    groups: tuple[FittedGroup, ...]
    markup: str
    dropped: int
    """How many stories are not shown. Each of them is weaker than every one that is."""


def fit(
    groups: Sequence[GroupView],
    *,
    heading: Callable[[GroupView], str],
    full: Callable[[StoryView], str],
    brief: Callable[[StoryView], str],
    ending: Callable[[GroupView], str],
    room: int,
) -> Fit:
    """As many stories as `room` bytes of UTF-8 hold, as many of them in full as the rest of the room holds.

    The callables draw one heading, one story, or what stands under the stories of a heading. A story is drawn in full
    only if all that are stronger are.
    """
    # Macros give Markup, which would escape what is added to it.
    headings = [str(heading(group)) for group in groups]
    endings = [str(ending(group)) if group.left_out else "" for group in groups]
    places = sorted(
        ((number, place) for number, group in enumerate(groups) for place in range(len(group.stories))),
        key=lambda at: groups[at[0]].stories[at[1]].strength,
    )
    drawn, is_whole = _in_full(groups, places, full, room - sum(len(one.encode()) for one in (*headings, *endings)))
    if is_whole:
        in_full = set(drawn)
        shown = drawn
    else:
        shown, in_full = _chosen(groups, places, drawn, brief, headings, endings, room)
    fitted_groups = []
    markup = []
    for number, group in enumerate(groups):
        at = [(number, place) for place in range(len(group.stories)) if (number, place) in shown]
        if at:
            rows = tuple(Row(group.stories[place], (number, place) in in_full) for _, place in at)
            fitted_groups.append(FittedGroup(group, rows))
            markup += [headings[number], *(shown[key] for key in at), endings[number]]
    return Fit(tuple(fitted_groups), "".join(markup), len(places) - len(shown))


def _in_full(
    groups: Sequence[GroupView], places: Sequence[tuple[int, int]], full: Callable[[StoryView], str], room: int
) -> tuple[dict[tuple[int, int], str], bool]:
    """The strongest stories drawn in full, as far as the room goes, and whether it goes for all of them."""
    drawn: dict[tuple[int, int], str] = {}
    for number, place in places:
        row = str(full(groups[number].stories[place]))
        room -= len(row.encode())
        if room < 0:
            return drawn, False
        drawn[number, place] = row
    return drawn, True


def _chosen(
    groups: Sequence[GroupView],
    places: Sequence[tuple[int, int]],
    drawn: Mapping[tuple[int, int], str],
    brief: Callable[[StoryView], str],
    headings: Sequence[str],
    endings: Sequence[str],
    room: int,
) -> tuple[dict[tuple[int, int], str], set[tuple[int, int]]]:
    """By title as many as the room holds, then from the strongest on as many in full as it still holds; and which."""
    left, shown = room, dict[tuple[int, int], str]()
    opened: set[int] = set()
    for number, place in places:
        row = str(brief(groups[number].stories[place]))
        cost = len(row.encode())
        if number not in opened:
            cost += len(headings[number].encode()) + len(endings[number].encode())
        if cost > left:
            break
        left -= cost
        opened.add(number)
        shown[number, place] = row
    in_full: set[tuple[int, int]] = set()
    for number, place in list(shown):
        if (number, place) not in drawn:
            break
        row = drawn[number, place]
        cost = len(row.encode()) - len(shown[number, place].encode())
        if cost > left:
            break
        left -= cost
        in_full.add((number, place))
        shown[number, place] = row
    return shown, in_full
