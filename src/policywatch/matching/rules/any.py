"""`any`: one of its rules is enough. The evidence is that of every rule that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator

from policywatch.matching.base import Modifiers, Place, RuleSpec, RuleTexts, refuse
from policywatch.matching.compile import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.compile import Building
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
                if not rule.gives_evidence():
                    refuse(
                        "holds in every text in which something is missing; put `none` beside a rule that looks for "
                        "something: {any: [...], none: [...]}",
                        at=("any", number),
                    )
            return self

    def __init__(self, options: Options, place: Building) -> None:
        self.nodes = tuple(place.rule(rule) for rule in options.any)
        self.leaves = frozenset().union(*(node.leaves for node in self.nodes))
        self.is_always = any(node.is_always for node in self.nodes)
        self._always = tuple(number for number, node in enumerate(self.nodes) if node.is_always)
        # Of thousands of terms only those are asked that stand in the text.
        self._by_leaf: dict[int, list[int]] = {}
        for number, node in enumerate(self.nodes):
            if not node.is_always:
                for leaf in node.leaves:
                    self._by_leaf.setdefault(leaf, []).append(number)

    def hits(self, places: Places) -> list[Found] | None:
        """What all that hold have found; None when none holds."""
        asked = {number for leaf in places.touched for number in self._by_leaf.get(leaf, ())}
        found: list[Found] = []
        holds = False
        for number in (*self._always, *sorted(asked)):
            hits = self.nodes[number].hits(places)
            if hits is not None:
                holds = True
                found += hits
        return found if holds else None

    def decides(self, leaf: int) -> bool:
        """Whatever decides one of its rules decides it."""
        return any(self.nodes[number].decides(leaf) for number in self._by_leaf.get(leaf, ()))

    def label(self) -> str:
        """The rules, of many the first."""
        return labels(self.nodes, " / ")

    def findings(self, places: Places) -> list[Finding]:
        """Those of each that the text touches."""
        asked = {number for leaf in places.touched for number in self._by_leaf.get(leaf, ())}
        return [
            finding for number in (*self._always, *sorted(asked)) for finding in self.nodes[number].findings(places)
        ]
