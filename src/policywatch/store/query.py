"""What somebody looks for in the archive, in the language of its one input.

Words side by side, or with a comma between them, must all stand in an article, in title or text, in any order. `OR`
between two asks for one of them; `-` or `NOT` before one for articles without it; `title:` for it in the title;
quotation marks and 《》 keep a phrase together. A word of letters and digits is found as a whole word (`AI` is not in
`MAIN`), with `*` behind it as the beginning of one (`subsid*`); Chinese and phrases wherever they stand. Spelling,
width, case and the brackets around a year do not matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from policywatch import errors
from policywatch.store import grams
from policywatch.text.fold import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 200
MOST_TERMS = 16
_QUOTES = {'"': '"', "“": "”", "”": "”", "「": "」", "『": "』", "《": "》"}
_TITLE_MARK = "《"
"""Encloses the name of a document, which stands without it at the head of the document itself; may be left open."""
_COMMAS = re.compile(r"[、，；;]|(?<![a-zA-Z0-9]),|,(?![a-zA-Z0-9])")
"""Between words; one between digits is a part of the number."""
_TITLE = re.compile(r"(?:title|标题|標題)[:：]", re.IGNORECASE)
_MINUS = "-－−"
_BEFORE_QUOTE = re.compile(rf"[-－−]?(?:{_TITLE.pattern})?", re.IGNORECASE)
_OR = {"OR", "|", "||", "或"}
_AND = {"AND", "&", "&&", "+"}
_NOT = {"NOT"}
_DAY = re.compile(r"(\d{4})([-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?")
_AGO = re.compile(r"(\d{1,5})d")


class QueryError(errors.PolicywatchError):
    """What was typed is no query; the text says what to change, `code` names it for other languages.

    `offset` counts the characters before the part of a query that is wrong.
    """

    def __init__(self, code: str, what: str, offset: int = 0) -> None:
        super().__init__(what)
        self.code = code
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase, folded."""

    text: str
    in_title: bool = False
    is_phrase: bool = False
    """Found also inside of words of letters and digits."""
    is_open: bool = False
    """Found also where a word of letters and digits goes on behind it."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """What the index knows of every article in which it stands."""
        found = set() if self.is_phrase or self.is_open else grams.words(self.text)
        if found != {f"w{self.text}"}:
            found |= grams.few(self.text)
        return tuple(sorted(grams.TITLE + token if self.in_title else token for token in found))

    @property
    def is_exact(self) -> bool:
        """Whoever has its token has the word: nothing is left to look at in the text."""
        return self.tokens in ((f"w{self.text}",), (f"{grams.TITLE}w{self.text}",)) or (
            len(self.text) <= 2 and not self._has_borders
        )

    @property
    def _has_borders(self) -> bool:
        return not self.is_phrase and grams.WORD.search(self.text) is not None

    def places(self, folded_text: str) -> Iterator[tuple[int, int]]:
        """The half-open ranges of a folded text in which it stands."""
        at = folded_text.find(self.text)
        while at >= 0:
            end = at + len(self.text)
            if not self._has_borders or not (
                _joins(folded_text, at) or (not self.is_open and _joins(folded_text, end))
            ):
                yield at, end
            at = folded_text.find(self.text, at + 1)

    def stands(self, title: str, body: str) -> bool:
        """Whether it stands in an article, both of whose parts are folded."""
        if any(True for _ in self.places(title)):
            return True
        return not self.in_title and any(True for _ in self.places(body))


def _joins(text: str, at: int) -> bool:
    """Whether a word of letters and digits goes on across a place."""
    return 0 < at < len(text) and all(grams.WORD.match(text[side]) for side in (at - 1, at))


@dataclass(frozen=True, slots=True)
class Query:
    """Clauses of which each must hold, by one of its terms; and terms that must not stand anywhere."""

    clauses: tuple[tuple[Term, ...], ...] = ()
    without: tuple[Term, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that are looked for."""
        return tuple(term for clause in self.clauses for term in clause)

    @property
    def is_exact(self) -> bool:
        """The index alone decides."""
        return all(term.is_exact for term in (*self.terms, *self.without))

    @property
    def for_titles(self) -> Query:
        """The same with every word in the title."""
        clauses = tuple(tuple(replace(term, in_title=True) for term in clause) for clause in self.clauses)
        return Query(clauses, self.without)

    def holds(self, title: str, body: str) -> bool:
        """Whether an article, whose parts are folded, is what was asked for."""
        return all(any(term.stands(title, body) for term in clause) for clause in self.clauses) and not any(
            term.stands(title, body) for term in self.without
        )


def parsed(text: str) -> Query:
    """The query; an empty one for an empty text. Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError("long", f"a query has at most {LONGEST} characters; this one has {len(text)}")
    built = _Built()
    for at, word in _words(text):
        built.take(word, at)
    return built.query()


def day(text: str, today: date | None) -> date | None:
    """A day as 2026-11-25, or that of so long before `today` as 30d; None for an empty text. Raises QueryError.

    Without `today` a text is only checked: days ago are None.
    """
    if not text:
        return None
    ago, said = _AGO.fullmatch(text), _DAY.fullmatch(text)
    try:
        if said is not None:
            return date(int(said[1]), int(said[3]), int(said[4]))
        if ago is None:
            return date.fromisoformat(text)
        return today - timedelta(days=int(ago[1])) if today else None
    except (ValueError, OverflowError):
        raise QueryError("day", f"{text!r} is no day; write 2026-11-25, or 30d for thirty days ago") from None


class _Built:
    """A query on its way, word by word."""

    def __init__(self) -> None:
        self._clauses: list[tuple[Term, ...]] = []
        self._without: list[Term] = []
        self._joins = False
        """The last word was OR."""
        self._leaves_out = False
        """The last word was NOT."""
        self._last = 0
        """Where it stands."""

    def take(self, word: str, at: int) -> None:
        self._last = at
        if word in _OR:
            if not self._clauses or self._joins:
                raise QueryError("or", f"{word} stands between two words: 补贴 OR 奖励", at)
            self._joins = True
            return
        if word in _AND and self._clauses and not self._joins:
            return
        if word in _NOT and not self._leaves_out:
            self._leaves_out = True
            return
        has_minus = len(word) > 1 and word[0] in _MINUS
        is_without = has_minus or self._leaves_out
        term = _term(word[1:] if has_minus else word, at + has_minus)
        if term is None:
            return
        self._leaves_out = False
        if is_without:
            if self._joins:
                raise QueryError("or_without", f"OR and - do not go together: write {word} by itself", at)
            self._without.append(term)
        elif self._joins:
            self._clauses[-1] = (*self._clauses[-1], term)
        else:
            self._clauses.append((term,))
        self._joins = False

    def query(self) -> Query:
        if self._joins:
            raise QueryError("or", "a word is missing behind OR: 补贴 OR 奖励", self._last)
        if self._leaves_out:
            raise QueryError("not", "a word is missing behind NOT: 补贴 NOT 汽车", self._last)
        if self._without and not self._clauses:
            raise QueryError("only_without", "say also what is looked for, not only what is left out: 补贴 -汽车")
        if sum(map(len, self._clauses)) + len(self._without) > MOST_TERMS:
            raise QueryError("many", f"a query has at most {MOST_TERMS} words")
        return Query(tuple(self._clauses), tuple(self._without))


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Pieces between white space and commas outside of quotation marks, each with where it begins."""
    piece = ""
    closing = ""
    begin = 0
    commas = {found.start() for found in _COMMAS.finditer(text)}
    for at, character in enumerate(text.rstrip()):
        if not piece:
            begin = at
        if closing:
            piece += character
            if character == closing:
                closing = ""
        elif character.isspace() or at in commas:
            if piece:
                yield begin, piece
            piece = ""
        else:
            piece += character
            # Inside of a word a quotation mark is a character like others: 5"屏
            if character in _QUOTES and _BEFORE_QUOTE.fullmatch(piece[:-1]):
                closing = _QUOTES[character]
    if closing and closing != _QUOTES[_TITLE_MARK]:
        raise QueryError("quote", f"the quotation mark is not closed; add {closing} at the end", begin)
    if piece:
        yield begin, piece


def _term(word: str, at: int) -> Term | None:
    """None for a word of which nothing is left when it is folded."""
    in_title = _TITLE.match(word)
    if in_title:
        word = word[in_title.end() :]
        if not word:
            raise QueryError("title", "a word is missing behind title: title:补贴", at)
    is_phrase = len(word) > 1 and word[0] in _QUOTES and word[-1] == _QUOTES[word[0]]
    if is_phrase:
        word = word[1:-1]
    elif word.startswith(_TITLE_MARK) and _QUOTES[_TITLE_MARK] not in word:
        word = word[1:]
    is_open = not is_phrase and len(word) > 1 and word[-1] in "*＊"
    text = grams.alike(folded(word[:-1] if is_open else word)).strip()
    return Term(text, in_title is not None, is_phrase, is_open) if text else None
