"""Puts stories under headings: each once, strongest first, never more than fit."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from policywatch.model import Group
from policywatch.text import places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from policywatch.model import Hit, Story

KINDS = (
    "法规", "办法", "意见", "规划", "方案", "通知", "征求意见稿", "申报", "公示", "批复", "标准", "名单", "解读",
    "讲话", "新闻",
)  # fmt: skip
"""Kinds of documents as headings: what binds first, what is to be answered next, what tells last."""


def select(
    stories: Sequence[Story],
    watchlists: Sequence[str],
    limit: int | None = None,
    headings: Mapping[str, str] = MappingProxyType({}),
    *,
    group_by: str = "watchlist",
    group_limit: int | None = None,
) -> tuple[tuple[Group, ...], int]:
    """The groups in reading order, and how many stories were left out because of `limit`.

    By `watchlist`, a story stands once, under the watch-list of its strongest hit; of equal hits the one that comes
    first in `watchlists` counts, and groups come in the order of `watchlists`. A story whose watch-lists are not in
    `watchlists` (they were renamed after it matched) stands at the end under their names rather than nowhere.
    `headings` names the direction under which the stories of its members stand.

    By `region`, what holds nationwide comes first, and by `kind`, what binds; by `source` the source with the
    strongest story. What has none of these stands at the end under an empty name.

    Within a group the strongest comes first, of equals the newest. `group_limit` is the most that a group shows: the
    group itself counts the weaker ones. What `limit` leaves out of the rest is always weaker than, or as strong and
    older than, everything that stays.
    """
    ranked = sorted(stories, key=strength)
    home = _by_watchlist(watchlists, headings) if group_by == "watchlist" else _HOMES[group_by]
    names = list(watchlists) if group_by == "watchlist" else _order(ranked, home, group_by)
    groups: dict[str, list[Story]] = {name: [] for name in names}
    beyond: dict[str, int] = {}
    shown = 0
    left_out = 0
    for story in ranked:
        name = home(story)
        members = groups.setdefault(name, [])
        if group_limit is not None and len(members) >= group_limit:
            beyond[name] = beyond.get(name, 0) + 1
        elif limit is not None and shown >= limit:
            left_out += 1
        else:
            members.append(story)
            shown += 1
    found = tuple(Group(name, tuple(members), beyond.get(name, 0)) for name, members in groups.items() if members)
    return found, left_out


def hit_of(story: Story, group: str) -> Hit | None:
    """The hit for which a story stands in a group; its strongest when the group's name is not among them."""
    for hit in story.hits:
        if hit.watchlist == group:
            return hit
    return story.hits[0] if story.hits else None


def strength(story: Story) -> tuple[float, float, int]:
    """Sorts the strongest first, of equals the newest; no two stories are equal."""
    moment = story.published or story.first_seen
    return -story.score, -moment.timestamp(), -story.id


def _by_watchlist(watchlists: Sequence[str], headings: Mapping[str, str]) -> Callable[[Story], str]:
    rank = {name: number for number, name in enumerate(watchlists)}

    def home(story: Story) -> str:
        wanted = [hit for hit in story.hits if hit.watchlist in rank] or list(story.hits)
        if len(wanted) == 1:
            best: Hit | None = wanted[0]
        else:
            best = min(
                wanted, key=lambda hit: (-hit.score, rank.get(hit.watchlist, len(rank)), hit.watchlist), default=None
            )
        name = best.watchlist if best else ""
        return headings.get(name, name)

    return home


_HOMES: dict[str, Callable[[Story], str]] = {
    "region": lambda story: story.document.region if story.document else "",
    "kind": lambda story: story.document.kind if story.document and story.document.kind in KINDS else "",
    "source": lambda story: story.source_name or story.source,
}


def _order(ranked: Sequence[Story], home: Callable[[Story], str], group_by: str) -> list[str]:
    """The headings there are, in reading order; what comes first among `ranked` comes first where nothing else says."""
    names = list(dict.fromkeys(home(story) for story in ranked))
    if group_by == "kind":
        return sorted(names, key=lambda name: KINDS.index(name) if name in KINDS else len(KINDS))
    return sorted(names, key=lambda name: (not name, group_by == "region" and name != places.NATIONWIDE))
