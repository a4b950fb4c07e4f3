"""Gathers articles into stories: looks up what they may be reprints of, lets the pure part decide, joins."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from policywatch.articles import profile, stories, titles
from policywatch.articles.likeness import Telling
from policywatch.store import stories as story_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from policywatch.model import Article


def gather(
    tx: Connection, found: Sequence[tuple[int, int, Article]], window: timedelta, now: datetime
) -> dict[int, int]:
    """Joins articles, each given with its number and story, with their likes of the last days.

    Gives the story that each is in afterwards. An article without a profile stays where it is.
    """
    mine = [(number, story, article) for number, story, article in found if article.profile]
    if not mine:
        return {number: story for number, story, _ in found}
    tellings = {
        number: Telling(titles.parsed(article.title), profile.unpacked(article.profile), article.published)
        for number, _, article in mine
    }
    bands = {number: stories.bands(telling) for number, telling in tellings.items()}
    shared = [
        *story_rows.sharing(tx, [band for some in bands.values() for band in some], now - window),
        *(story_rows.Sharing(band, number, story) for number, story, _ in mine for band in bands[number]),
    ]
    story_rows.keep(
        tx, [story_rows.Kept(number, article.profile, tuple(bands[number])) for number, _, article in mine], now
    )
    near = _near(bands, shared)
    rows = story_rows.profiles(tx, [other for others in near.values() for other in others if other not in tellings])
    others = {
        row.article_id: Telling(titles.parsed(row.title), profile.unpacked(row.profile), row.published) for row in rows
    } | tellings
    merged = _Merged()
    in_story = {one.article_id: one.story_id for one in shared} | {number: story for number, story, _ in found}
    for number, telling in tellings.items():
        candidates = [
            stories.Candidate(merged.of(in_story[other]), others[other]) for other in near[number] if other in others
        ]
        for story in stories.chosen(telling, candidates):
            merged.join(tx, merged.of(in_story[number]), story)
    story_rows.choose_heads(tx, merged.stories)
    return {number: merged.of(story) for number, story, _ in found}


def _near(bands: dict[int, list[int]], shared: Iterable[story_rows.Sharing]) -> dict[int, list[int]]:
    """For each article those to compare it with."""
    having: dict[int, list[story_rows.Sharing]] = {}
    for one in shared:
        having.setdefault(one.band, []).append(one)
    near = {}
    for number, some in bands.items():
        mine = [one for band in some for one in having.get(band, ()) if one.article_id != number]
        counts = Counter(one.article_id for one in mine)
        near[number] = stories.most_alike({(one.story_id, one.article_id) for one in mine}, counts)
    return near


class _Merged:
    """Which stories became which in this transaction."""

    def __init__(self) -> None:
        self._into: dict[int, int] = {}

    @property
    def stories(self) -> list[int]:
        """Those that took in others."""
        return [self.of(story) for story in self._into]

    def of(self, story: int) -> int:
        while story in self._into:
            story = self._into[story]
        return story

    def join(self, tx: Connection, one: int, other: int) -> None:
        first, later = sorted((one, other))
        if first != later:
            story_rows.merge(tx, later, first)
            self._into[later] = first
