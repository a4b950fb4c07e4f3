"""Which story an article belongs to: decided on the articles that it may be a reprint of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.articles import titles
from policywatch.articles.likeness import Likeness, Telling, compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_OF_A_STORY = 5
"""Articles of one story that a new one is compared with: those that share most with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An article that shares a band with the one in question."""

    story: int
    telling: Telling


def bands(telling: Telling) -> list[int]:
    """Numbers of which two articles of one story share at least one; each fits a BIGINT."""
    named = [_number(piece) for piece in telling.title.pieces if len(piece) >= titles.PIECE]
    return list(dict.fromkeys([*telling.profile.bands, *named]))


def chosen(telling: Telling, candidates: Sequence[Candidate]) -> list[int]:
    """The stories that an article belongs to, oldest first; several when it shows that they are one.

    A story with a member from which it must be told apart is none of them; and two stories whose members must be told
    apart stay two: the article goes to the one with more of its like.
    """
    by_story: dict[int, list[Telling]] = {}
    for one in candidates:
        by_story.setdefault(one.story, []).append(one.telling)
    votes: dict[int, int] = {}
    for story, members in by_story.items():
        found = [compared(telling, member) for member in members]
        if Likeness.DIFFERENT not in found and Likeness.SAME in found:
            votes[story] = found.count(Likeness.SAME)
    joined: list[int] = []
    for story in sorted(votes, key=lambda story: (-votes[story], story)):
        if not any(_are_apart(by_story[story], by_story[other]) for other in joined):
            joined.append(story)
    return sorted(joined)


def most_alike(shared: Iterable[tuple[int, int]], counts: dict[int, int]) -> list[int]:
    """Of (story, article) pairs the articles to compare with: a few of each story, those sharing most bands."""
    by_story: dict[int, list[int]] = {}
    for story, article in shared:
        by_story.setdefault(story, []).append(article)
    return [
        article
        for articles in by_story.values()
        for article in sorted(articles, key=lambda one: (-counts[one], one))[:MOST_OF_A_STORY]
    ]


def _are_apart(some: Sequence[Telling], others: Sequence[Telling]) -> bool:
    return any(compared(one, other) is Likeness.DIFFERENT for one in some for other in others)


def _number(piece: str) -> int:
    digest = hashlib.blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=8, person=b"title").digest()
    return int.from_bytes(digest, "big", signed=True)
