"""What is told of a story as a policy document: its kind, number, issuers, region, dates and deadline, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.digests.lines import cut
from policywatch.text import places

if TYPE_CHECKING:
    from datetime import date

    from policywatch.digests.catalogue import Catalogue
    from policywatch.model import Document

MAX_NUMBERS = 2
MAX_ISSUERS = 3
MAX_NAME = 60
URGENT = 3
"""Days; what closes within them stands out."""


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """Each is empty where nothing certain is known."""

    kind: str = ""
    marks: tuple[str, ...] = ()
    """Its numbers and its region."""
    dates: tuple[str, ...] = ()
    """When it was written, and from when till when it holds."""
    issuers: tuple[str, ...] = ()
    deadline: str = ""


NOTHING = DocumentFacts()


def facts(document: Document | None, today: date, words: Catalogue) -> DocumentFacts:
    """The document in words, as of a day."""
    if document is None:
        return NOTHING
    marks = [cut(number, MAX_NAME) for number in document.numbers[:MAX_NUMBERS]]
    if _tells(document):
        marks.append(cut(words.named("document.regions", document.region), MAX_NAME))
    # Written and published on one day is one fact, and the day of publication stands in the line already.
    written = document.written if document.written != document.published else None
    moments = {"written": written, "effective": document.effective, "expires": document.expires}
    return DocumentFacts(
        kind=cut(words.named("document.kinds", document.kind), MAX_NAME),
        marks=tuple(filter(None, marks)),
        dates=tuple(
            words.text(f"document.{what}", date=words.day(moment, today)) for what, moment in moments.items() if moment
        ),
        issuers=_issuers(document, words),
        deadline=_deadline(document, today, words),
    )


def _tells(document: Document) -> bool:
    """Its region says more than the line does already; of news that name no place, 全国 would be a guess."""
    if document.kind == "新闻" and document.region == places.NATIONWIDE:
        return False
    return document.region != "" and not any(document.region in issuer for issuer in document.issuers)


def days_left(days: int, words: Catalogue) -> str:
    """`今天`, `5 天`."""
    return words.text("closing.today") if days == 0 else words.text("closing.days", n=days)


def _issuers(document: Document, words: Catalogue) -> tuple[str, ...]:
    shown = tuple(cut(issuer, MAX_NAME) for issuer in document.issuers[:MAX_ISSUERS])
    more = len(document.issuers) - len(shown)
    return (*shown, words.text("coverage.more", n=more)) if more > 0 else shown


def _deadline(document: Document, today: date, words: Catalogue) -> str:
    """The nearest deadline that is not past."""
    nearest = min((one for one in document.deadlines if one.date >= today), key=lambda one: one.date, default=None)
    if nearest is None:
        return ""
    return words.text(
        "story.deadline",
        kind=words.named("deadline.kinds", nearest.kind),
        date=words.day(nearest.date, today),
        left=days_left((nearest.date - today).days, words),
    )
