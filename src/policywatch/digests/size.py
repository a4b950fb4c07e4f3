"""Fits stories into the bytes that a mailbox shows: weaker ones by title only, the weakest only counted."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

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
    beside = sum(len(one.encode()) for one in (*headings, *endings))
    rows_in_full = _in_full(groups, places, full, room - beside)
    drawn = dict(itertools.islice(rows_in_full, _PROBED))
    # Where they are far from fitting, it is settled with the titles how many more are worth drawing.
    if sum(cost for _, cost in drawn.values()) * len(places) <= _FAR * room * len(drawn):
        drawn.update(rows_in_full)
    if len(drawn) == len(places):
        in_full = set(drawn)
        shown = {key: row for key, (row, _) in drawn.items()}
    else:
        rest = itertools.chain(drawn.items(), rows_in_full)
        shown, in_full = _chosen(groups, places, rest, brief, headings, endings, room)
    fitted_groups = []
    markup = []
    for number, group in enumerate(groups):
        at = [(number, place) for place in range(len(group.stories)) if (number, place) in shown]
        if at:
            rows = tuple(Row(group.stories[place], (number, place) in in_full) for _, place in at)
            fitted_groups.append(FittedGroup(group, rows))
            markup += [headings[number], *(shown[key] for key in at), endings[number]]
    return Fit(tuple(fitted_groups), "".join(markup), len(places) - len(shown))


_PROBED = 20
"""Stories that are drawn in full whatever comes, and"""
_FAR = 1.25
"""of how many times the room, if all were as long, their drawing goes on only one by one."""

_Key = tuple[int, int]
"""A group's number, and a story's place in it."""


def _in_full(
    groups: Sequence[GroupView], places: Sequence[_Key], full: Callable[[StoryView], str], room: int
) -> Iterator[tuple[_Key, tuple[str, int]]]:
    """The strongest stories drawn in full, each with its bytes, as far as the room goes."""
    for number, place in places:
        row = str(full(groups[number].stories[place]))
        cost = len(row.encode())
        room -= cost
        if room < 0:
            return
        yield (number, place), (row, cost)


def _chosen(
    groups: Sequence[GroupView],
    places: Sequence[_Key],
    in_full_rows: Iterable[tuple[_Key, tuple[str, int]]],
    brief: Callable[[StoryView], str],
    headings: Sequence[str],
    endings: Sequence[str],
    room: int,
) -> tuple[dict[_Key, str], set[_Key]]:
    """By title as many as the room holds, then from the strongest on as many in full as it still holds; and which."""
    left, shown = room, dict[_Key, str]()
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
    in_full: set[_Key] = set()
    for key, (row, whole) in in_full_rows:
        if key not in shown:
            break
        cost = whole - len(shown[key].encode())
        if cost > left:
            break
        left -= cost
        in_full.add(key)
        shown[key] = row
    return shown, in_full
