"""Matches texts against all watch-lists in one pass over the folded text."""

from __future__ import annotations

from collections import defaultdict
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

    Occurrence = tuple[int, int, int]
    """Start and end in the searched text, and the number of the needle."""

MAX_HITS = 500
"""Hits of a list that are looked at in one field; its score has long saturated by then."""
MAX_SPANS = 50
"""Evidence kept for a hit; a term that stands a thousand times is shown often enough."""


class Matcher:
    """All watch-lists, built once. Same lists, same hits, whatever the engine behind it."""

    def __init__(self, specs: Sequence[WatchlistSpec]) -> None:
        self._compiled = compiled(specs)
        self._find = engine.build(list(self._compiled.needles))
        self._uses = list(self._compiled.needles.values())
        # What a needle decides by standing anywhere, and what must be asked of the rules. Most articles hold no term
        # of most lists, and most terms are Han words of a plain list: those cost one look-up.
        self._sure: list[tuple[int, ...]] = []
        self._asked: list[tuple[int, ...]] = []
        for needle, terms in self._compiled.needles.items():
            sure, asked = self._lists(needle, terms)
            self._sure.append(sure)
            self._asked.append(asked)
        self._always = [number for number, root in enumerate(self._compiled.roots) if root.is_always]
        self._must_ask = bool(self._always) or any(self._asked)
        self._looks_at_source = any(term.field == "source" for term in self._compiled.terms)

    def match(self, title: str, body: str, source: str = "") -> tuple[Hit, ...]:
        """The watch-lists that a text belongs to, strongest first. Takes any text and does not raise.

        `title`, `body` and `source` (the source's name and the publisher) are as they were written; every span points
        into them.
        """
        view = View(title, body, source)
        hits = [self.hit(number, self._places(view, found, number))[0] for number, found in self.holding(view).items()]
        return strongest_first([hit for hit in hits if hit is not None])

    @property
    def compiled(self) -> Compiled:
        """The lists as they are asked."""
        return self._compiled

    def holding(self, view: View) -> dict[int, list[Occurrence]]:
        """By number, the lists whose rules hold, with every occurrence of their needles. Scores are not counted."""
        found = self._occurrences(view)
        if not found and not self._always:
            return {}
        sure_of, asked_of = self._sure, self._asked
        sure: defaultdict[int, list[Occurrence]] = defaultdict(list)
        for occurrence in found:
            for number in sure_of[occurrence[2]]:
                sure[number].append(occurrence)
        if not self._must_ask:
            return sure
        asked: dict[int, list[Occurrence]] = {number: [] for number in self._always}
        for occurrence in found:
            for number in asked_of[occurrence[2]]:
                asked.setdefault(number, []).append(occurrence)
        for number, occurrences in asked.items():
            if number in sure:
                sure[number] += occurrences
            elif self._compiled.roots[number].hits(self._places(view, occurrences, number)):
                sure[number] = occurrences
        return sure

    def hit(self, number: int, places: Places) -> tuple[Hit | None, float]:
        """The hit of one list in one text, None when it does not belong to it; and the score that it has or would."""
        found = self._compiled.roots[number].hits(places)
        return self._hit(number, found, places.view) if found else (None, 0.0)

    def places(self, view: View) -> dict[int, Places]:
        """By number, every list of which a term stands in the text or that needs none, with those places."""
        touched: dict[int, list[Occurrence]] = {number: [] for number in self._always}
        for occurrence in self._occurrences(view):
            for number in {*self._sure[occurrence[2]], *self._asked[occurrence[2]]}:
                touched.setdefault(number, []).append(occurrence)
        return {number: self._places(view, found, number) for number, found in touched.items()}

    def _occurrences(self, view: View) -> list[Occurrence]:
        found = self._find(view.news)
        if self._looks_at_source and len(view.text) > len(view.news):
            at = view.source.start
            found += [(start + at, end + at, needle) for start, end, needle in self._find(view.text[at:])]
        return found

    def _places(self, view: View, found: Sequence[Occurrence], number: int) -> Places:
        touched: dict[int, tuple[Rule, list[tuple[int, int]]]] = {}
        for start, end, needle in found:
            for term in self._uses[needle]:
                if term.watchlist == number:
                    touched.setdefault(term.number, (term, []))[1].append((start, end))
        return Places(view, touched)

    def _lists(self, needle: str, terms: Sequence[Rule]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The lists that a needle decides by standing anywhere, and those whose rules must be asked."""
        roots = self._compiled.roots
        if len(terms) == 1:
            (term,) = terms
            only = (term.watchlist,)
            is_sure = term.stands_anywhere(needle) and roots[term.watchlist].decides(term.number)
            return (only, ()) if is_sure else ((), only)
        parts = [self._lists(needle, [term]) for term in terms]
        sure, asked = (dict.fromkeys(number for part in parts for number in part[at]) for at in (0, 1))
        return tuple(sure), tuple(asked)

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
