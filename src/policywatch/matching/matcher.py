"""Matches texts against all watch-lists in one pass over the folded text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.matching import engine, score
from policywatch.matching.compile import compiled
from policywatch.matching.view import Places, View
from policywatch.model import Hit, Span, strongest_first
from policywatch.text.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.base import WatchlistSpec
    from policywatch.matching.compile import Compiled
    from policywatch.matching.rules.term import Rule
    from policywatch.matching.view import Found

MAX_HITS = 500
"""Hits of a list that are looked at in one field; its score has long saturated by then."""
MAX_SPANS = 50
"""Evidence kept for a hit; a term that stands a thousand times is shown often enough."""


class Matcher:
    """All watch-lists, built once. Same lists, same hits, whatever the engine behind it."""

    def __init__(self, specs: Sequence[WatchlistSpec]) -> None:
        self._compiled = compiled(specs)
        self._uses = list(self._compiled.needles.values())
        self._find = engine.build(list(self._compiled.needles))
        self._always = [number for number, root in enumerate(self._compiled.roots) if root.is_always]

    def match(self, title: str, body: str, source: str = "") -> tuple[Hit, ...]:
        """The watch-lists that a text belongs to, strongest first. Takes any text and does not raise.

        `title`, `body` and `source` (the source's name and the publisher) are as they were written; every span points
        into them.
        """
        hits = [self.hit(number, places)[0] for number, places in self.places(View(title, body, source)).items()]
        return strongest_first([hit for hit in hits if hit is not None])

    @property
    def compiled(self) -> Compiled:
        """The lists as they are asked."""
        return self._compiled

    def hit(self, number: int, places: Places) -> tuple[Hit | None, float]:
        """The hit of one list in one text, None when it does not belong to it; and the score that it has or would."""
        found = self._compiled.roots[number].hits(places)
        return self._hit(number, found, places.view) if found else (None, 0.0)

    def places(self, view: View) -> dict[int, Places]:
        """By number of the list, where its terms stand; lists that need no term are always among them."""
        touched: dict[int, dict[int, tuple[Rule, list[tuple[int, int]]]]] = {number: {} for number in self._always}
        for start, end, needle in self._find(view.text):
            for term in self._uses[needle]:
                of_list = touched.setdefault(term.watchlist, {})
                if term.number in of_list:
                    of_list[term.number][1].append((start, end))
                else:
                    of_list[term.number] = (term, [(start, end)])
        return {number: Places(view, of_list) for number, of_list in touched.items()}

    def _hit(self, number: int, found: list[Found], view: View) -> tuple[Hit | None, float]:
        evidence = _evidence(found, view)
        strength = score.score((hit.key, hit.weight, _place_weight(hit, view)) for hit in _outermost(evidence))
        if strength < self._compiled.least[number]:
            return None, strength
        in_title = [view.title.shown(hit.start, hit.end) for hit in evidence if hit.start < view.title.end]
        in_body = [
            view.body.shown(hit.start, hit.end) for hit in evidence if view.body.start <= hit.start < view.body.end
        ]
        hit = Hit(
            watchlist=self._compiled.names[number],
            score=strength,
            spans=tuple(_span(hit, view) for hit in evidence[:MAX_SPANS]),
            excerpt=excerpt(view.body.repaired.text, in_body),
            title_marks=_merged(in_title),
        )
        return hit, strength


def _evidence(found: list[Found], view: View) -> list[Found]:
    """In text order, title first, each once, at most MAX_HITS from a field."""
    kept: list[Found] = []
    counts: dict[str, int] = {}
    for hit in sorted(set(found)):
        field = view.field_at(hit.start).name
        counts[field] = counts.get(field, 0) + 1
        if counts[field] <= MAX_HITS:
            kept.append(hit)
    return kept


def _span(hit: Found, view: View) -> Span:
    field = view.field_at(hit.start)
    start, end = field.given(hit.start, hit.end)
    return Span(hit.rule, field.name, start, end, field.original[start:end])


def _place_weight(hit: Found, view: View) -> float:
    field = view.field_at(hit.start)
    return score.place_weight(field.name, hit.start - field.start)


def _outermost(evidence: list[Found]) -> list[Found]:
    """Without hits inside others: 量子科技 is one mention, not also one of 量子. Of equal ranges the heaviest stays."""
    kept: list[Found] = []
    reached = -1
    for hit in sorted(evidence, key=lambda hit: (hit.start, -hit.end, -hit.weight, hit.key)):
        if hit.end > reached:
            kept.append(hit)
            reached = hit.end
    return kept


def _merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)
