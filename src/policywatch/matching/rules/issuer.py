"""`issuer`: one of these bodies, or a part of one, issued the document. It narrows, and is no evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.matching.base import Modifiers
from policywatch.matching.narrow import Narrow, Words
from policywatch.text import bodies

if TYPE_CHECKING:
    from policywatch.matching.compile import Building
    from policywatch.model import Document


class Rule(Narrow):
    """One of several bodies."""

    class Options(Modifiers):
        """`issuer: 工业和信息化部`."""

        issuer: Words
        """Bodies by whole or short name (工信部), one of which is enough; departments count to their ministry, and
        科技厅 is that of any province."""

        def gives_evidence(self) -> bool:
            """It only narrows."""
            return False

    word = "issuer"

    def __init__(self, options: Options, place: Building) -> None:  # noqa: ARG002  # one shape for all rules
        super().__init__(options.issuer)

    def holds(self, document: Document) -> bool:
        """Whether one of its bodies is among those that issued it."""
        return any(bodies.is_of(name, wanted) for name in document.issuers for wanted in self.wanted)
