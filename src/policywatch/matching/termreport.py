"""What becomes of a term: its spellings, its edges, the lists that have it, the exceptions that touch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.matching.base import WatchlistSpec
from policywatch.matching.compile import compiled
from policywatch.matching.loss import torn_form

if TYPE_CHECKING:
    from policywatch.matching.matcher import Matcher


@dataclass(frozen=True, slots=True)
class TermReport:
    """One term."""

    term: str
    folded: str
    spellings: dict[str, tuple[str, ...]]
    """By kind (`joint`, `regional`, ...), without the folded term itself."""
    has_edges: bool
    """Whether it must not stand inside a longer word."""
    lists: tuple[str, ...]
    """Watch-lists that look for it, in one of its spellings."""
    exceptions: tuple[tuple[str, str], ...]
    """(phrase, watch-list) of the exceptions in which one of its spellings stands."""


def report(matcher: Matcher, term: str) -> TermReport:
    """The term as a watch-list of its own would have it. Raises a fault for what can be no term."""
    spec = WatchlistSpec.model_validate({"name": "term", "any": [term]})
    rule = compiled([spec]).term(0)
    forms = {one.text for one in rule.spellings}
    names = matcher.compiled.names
    others = [matcher.compiled.term(number) for number in range(len(matcher.compiled.written))]
    same = [other for other in others if forms & {one.text for one in other.spellings}]
    touching = [
        other
        for other in others
        if other.is_exception and any(form in one.text for one in other.spellings for form in forms)
    ]
    kinds = dict.fromkeys(one.kind for one in rule.spellings if one.kind != "folded")
    spellings: dict[str, tuple[str, ...]] = {
        kind: tuple(one.text for one in rule.spellings if one.kind == kind) for kind in kinds
    }
    torn = torn_form(rule.folded)
    damaged = {"damaged": (torn,)} if torn else {}
    return TermReport(
        term=rule.term,
        folded=rule.folded,
        spellings={**spellings, **damaged},
        has_edges=rule.has_edges,
        lists=tuple(dict.fromkeys(names[other.watchlist] for other in same if not other.is_exception)),
        exceptions=tuple(dict.fromkeys((other.term, names[other.watchlist]) for other in touching)),
    )
