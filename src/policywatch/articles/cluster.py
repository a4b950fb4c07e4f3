"""Gathers articles into stories in memory, one after the other as they come: what `try cluster` does."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from policywatch.articles import stories

if TYPE_CHECKING:
    from policywatch.articles.likeness import Telling


class Clusters:
    """Stories of the articles that were added so far. An article is compared with its likes only."""

    def __init__(self) -> None:
        self._tellings: list[Telling] = []
        self._parents: list[int] = []
        self._by_band: dict[int, list[int]] = {}

    def add(self, telling: Telling) -> int:
        """Adds an article and gives its number: 0 for the first, and so on."""
        number = len(self._tellings)
        bands = stories.bands(telling)
        counts = Counter(other for band in bands for other in self._by_band.get(band, ()))
        near = stories.most_alike(((self.story(other), other) for other in counts), counts)
        candidates = [stories.Candidate(self.story(other), self._tellings[other]) for other in near]
        self._tellings.append(telling)
        self._parents.append(number)
        for story in stories.chosen(telling, candidates):
            self.join(story, number)
        for band in bands:
            self._by_band.setdefault(band, []).append(number)
        return number

    def story(self, number: int) -> int:
        """The story of an article: the number of its first article."""
        root = number
        while self._parents[root] != root:
            root = self._parents[root]
        while self._parents[number] != root:
            self._parents[number], number = root, self._parents[number]
        return root

    def join(self, one: int, other: int) -> None:
        """Makes the stories of two articles one."""
        first, later = sorted((self.story(one), self.story(other)))
        self._parents[later] = first
