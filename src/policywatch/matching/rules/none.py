"""`none`: none of its rules may hold, anywhere in the text. It is no evidence, and exceptions do not weaken it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator

from policywatch.matching.base import Modifiers, Place, RuleSpec, RuleTexts, refuse
from policywatch.matching.compile import labels
from policywatch.matching.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.compile import Building
    from policywatch.matching.view import Found, Places


class Rule:
    """What must be absent."""

    class Options(Modifiers):
        """`none: [招聘, {term: 培训, field: title}]`."""

        none: RuleTexts
        """The rules of which none may hold."""

        def nested(self) -> Sequence[tuple[Place, RuleSpec]]:
            """The rules."""
            return [(("none", number), rule) for number, rule in enumerate(self.none)]

        def gives_evidence(self) -> bool:
            """What is absent is no evidence."""
            return False

        def forbids(self) -> bool:
            """Whatever stands in it."""
            return True

        @model_validator(mode="after")
        def _each_gives_evidence(self) -> Rule.Options:
            for number, rule in enumerate(self.none):
                if rule.forbids() and not rule.gives_evidence():
                    refuse("is a `none` inside `none`; write `all` for what must stand there", at=("none", number))
            return self

    is_always = True

    def __init__(self, options: Options, place: Building) -> None:
        # An exception saves a hit from counting FOR a list; it never helps a list past what it forbids.
        inside = place.without_exceptions()
        self.nodes = tuple(inside.rule(rule) for rule in options.none)
        self.leaves = frozenset().union(*(node.leaves for node in self.nodes))

    def hits(self, places: Places) -> list[Found] | None:
        """Nothing, when nothing of it stands."""
        return None if any(node.hits(places) is not None for node in self.nodes) else []

    def decides(self, leaf: int) -> bool:  # noqa: ARG002  # one shape for all rules
        """What is absent decides nothing."""
        return False

    def label(self) -> str:
        """The rules, of many the first."""
        return f"-({labels(self.nodes, ' / ')})"

    def findings(self, places: Places) -> list[Finding]:
        """What stands there and forbids."""
        held = ((node, node.hits(places)) for node in self.nodes)
        return [
            Finding("forbidden", node.label(), min(hits).start, min(hits).end)
            if hits
            else Finding("forbidden", node.label())
            for node, hits in held
            if hits is not None
        ]
