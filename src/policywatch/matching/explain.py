"""Why a text belongs to a watch-list, what kept it out, and what nearly let it in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from policywatch.matching.finding import EXCLUDING, Finding
from policywatch.matching.view import Places, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.finding import Kind
    from policywatch.matching.matcher import Matcher
    from policywatch.model import Document, Span

State = Literal["hit", "excluded", "nearly"]
AROUND = 12
"""Characters of the text that are quoted before and behind a hit."""
MOST = 6
"""Reasons of one kind that are told of one list."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A few words of the text as the source wrote them."""

    field: str
    """`title`, `body` or `source`."""
    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Matched:
    """A term that counts."""

    rule: str
    field: str
    count: int
    quote: Quote
    """Where it stands first in that field."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that stands in the text and does not count, or that is missing."""

    kind: Kind
    rule: str
    other: str
    """The exception, for `exception`; what is there of the rule, for `missing`."""
    number: float
    """The distance in characters, for `far`; the score that is needed, for `min_score`."""
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One watch-list and one text."""

    watchlist: str
    state: State
    score: float
    """That of the hit, or the one that was too low."""
    matched: tuple[Matched, ...]
    reasons: tuple[Reason, ...]


def explain(
    matcher: Matcher, title: str, body: str, source: str = "", document: Document | None = None
) -> tuple[Explanation, ...]:
    """Every list of which something stands in the text: hits first, then what was excluded, then what was near.

    `document` is what `kind`, `issuer` and `region` ask, as in `Matcher.match`.
    """
    view = View(title, body, source, document)
    told = [_one(matcher, number, places) for number, places in matcher.places(view).items()]
    order = {"hit": 0, "excluded": 1, "nearly": 2}
    return tuple(
        sorted(
            (one for one in told if one is not None),
            key=lambda one: (order[one.state], -one.score, one.watchlist),
        )
    )


def _one(matcher: Matcher, number: int, places: Places) -> Explanation | None:
    hit, score = matcher.hit(number, places)
    findings = list(dict.fromkeys(matcher.compiled.roots[number].findings(places)))
    if hit is None and score:
        findings.append(Finding("min_score", "", number=matcher.compiled.least[number]))
    if hit is None and not findings:
        return None
    is_excluded = any(finding.kind in EXCLUDING for finding in findings)
    return Explanation(
        watchlist=matcher.compiled.names[number],
        state="hit" if hit is not None else "excluded" if is_excluded else "nearly",
        score=score,
        matched=_matched(hit.spans if hit else (), places.view),
        reasons=tuple(_reason(finding, places.view) for finding in _fewer(findings)),
    )


def _matched(spans: Sequence[Span], view: View) -> tuple[Matched, ...]:
    found: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        found.setdefault((span.rule, span.field), []).append(span)
    return tuple(
        Matched(rule, field, len(same), _quoted(view, field, same[0].start, same[0].end))
        for (rule, field), same in found.items()
    )


def _fewer(findings: list[Finding]) -> list[Finding]:
    """Each reason for a term once, and of one kind no more than a reader wants."""
    kept: list[Finding] = []
    seen: set[tuple[str, str, str]] = set()
    counts: dict[str, int] = {}
    for finding in findings:
        key = (finding.kind, finding.rule, finding.other)
        counts[finding.kind] = counts.get(finding.kind, 0) + (key not in seen)
        if key not in seen and counts[finding.kind] <= MOST:
            kept.append(finding)
        seen.add(key)
    return kept


def _reason(finding: Finding, view: View) -> Reason:
    quote = None
    if finding.start >= 0:
        field = view.field_at(finding.start)
        quote = _quoted(view, field.name, *field.given(finding.start, finding.end))
    return Reason(finding.kind, finding.rule, finding.other, finding.number, quote)


def _quoted(view: View, name: str, start: int, end: int) -> Quote:
    field = next(field for field in view.fields if field.name == name)
    text = field.original
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return Quote(
        name,
        ("…" if start > AROUND else "") + _one_line(before).lstrip(),
        _one_line(text[start:end]),
        _one_line(after).rstrip() + ("…" if end + AROUND < len(text) else ""),
    )


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
