"""One text as the rules see it: folded, its fields one behind the other, with the ways back to the original."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from policywatch.matching.score import LEAD_LENGTH
from policywatch.text.fold import fold
from policywatch.text.repair import repair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from policywatch.matching.base import FieldName
    from policywatch.matching.rules.term import Rule
    from policywatch.model import Document
    from policywatch.text.mapping import Mapped

BORDER = "\n\n"
"""Stands between fields. No term holds it, so nothing is found across two of them."""
_SURROGATE = re.compile("[\ud800-\udfff]")


LOSSES = "?*□■〓\ufffd"
"""What may stand where a character was lost."""


class Found(NamedTuple):
    """A piece of evidence: a half-open range of the folded text, and what it is evidence of."""

    start: int
    end: int
    rule: str
    """As the user wrote it."""
    key: str
    """What the score takes for one and the same: a folded term."""
    weight: float


class Field:
    """One field of a text: as given, repaired, folded, and the ways back."""

    __slots__ = ("end", "folded", "name", "original", "repaired", "start")

    def __init__(self, name: str, original: str, start: int) -> None:
        self.name = name
        self.original = original
        self.repaired: Mapped = repair(original)
        self.folded: Mapped = fold(self.repaired.text)
        self.start = start
        """Where it begins in the text that is searched."""
        self.end = start + len(self.folded.text)

    def shown(self, start: int, end: int) -> tuple[int, int]:
        """The range in the repaired text behind a range of the text that is searched."""
        return self.folded.span(start - self.start, end - self.start)

    def given(self, start: int, end: int) -> tuple[int, int]:
        """The range in the original text behind a range of the text that is searched."""
        return self.repaired.span(*self.shown(start, end))


class View:
    """A text ready to be searched."""

    __slots__ = ("_document", "body", "fields", "may_have_losses", "news", "ranges", "source", "text", "title")

    def __init__(
        self, title: str, body: str, source: str, document: Document | Callable[[], Document | None] | None = None
    ) -> None:
        self._document = document
        self.title = Field("title", title, 0)
        self.body = Field("body", body, self.title.end + len(BORDER))
        self.source = Field("source", source, self.body.end + len(BORDER))
        self.fields = (self.title, self.body, self.source)
        self.news = _searchable(f"{self.title.folded.text}{BORDER}{self.body.folded.text}")
        """Title and body, folded: where every rule looks that names no field."""
        self.may_have_losses = any(mark in self.news for mark in LOSSES)
        self.text = f"{self.news}{BORDER}{_searchable(self.source.folded.text)}" if source else self.news
        """What is searched: every field, folded."""
        lead = min(self.body.end, self.body.start + LEAD_LENGTH)
        self.ranges: dict[FieldName, tuple[int, int]] = {
            "title": (0, self.title.end),
            "lead": (self.body.start, lead),
            "body": (self.body.start, self.body.end),
            "source": (self.source.start, self.source.end),
            "any": (0, self.body.end),
        }
        """Where in the text a hit may begin for each `field` of the YAML."""

    @property
    def document(self) -> Document | None:
        """What the text is as a policy document; None where nobody has looked. Looked at when a rule asks."""
        if callable(self._document):
            self._document = self._document()
        return self._document

    def field_at(self, start: int) -> Field:
        """The field that a place of the text is in."""
        if start < self.body.start:
            return self.title
        return self.body if start < self.source.start else self.source

    def letters(self, start: int, end: int) -> str:
        """The letters that have a case, of a range as the source wrote it."""
        field = self.field_at(start)
        first, last = field.shown(start, end)
        return cased(field.repaired.text[first:last])


def _searchable(text: str) -> str:
    # Lone surrogates cannot be searched as UTF-8; a question mark of the same length can.
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("?", text)
    return text


def cased(text: str) -> str:
    """The letters of a text that have capitals, as written."""
    plain = unicodedata.normalize("NFKC", html.unescape(text))
    return "".join(letter for letter in plain if letter.lower() != letter.upper())


class Places:
    """Where the terms of one watch-list stand in one text."""

    __slots__ = ("_exceptions", "_stand", "touched", "view")

    def __init__(self, view: View, touched: Mapping[int, tuple[Rule, list[tuple[int, int]]]]) -> None:
        self.view = view
        self.touched = touched
        """By number of the term: the term and every place where it was found, also those that will not count."""
        self._exceptions: list[tuple[Rule, int, int]] | None = None

    @property
    def exceptions(self) -> Sequence[tuple[Rule, int, int]]:
        """Every exception that stands in the text, with its range."""
        if self._exceptions is None:
            self._exceptions = [
                (term, start, end)
                for term, places in self.touched.values()
                if term.is_exception
                for start, end in places
                if term.why_not(self.view, start, end) is None
            ]
        return self._exceptions

    def covering(self, scopes: frozenset[int], start: int, end: int) -> tuple[Rule, int, int] | None:
        """The exception of one of these scopes that a range lies wholly inside; None when it counts."""
        return next(
            (
                (term, first, last)
                for term, first, last in self.exceptions
                if term.scope in scopes and first <= start and end <= last
            ),
            None,
        )
