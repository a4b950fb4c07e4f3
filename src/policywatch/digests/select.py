"""Puts stories under headings: each once, strongest first, never more than fit."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from policywatch.model import Group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policywatch.model import Hit, Story


def select(
    stories: Sequence[Story],
    watchlists: Sequence[str],
    limit: int | None = None,
    headings: Mapping[str, str] = MappingProxyType({}),
) -> tuple[tuple[Group, ...], int]:
    """The groups in the order of `watchlists`, and how many stories were left out because of `limit`.

    A story stands once, under the watch-list of its strongest hit; of equal hits the one that comes first in
    `watchlists` counts. Within a group the strongest comes first, of equals the newest. What a limit leaves out is
    always weaker than, or as strong and older than, everything that stays. A story whose watch-lists are not in
    `watchlists` (they were renamed after it matched) stands at the end under their names rather than nowhere.

    `headings` names the direction under which the stories of its members stand.
    """
    rank = {name: number for number, name in enumerate(watchlists)}
    kept = sorted(stories, key=strength)[:limit]
    groups: dict[str, list[Story]] = {name: [] for name in watchlists}
    for story in kept:
        home = _home(story.hits, rank)
        name = home.watchlist if home else ""
        groups.setdefault(headings.get(name, name), []).append(story)
    found = tuple(Group(name, tuple(members)) for name, members in groups.items() if members)
    return found, len(stories) - len(kept)


def hit_of(story: Story, group: str) -> Hit | None:
    """The hit for which a story stands in a group; its strongest when the group's name is not among them."""
    return next((hit for hit in story.hits if hit.watchlist == group), story.hits[0] if story.hits else None)


def strength(story: Story) -> tuple[float, float, int]:
    """Sorts the strongest first, of equals the newest; no two stories are equal."""
    moment = story.published or story.first_seen
    return -story.score, -moment.timestamp(), -story.id


def _home(hits: Sequence[Hit], rank: dict[str, int]) -> Hit | None:
    wanted = [hit for hit in hits if hit.watchlist in rank] or list(hits)
    return min(wanted, key=lambda hit: (-hit.score, rank.get(hit.watchlist, len(rank)), hit.watchlist), default=None)
