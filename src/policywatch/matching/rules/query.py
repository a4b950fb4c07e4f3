"""`query`: any, all, none and near in one line; the language stands in `matching/query.py`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import field_validator

from policywatch.matching import query
from policywatch.matching.base import Modifiers, Place, RuleSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.compile import Building
    from policywatch.matching.finding import Finding
    from policywatch.matching.view import Found, Places


class Rule:
    """What its line means."""

    class Options(Modifiers):
        """`query: (量子 NEAR/10 计算) OR "量子科技" -招聘`."""

        query: str
        """Words, phrases in quotes, AND, OR, NOT or `-`, NEAR/n, brackets, `title:` and the other fields."""

        @field_validator("query")
        @classmethod
        def _readable(cls, text: str) -> str:
            query.parse(text)
            return text

        @cached_property
        def rule(self) -> RuleSpec:
            """What the line means."""
            return query.parse(self.query)

        def nested(self) -> Sequence[tuple[Place, RuleSpec]]:
            """The one rule."""
            return [(("query",), self.rule)]

    def __init__(self, options: Options, place: Building) -> None:
        self.nodes = (place.rule(options.rule),)
        self.leaves = self.nodes[0].leaves
        self.is_always = self.nodes[0].is_always

    def hits(self, places: Places) -> list[Found] | None:
        """Those of its rule."""
        return self.nodes[0].hits(places)

    def decides(self, leaf: int) -> bool:
        """As its rule."""
        return self.nodes[0].decides(leaf)

    def label(self) -> str:
        """What its line means, in short."""
        return self.nodes[0].label()

    def findings(self, places: Places) -> list[Finding]:
        """Those of its rule."""
        return self.nodes[0].findings(places)
