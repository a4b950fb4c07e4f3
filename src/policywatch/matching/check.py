"""What can be said of a watch-list before any text is seen: rules that can never match."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from policywatch.matching.base import fold_term
from policywatch.matching.rules import term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policywatch.matching.base import FieldName, Place, RuleSpec


@dataclass(frozen=True, slots=True)
class _Around:
    """What the rules around a term say that decides over it."""

    exceptions: frozenset[str] = frozenset()
    """Folded."""
    forbidden: tuple[str, ...] = ()
    """Terms of `none`, folded, that count wherever they stand in title and body."""
    field: FieldName = "any"
    case: bool = False

    def inside(self, spec: RuleSpec) -> _Around:
        said = spec.modifiers
        field, case = said.field or self.field, self.case if said.case is None else said.case
        forbids = field == "any" and not case
        return replace(
            self,
            exceptions=self.exceptions | {fold_term(phrase) for phrase in said.except_},
            forbidden=(*self.forbidden, *(_forbidden(spec) if forbids else ())),
            field=field,
            case=case,
        )


def contradictions(spec: RuleSpec) -> Iterator[tuple[Place, str]]:
    """Terms that can never match, with their places and the reasons."""
    yield from _walk(spec, (), _Around())


def doubts(spec: RuleSpec) -> Iterator[str]:
    """Terms that may match more than is meant."""
    for written, _ in spec.terms():
        folded = fold_term(written)
        if len(folded) == 1:
            yield f"{written!r} is a single character and also stands inside longer words"


def _walk(spec: RuleSpec, place: Place, around: _Around) -> Iterator[tuple[Place, str]]:
    inside = around.inside(spec)
    for word, options in spec.words:
        if word == "none":
            continue
        for written in options.own_terms():
            what = _why_never(written, inside)
            if options.case and written.lower() == written.upper():
                what = f"{written!r} has no letter whose case could count; remove `case`"
            if what is not None:
                yield (*place, word), what
        for at, inner in options.nested():
            if inner.plain_term is None:
                yield from _walk(inner, (*place, *at), inside)
            elif what := _why_never(inner.plain_term, inside):
                yield (*place, *at, "term"), what


def _why_never(written: str, around: _Around) -> str | None:
    if not around.exceptions and not around.forbidden:
        return None
    folded = fold_term(written)
    if folded in around.exceptions:
        return f"{written!r} stands here and under `except`, so that it can never match; remove one"
    if around.field != "source":
        for forbidden in around.forbidden:
            if _stands_in(forbidden, folded):
                return f"{written!r} can never match: where it stands, {forbidden!r} of `none` stands too"
    return None


def _forbidden(spec: RuleSpec) -> Iterator[str]:
    for word, options in spec.words:
        if word != "none":
            continue
        for _, rule in options.nested():
            said = rule.modifiers
            is_plain = len(rule.words) == 1 and not said.except_ and said.field in {None, "any"} and not said.case
            if is_plain:
                yield from (fold_term(written) for written in rule.words[0][1].own_terms())


def _stands_in(inner: str, outer: str) -> bool:
    at = outer.find(inner)
    while at >= 0:
        if term.not_on_its_own(outer, at, at + len(inner)) is None:
            return True
        at = outer.find(inner, at + 1)
    return False
