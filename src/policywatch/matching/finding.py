"""What a rule says of itself in one text, beyond its hits: what was discounted, what forbade, what was missing."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal[
    "field",
    "longer",
    "number",
    "address",
    "case",
    "exception",
    "forbidden",
    "missing",
    "far",
    "order",
    "sentence",
    "min_score",
]
"""Why something that stands in the text does not count (another field than asked for, inside a longer word, inside a
number, inside an address, other capitals, inside an exception), what shut the text out, what a rule lacked, how terms
stood that should have been near (too far, in the wrong order, in several sentences), or a score that is too low."""

EXCLUDING: frozenset[Kind] = frozenset({"exception", "forbidden", "min_score"})


class Finding(NamedTuple):
    """One reason, with the half-open range of the searched text that it is about; -1 where it is about none."""

    kind: Kind
    rule: str
    """The rule in the user's words."""
    start: int = -1
    end: int = -1
    other: str = ""
    """The exception that covers the range; for `missing`, what is there of the rule."""
    number: float = 0
    """Characters between terms, or the score."""
