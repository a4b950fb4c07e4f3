"""`kind`: the text is a document of one of these kinds. It narrows, and is no evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from policywatch.matching.base import Modifiers
from policywatch.matching.narrow import Narrow, Words
from policywatch.model import KINDS

if TYPE_CHECKING:
    from policywatch.matching.compile import Building
    from policywatch.model import Document


def known(kinds: list[str]) -> list[str]:
    """The kinds. Raises ValueError at one that no document has."""
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of document; there are {', '.join(KINDS)}")
    return kinds


class Rule(Narrow):
    """One of several kinds."""

    class Options(Modifiers):
        """`kind: [通知, 征求意见稿]`."""

        kind: Annotated[Words, AfterValidator(known)]
        """One is enough of 通知, 意见, 办法, 规划, 方案, 征求意见稿, 公示, 申报, 解读, 新闻, 名单, 批复, 法规, 标准,
        讲话 and 其他."""

        def gives_evidence(self) -> bool:
            """It only narrows."""
            return False

    word = "kind"

    def __init__(self, options: Options, place: Building) -> None:  # noqa: ARG002  # one shape for all rules
        super().__init__(options.kind)

    def holds(self, document: Document) -> bool:
        """Whether it is of one of the kinds."""
        return document.kind in self.wanted
