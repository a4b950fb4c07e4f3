"""`region`: the document is from one of these regions or a city in them. It narrows, and is no evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from policywatch.matching.base import Modifiers
from policywatch.matching.narrow import Narrow, Words
from policywatch.text import places

if TYPE_CHECKING:
    from policywatch.matching.compile import Building
    from policywatch.model import Document


class Rule(Narrow):
    """One of several regions."""

    class Options(Modifiers):
        """`region: [广东, 全国]`."""

        region: Annotated[Words, AfterValidator(places.checked)]
        """One is enough of provinces with the cities in them, cities, countries, 欧盟, 香港, and 全国 for what national
        bodies issue."""

        def gives_evidence(self) -> bool:
            """It only narrows."""
            return False

    word = "region"

    def __init__(self, options: Options, place: Building) -> None:  # noqa: ARG002  # one shape for all rules
        super().__init__(options.region)

    def holds(self, document: Document) -> bool:
        """Whether it is from one of them."""
        return any(places.within(document.region, wanted) for wanted in self.wanted)
