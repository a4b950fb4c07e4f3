"""How strongly a text belongs to a watch-list: 0 to 100, comparable across lists.

Each hit weighs by where it stands: 1.1 in the title, 0.40 in the lead (the body's first 200 folded characters), 0.30
further on or in the source's name, times its term's weight. The first hit of a term in the title, and the first in the
body, count whole, each further one there half of the one before, so that repetition saturates. With w the sum over all,
the score is 100 * (1 - exp(-w)).

So one mention in the body makes 26, one in the lead 33, one in the title 67, title and lead 78, title and twice in the
lead 82.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TITLE = 1.1
LEAD = 0.40
BODY = 0.30
LEAD_LENGTH = 200
"""Folded characters at the start of the body."""


def place_weight(field: str, start: int) -> float:
    """What a hit weighs by where it stands; `start` counts folded characters."""
    if field == "title":
        return TITLE
    return LEAD if field == "body" and start < LEAD_LENGTH else BODY


def score(hits: Iterable[tuple[str, float, float]]) -> float:
    """The score of (term, term's weight, place's weight) triples, rounded to one decimal."""
    by_term: dict[tuple[str, bool], list[float]] = {}
    for term, weight, place in hits:
        by_term.setdefault((term, place == TITLE), []).append(weight * place)
    total = sum(
        weighed * 0.5**rank
        for weights in by_term.values()
        for rank, weighed in enumerate(sorted(weights, reverse=True))
    )
    return round(100 * (1 - math.exp(-total)), 1)
