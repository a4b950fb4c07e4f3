"""What a watch-list looks for: each of its terms with every spelling that counts as it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.matching.compile import compiled
from policywatch.matching.loss import torn_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policywatch.matching.base import RuleSpec, WatchlistSpec


@dataclass(frozen=True, slots=True)
class ListedTerm:
    """A term, and what it does in its list."""

    term: str
    """As the user wrote it."""
    spellings: tuple[str, ...]
    """The others that count as it: joint, of other regions, as a converter damages it."""
    role: str
    """`term`; `none`, where it must be absent; `except`, where hits inside it do not count."""


_ROLES = ("term", "none", "except")


def terms(spec: WatchlistSpec, limit: int = 500) -> tuple[ListedTerm, ...]:
    """The terms of a list in its own order, each once, then what it forbids, then its exceptions; at most `limit`."""
    whole = compiled([spec])
    forbidden = frozenset(_forbidden(spec.rule, is_inside=False))
    found: dict[tuple[str, str], ListedTerm] = {}
    for number in range(min(limit, len(whole.written))):
        term = whole.term(number)
        torn = torn_form(term.folded)
        others = [one.text for one in term.spellings if one.kind != "folded"] + ([torn] if torn else [])
        role = "except" if term.is_exception else "none" if term.term in forbidden else "term"
        found.setdefault((role, term.term), ListedTerm(term.term, tuple(dict.fromkeys(others)), role))
    return tuple(sorted(found.values(), key=lambda one: _ROLES.index(one.role)))


def _forbidden(rule: RuleSpec, *, is_inside: bool) -> Iterator[str]:
    """Terms that stand inside a `none`, at any depth."""
    for word, options in rule.words:
        inside = is_inside or word == "none"
        if inside:
            yield from options.own_terms()
        for _, inner in options.nested():
            yield from _forbidden(inner, is_inside=inside)
