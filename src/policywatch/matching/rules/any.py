"""`any`: one of its rules is enough. The evidence is that of every rule that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator

from policywatch.matching.base import Modifiers, Place, RuleSpec, RuleTexts, refuse
from policywatch.matching.compile import MOST_NAMED, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.compile import Building, Node
    from policywatch.matching.finding import Finding
    from policywatch.matching.view import Found, Places


class Rule:
    """One of several."""

    class Options(Modifiers):
        """`any: [量子计算, {all: [量子, 计算机]}]`."""

        any: RuleTexts
        """The rules of which one is enough."""

        def nested(self) -> Sequence[tuple[Place, RuleSpec]]:
            """The rules."""
            return [(("any", number), rule) for number, rule in enumerate(self.any)]

        @model_validator(mode="after")
        def _each_gives_evidence(self) -> Rule.Options:
            for number, rule in enumerate(self.any):
                if not rule.gives_evidence() and not rule.forbids():
                    refuse("only narrows; put it beside a term: {term: 6G, kind: 通知}", at=("any", number))
                if not rule.gives_evidence():
                    refuse(
                        "holds in every text in which something is missing; put `none` beside a rule that looks for "
                        "something: {any: [...], none: [...]}",
                        at=("any", number),
                    )
            return self

    def __init__(self, options: Options, place: Building) -> None:
        # Plain terms, of which there may be thousands, are only numbers here until one of them stands in a text.
        plain = [rule.plain_term for rule in options.any]
        self._terms = place.add([term for term in plain if term is not None])
        self._compiled = place.compiled
        self._nodes = tuple(place.rule(rule) for rule, term in zip(options.any, plain, strict=True) if term is None)
        self.is_always = any(node.is_always for node in self._nodes)
        self._by_leaf: dict[int, list[Node]] = {}
        for node in self._nodes:
            if not node.is_always:
                for leaf in node.leaves:
                    self._by_leaf.setdefault(leaf, []).append(node)

    @property
    def leaves(self) -> frozenset[int]:
        """Those of all its rules."""
        return frozenset(self._terms).union(*(node.leaves for node in self._nodes))

    def hits(self, places: Places) -> list[Found] | None:
        """What all that hold have found; None when none holds."""
        found: list[Found] = []
        holds = False
        for node in self._asked(places):
            hits = node.hits(places)
            if hits is not None:
                holds = True
                found += hits
        return found if holds else None

    def decides(self, leaf: int) -> bool:
        """Whatever decides one of its rules decides it."""
        return leaf in self._terms or any(node.decides(leaf) for node in self._by_leaf.get(leaf, ()))

    def label(self) -> str:
        """The rules, of many the first."""
        return labels([*(self._compiled.term(number) for number in self._terms[:MOST_NAMED]), *self._nodes], " / ")

    def findings(self, places: Places) -> list[Finding]:
        """Those of each that the text touches."""
        return [finding for node in self._asked(places) for finding in node.findings(places)]

    def _asked(self, places: Places) -> list[Node]:
        """Its rules that may have something to say: those of whose terms one stands in the text."""
        asked: dict[Node, None] = dict.fromkeys(node for node in self._nodes if node.is_always)
        for leaf, (term, _) in places.touched.items():
            if leaf in self._terms:
                asked[term] = None
            for node in self._by_leaf.get(leaf, ()):
                asked[node] = None
        return list(asked)
