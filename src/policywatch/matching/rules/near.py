"""`near`: terms that stand close to one another, in one field.

`within` counts the characters of folded text between two hits that follow one another, so that white space between
Han characters, brackets of pinyin and markup do not count. The hits must not overlap. In whatever order, unless
`ordered`; with `sentence`, no end of a sentence may stand between them. The evidence is every hit that is one of such a
group.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from policywatch.matching.base import Modifiers, Place, RuleSpec, RuleText, check_words, refuse
from policywatch.matching.compile import labels
from policywatch.matching.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.compile import Building
    from policywatch.matching.view import Found, Places

MAX_TERMS = 4
MAX_SHOWN = 50
"""Hits of a term that are looked at to say how far it was from another."""
WITHIN = 10
"""Characters, where neither `within` nor `sentence` is written."""
# As they stand in folded text; a full stop ends a sentence where white space follows, and not in 5.5G.
_END = re.compile(r"[。!?;…]|\.\s|\n\n")
_HITS = frozenset({"term", "any", "regex"})
"""Words of rules each of whose hits is a place of its own."""


class Near(BaseModel):
    """What stands under `near:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    terms: list[RuleText]
    """Two to four terms; also `{any: [...]}` for several of which one is enough, and `{regex: ...}`."""
    within: Annotated[int, Field(ge=0, le=500)] | None = None
    """At most this many characters stand between two that follow one another; 10, or with `sentence` any number."""
    ordered: bool = False
    """Whether they must follow one another as they are written."""
    sentence: bool = False
    """Whether they must stand in one sentence."""

    @model_validator(mode="before")
    @classmethod
    def _known_words(cls, value: Any) -> Any:
        if isinstance(value, dict):
            check_words(value, tuple(cls.model_fields))
        return value

    @field_validator("terms")
    @classmethod
    def _each_has_places(cls, terms: list[RuleSpec]) -> list[RuleSpec]:
        if not 2 <= len(terms) <= MAX_TERMS:
            refuse(f"needs two to {MAX_TERMS} terms")
        for number, rule in enumerate(terms):
            if not has_places(rule):
                refuse("can only be a term, a regex, or `any` of such", at=(number,))
        return terms


def has_places(rule: RuleSpec) -> bool:
    """Whether each hit of a rule stands for itself, so that something can be near it."""
    ((word, options), *others) = rule.words
    return word in _HITS and not others and all(has_places(inner) for _, inner in options.nested())


class Rule:
    """Hits of each of its rules, close to one another."""

    class Options(Modifiers):
        """`near: {terms: [量子, 计算], within: 10}`."""

        near: Near
        """The terms, and how close they must stand."""

        def nested(self) -> Sequence[tuple[Place, RuleSpec]]:
            """The rules."""
            return [(("near", "terms", number), rule) for number, rule in enumerate(self.near.terms)]

    def __init__(self, options: Options, place: Building) -> None:
        near = options.near
        self.nodes = tuple(place.rule(rule) for rule in near.terms)
        self.leaves = frozenset().union(*(node.leaves for node in self.nodes))
        self.is_always = all(node.is_always for node in self.nodes)
        self.within = near.within if near.within is not None or near.sentence else WITHIN
        self.sentence = near.sentence
        count = len(self.nodes)
        self._orders = [tuple(range(count))] if near.ordered else list(itertools.permutations(range(count)))

    def hits(self, places: Places) -> list[Found] | None:
        """Every hit that is one of a close group."""
        each = [node.hits(places) for node in self.nodes]
        if any(hits is None for hits in each):
            return None
        ends = [found.start() for found in _END.finditer(places.view.text)] if self.sentence else []
        close: set[Found] = set()
        for order in self._orders:
            close |= self._chained([sorted(each[number] or ()) for number in order], places, ends)
        return list(close) or None

    def decides(self, leaf: int) -> bool:  # noqa: ARG002  # one shape for all rules
        """It takes more than one term."""
        return False

    def label(self) -> str:
        """The terms with the distance between them, as in a query."""
        joint = " ~ " if self.within is None else f" NEAR/{self.within} "
        return joint.join(f"({node.label()})" if len(node.leaves) > 1 else node.label() for node in self.nodes)

    def findings(self, places: Places) -> list[Finding]:
        """Those of its terms; and when all stand there, how."""
        found = [finding for node in self.nodes for finding in node.findings(places)]
        each = [node.hits(places) for node in self.nodes]
        if self.hits(places) is not None or not any(each):
            return found
        there = labels([node for node, hits in zip(self.nodes, each, strict=True) if hits], " + ")
        missing = [
            Finding("missing", node.label(), other=there)
            for node, hits in zip(self.nodes, each, strict=True)
            if not hits
        ]
        return [*found, *(missing or [self._apart([sorted(hits or ()) for hits in each], places)])]

    def _apart(self, each: list[list[Found]], places: Places) -> Finding:
        """The first two terms where they stand closest, and why that is not enough."""
        pairs = (sorted(pair) for pair in itertools.product(each[0][:MAX_SHOWN], each[1][:MAX_SHOWN]))
        at = places.view.field_at
        apart = [
            (right.start - left.end, left, right)
            for left, right in pairs
            if right.start >= left.end and at(left.start) is at(right.start)
        ]
        if not apart:
            return Finding("far", self.label(), each[0][0].start, each[0][0].end)
        gap, left, right = min(apart)
        if self.within is not None and gap > self.within:
            return Finding("far", self.label(), left.start, right.end, number=gap)
        ends = [found.start() for found in _END.finditer(places.view.text)]
        is_cut = self.sentence and bisect_left(ends, left.end) != bisect_left(ends, right.start)
        return Finding(
            "sentence" if is_cut else "order" if len(each) == 2 else "far", self.label(), left.start, right.end
        )

    def _chained(self, rows: list[list[Found]], places: Places, ends: list[int]) -> set[Found]:
        """The hits that stand in a chain of one of each row, in the rows' order."""
        forward = [rows[0]]
        for row in rows[1:]:
            before = sorted(forward[-1], key=lambda hit: hit.end)
            lasts = [hit.end for hit in before]
            # Of the hits before it the closest decides: where that one is too far, all are.
            forward.append(
                [
                    hit
                    for hit in row
                    if (at := bisect_right(lasts, hit.start)) and self._is_close(before[at - 1], hit, places, ends)
                ]
            )
        chained = set(forward[-1])
        after = forward[-1]
        for row in reversed(forward[:-1]):
            firsts = [hit.start for hit in after]
            after = [
                hit
                for hit in row
                if (at := bisect_left(firsts, hit.end)) < len(after) and self._is_close(hit, after[at], places, ends)
            ]
            chained |= set(after)
        return chained if after else set()

    def _is_close(self, left: Found, right: Found, places: Places, ends: list[int]) -> bool:
        if self.within is not None and right.start - left.end > self.within:
            return False
        if places.view.field_at(left.start) is not places.view.field_at(right.start):
            return False
        return bisect_left(ends, left.end) == bisect_left(ends, right.start)
