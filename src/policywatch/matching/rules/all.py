"""`all`: each of its rules must hold, anywhere in the text, in whatever order. The evidence is that of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.matching.base import Modifiers, Place, RuleSpec, RuleTexts
from policywatch.matching.compile import all_findings, all_hits, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.compile import Building
    from policywatch.matching.finding import Finding
    from policywatch.matching.view import Found, Places


class Rule:
    """Several at once."""

    class Options(Modifiers):
        """`all: [量子, {any: [计算, 通信]}]`."""

        all: RuleTexts
        """The rules that must all hold."""

        def nested(self) -> Sequence[tuple[Place, RuleSpec]]:
            """The rules."""
            return [(("all", number), rule) for number, rule in enumerate(self.all)]

        def gives_evidence(self) -> bool:
            """One of them is enough for that."""
            return any(rule.gives_evidence() for rule in self.all)

    def __init__(self, options: Options, place: Building) -> None:
        self.nodes = tuple(place.rule(rule) for rule in options.all)
        self.leaves = frozenset().union(*(node.leaves for node in self.nodes))
        self.is_always = all(node.is_always for node in self.nodes)

    def hits(self, places: Places) -> list[Found] | None:
        """The evidence of all."""
        return all_hits(self.nodes, places)

    def decides(self, leaf: int) -> bool:  # noqa: ARG002  # one shape for all rules
        """It takes more than one term."""
        return False

    def label(self) -> str:
        """The rules, of many the first."""
        return labels(self.nodes, " + ")

    def findings(self, places: Places) -> list[Finding]:
        """Those of each, and what is missing."""
        return all_findings(self.nodes, places)
