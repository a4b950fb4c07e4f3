"""Matches texts against all watch-lists in one pass over the folded text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ahocorasick_rs import AhoCorasick, MatchKind

from policywatch.matching import score
from policywatch.matching.rules import term
from policywatch.model import Hit, Span, strongest_first
from policywatch.text.excerpt import excerpt
from policywatch.text.fold import fold
from policywatch.text.repair import repair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.base import WatchlistSpec
    from policywatch.text.mapping import Mapped

MAX_HITS = 500
"""Hits of a list that are looked at in one field; its score has long saturated by then."""
MAX_SPANS = 50
"""Evidence kept for a hit; a term that stands a thousand times is shown often enough."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What one needle stands for in one list."""

    watchlist: int
    rule: term.Rule
    weight: float
    is_exception: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """A hit in a folded field."""

    rule: str
    folded_term: str
    weight: float
    field: str
    start: int
    end: int


class _Field:
    """One field of a text: as given, repaired, folded, and the ways back."""

    def __init__(self, name: str, original: str) -> None:
        self.name = name
        self.original = original
        self.repaired: Mapped = repair(original)
        self.folded: Mapped = fold(self.repaired.text)

    def shown(self, found: _Found) -> tuple[int, int]:
        """The range in the repaired text."""
        return self.folded.span(found.start, found.end)

    def span(self, found: _Found) -> Span:
        """The evidence in the original text."""
        start, end = self.repaired.span(*self.shown(found))
        return Span(found.rule, self.name, start, end, self.original[start:end])


class Matcher:
    """All watch-lists, built once. Same lists, same hits, whatever the engine behind it."""

    def __init__(self, specs: Sequence[WatchlistSpec]) -> None:
        self._names = tuple(spec.name for spec in specs)
        needles: dict[str, list[_Entry]] = {}
        for number, spec in enumerate(specs):
            items = [(item.term, item.weight, False) for item in spec.any]
            items += [(phrase, 0.0, True) for phrase in spec.except_]
            for text, weight, is_exception in items:
                rule = term.Rule(text)
                for needle in rule.needles:
                    needles.setdefault(needle, []).append(_Entry(number, rule, weight, is_exception))
        self._entries = list(needles.values())
        self._engine = AhoCorasick(list(needles), matchkind=MatchKind.Standard) if needles else None

    def match(self, title: str, body: str) -> tuple[Hit, ...]:
        """The watch-lists that a text belongs to, strongest first. Takes any text and does not raise.

        `title` and `body` are as the source wrote them; every span points into them.
        """
        fields = (_Field("title", title), _Field("body", body))
        found: dict[int, list[_Found]] = {}
        for field in fields:
            for number, hits in self._hits(field).items():
                found.setdefault(number, []).extend(hits)
        return strongest_first([self._hit(number, hits, *fields) for number, hits in found.items()])

    def _hits(self, field: _Field) -> dict[int, list[_Found]]:
        text = field.folded.text
        if self._engine is None or not text:
            return {}
        found: dict[int, set[_Found]] = {}
        exceptions: dict[int, list[tuple[int, int]]] = {}
        # Lone surrogates cannot be searched as UTF-8; a question mark of the same length can.
        haystack = text if _is_encodable(text) else re.sub("[\ud800-\udfff]", "?", text)
        for number, start, end in self._engine.find_matches_as_indexes(haystack, overlapping=True):
            for entry in self._entries[number]:
                if not entry.rule.holds(text, start, end):
                    continue
                if entry.is_exception:
                    exceptions.setdefault(entry.watchlist, []).append((start, end))
                else:
                    found.setdefault(entry.watchlist, set()).add(
                        _Found(entry.rule.term, entry.rule.folded, entry.weight, field.name, start, end)
                    )
        kept = {}
        for watchlist, hits in found.items():
            covers = exceptions.get(watchlist, [])
            free = [hit for hit in hits if not any(start <= hit.start and hit.end <= end for start, end in covers)]
            if free:
                kept[watchlist] = sorted(free, key=lambda hit: (hit.start, hit.end, hit.rule))[:MAX_HITS]
        return kept

    def _hit(self, number: int, hits: list[_Found], title: _Field, body: _Field) -> Hit:
        in_body = [hit for hit in hits if hit.field == "body"]
        in_title = [hit for hit in hits if hit.field == "title"]
        return Hit(
            watchlist=self._names[number],
            score=score.score(
                (hit.folded_term, hit.weight, score.place_weight(hit.field, hit.start)) for hit in _outermost(hits)
            ),
            spans=tuple(
                (title if hit.field == "title" else body).span(hit) for hit in [*in_title, *in_body][:MAX_SPANS]
            ),
            excerpt=excerpt(body.repaired.text, [body.shown(hit) for hit in in_body]),
            title_marks=_merged([title.shown(hit) for hit in in_title]),
        )


def _outermost(hits: list[_Found]) -> list[_Found]:
    """Without hits inside longer ones: 量子科技 is one mention, not also one of 量子."""
    return [
        hit
        for hit in hits
        if not any(
            other.field == hit.field
            and other.start <= hit.start
            and hit.end <= other.end
            and (other.end - other.start) > (hit.end - hit.start)
            for other in hits
        )
    ]


def _merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
