"""Matches texts against all watch-lists in one pass over the folded text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.matching import engine, score
from policywatch.matching.compile import compiled
from policywatch.matching.loss import Loss
from policywatch.matching.rules import term
from policywatch.matching.view import Places, View
from policywatch.model import Hit, Span, strongest_first
from policywatch.text.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from policywatch.matching.base import WatchlistSpec
    from policywatch.matching.compile import Building, Compiled
    from policywatch.matching.rules.term import Rule
    from policywatch.matching.view import Found
    from policywatch.model import Document

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
        # What a needle decides by standing anywhere, and what must be asked of the rules: most terms are Han words of a
        # plain list, and those cost one look-up. One object for each list keeps it in the processor's cache.
        self._alone = [(number,) for number in range(len(specs))]
        self._sure: list[tuple[int, ...]] = []
        self._asked: list[tuple[int, ...]] = []
        for sure, asked in self._deciding():
            self._sure.append(sure)
            self._asked.append(asked)
        self._always = [number for number, root in enumerate(self._compiled.roots) if root.is_always]
        self._must_ask = bool(self._always) or any(self._asked)
        self._loss: Loss | None = None
        self._looks_at_source = any(place.field == "source" for place in set(self._compiled.places))

    def match(
        self,
        title: str,
        body: str,
        source: str = "",
        document: Document | Callable[[], Document | None] | None = None,
    ) -> tuple[Hit, ...]:
        """The watch-lists that a text belongs to, strongest first. Takes any text and does not raise.

        `title`, `body` and `source` (the source's name and the publisher) are as they were written; every span points
        into them. `document`, or what finds it, is what `kind`, `issuer` and `region` ask; without it they do not
        hold.
        """
        view = View(title, body, source, document)
        holding, found = self.holding(view)
        if not holding:
            return ()
        places = self._by_list(view, found)
        hits = [self.hit(number, places[number])[0] for number in holding]
        return strongest_first([hit for hit in hits if hit is not None])

    @property
    def compiled(self) -> Compiled:
        """The lists as they are asked."""
        return self._compiled

    def holding(self, view: View) -> tuple[set[int], list[Occurrence]]:
        """The numbers of the lists whose rules hold, before any score, and every occurrence of a needle."""
        found = self._in_news(view)
        sure_of = self._sure
        holding = {number for occurrence in found for number in sure_of[occurrence[2]]}
        if self._must_ask:
            found += self._in_source(view)
            asked = {number for occurrence in found for number in self._asked[occurrence[2]]}.union(self._always)
            if asked <= holding:
                return holding, found
            for number, places in self._by_list(view, found, asked - holding).items():
                if self._compiled.roots[number].hits(places):
                    holding.add(number)
        return holding, found

    def hit(self, number: int, places: Places) -> tuple[Hit | None, float]:
        """The hit of one list in one text, None when it does not belong to it; and the score that it has or would."""
        found = self._compiled.roots[number].hits(places)
        return self._hit(number, found, places.view) if found else (None, 0.0)

    def places(self, view: View) -> dict[int, Places]:
        """By number, every list of which a term stands in the text or that needs none, with those places."""
        return self._by_list(view, [*self._in_news(view), *self._in_source(view)])

    def _in_news(self, view: View) -> list[Occurrence]:
        found = self._find(view.news)
        if view.may_have_losses:
            if self._loss is None:
                self._loss = Loss(list(self._compiled.needles))
            found += self._loss.find(view)
        return found

    def _in_source(self, view: View) -> list[Occurrence]:
        if not self._looks_at_source or len(view.text) == len(view.news):
            return []
        at = view.source.start
        return [(start + at, end + at, needle) for start, end, needle in self._find(view.text[at:])]

    def _by_list(
        self, view: View, found: Sequence[Occurrence], only: Collection[int] | None = None
    ) -> dict[int, Places]:
        """Where the terms of each list stand; of `only` these lists, also those of which none does."""
        wanted = self._always if only is None else only
        touched: dict[int, dict[int, tuple[Rule, list[tuple[int, int]]]]] = {number: {} for number in wanted}
        for start, end, needle in found:
            for number in self._uses[needle]:
                watchlist = self._compiled.places[number].watchlist
                if only is not None and watchlist not in only:
                    continue
                of_list = touched.setdefault(watchlist, {})
                if number not in of_list:
                    of_list[number] = (self._compiled.term(number), [])
                of_list[number][1].append((start, end))
        return {number: Places(view, of_list) for number, of_list in touched.items()}

    def _deciding(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """For each needle the lists that it decides by standing anywhere, and those whose rules must be asked."""
        places, roots = self._compiled.places, self._compiled.roots
        before: Building | None = None
        for needle, terms in self._compiled.needles.items():
            has_edges = term.is_word(needle[0]) or term.is_word(needle[-1])
            sure: tuple[int, ...] = ()
            asked: tuple[int, ...] = ()
            for number in terms:
                place = places[number]
                if place is not before:
                    # Most terms stand where the one before them stands.
                    before, only, is_free = place, self._alone[place.watchlist], place.is_free
                    decides = roots[place.watchlist].decides
                if is_free and not has_edges and decides(number):
                    sure = only if not sure else sure if only[0] in sure else sure + only
                else:
                    asked = only if not asked else asked if only[0] in asked else asked + only
            yield sure, asked

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
