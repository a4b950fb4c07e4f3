"""Rules that ask what a text is as a policy document: they narrow a list and are never evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

if TYPE_CHECKING:
    from policywatch.matching.finding import Finding
    from policywatch.matching.view import Found, Places
    from policywatch.model import Document


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Words = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]],
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    Field(min_length=1, max_length=100),
]
"""One word or several, of which one is enough."""


class Narrow:
    """What a document must be. Without a document it does not hold."""

    word: ClassVar[str]
    is_always = True
    leaves: frozenset[int] = frozenset()

    def __init__(self, wanted: list[str]) -> None:
        self.wanted = tuple(wanted)

    def holds(self, document: Document) -> bool:
        """Whether the document is one of those wanted."""
        raise NotImplementedError

    def hits(self, places: Places) -> list[Found] | None:
        """No evidence, where the document is wanted."""
        document = places.view.document
        return [] if document is not None and self.holds(document) else None

    def decides(self, leaf: int) -> bool:  # noqa: ARG002  # one shape for all rules
        """It knows no terms."""
        return False

    def label(self) -> str:
        """As in a query."""
        return f"{self.word}:{','.join(self.wanted)}"

    def findings(self, places: Places) -> list[Finding]:  # noqa: ARG002  # one shape for all rules
        """What is missing is said by the rules around it."""
        return []
