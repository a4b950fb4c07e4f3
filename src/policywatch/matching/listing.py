"""What a watch-list looks for: each of its terms with every spelling that counts as it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.matching.compile import compiled
from policywatch.matching.loss import torn_form

if TYPE_CHECKING:
    from policywatch.matching.base import WatchlistSpec


@dataclass(frozen=True, slots=True)
class ListedTerm:
    """A term or an exception."""

    term: str
    """As the user wrote it."""
    spellings: tuple[str, ...]
    """The others that count as it: joint, of other regions, as a converter damages it."""
    is_exception: bool


def terms(spec: WatchlistSpec, limit: int = 500) -> tuple[ListedTerm, ...]:
    """The terms of a list in its own order, each once, then its exceptions; at most `limit`."""
    whole = compiled([spec])
    found: dict[tuple[bool, str], ListedTerm] = {}
    for number in range(min(limit, len(whole.written))):
        term = whole.term(number)
        torn = torn_form(term.folded)
        others = [one.text for one in term.spellings if one.kind != "folded"] + ([torn] if torn else [])
        one = ListedTerm(term.term, tuple(dict.fromkeys(others)), term.is_exception)
        found.setdefault((one.is_exception, one.term), one)
    return tuple(sorted(found.values(), key=lambda one: one.is_exception))
