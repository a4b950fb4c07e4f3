"""Puts stories under headings: each once, strongest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.model import Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.model import Story


def select(stories: Sequence[Story], watchlists: Sequence[str], limit: int) -> tuple[tuple[Group, ...], int]:
    """(groups in the order of the watch-lists, how many stories the limit left out).

    A story stands under the watch-list of its strongest hit, of equals under the first. Within a group the strongest
    and then the newest come first. The limit leaves out the weakest.
    """
    order = {name: at for at, name in enumerate(watchlists)}
    ranked = sorted(stories, key=_rank)
    kept = ranked[:limit]
    groups: dict[str, list[Story]] = {}
    for story in kept:
        groups.setdefault(_heading(story, order), []).append(story)
    names = sorted(groups, key=lambda name: (order.get(name, len(order)), name))
    return tuple(Group(name, tuple(groups[name])) for name in names), len(ranked) - len(kept)


def _heading(story: Story, order: dict[str, int]) -> str:
    if not story.hits:
        return ""
    best = min(story.hits, key=lambda hit: (-hit.score, order.get(hit.watchlist, len(order)), hit.watchlist))
    return best.watchlist


def _rank(story: Story) -> tuple[float, float, int]:
    moment = story.published or story.first_seen
    return (-story.score, -moment.timestamp(), -story.id)
