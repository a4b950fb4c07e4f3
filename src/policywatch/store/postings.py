"""The index itself, which each database keeps in its own way: which documents have which tokens, newest first.

A document is a number that sorts by day; its tokens are ASCII words (see `grams.py`). SQLite has an FTS5 table without
content, positions and sizes; PostgreSQL a tsvector of bare words with a GIN index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection, bindparam, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Tokens:
    """Which tokens a document must have: of each of `groups` all of one alternative; none of `without`."""

    groups: tuple[tuple[tuple[str, ...], ...], ...]
    without: tuple[str, ...] = ()


class Postings(Protocol):
    """What SQLite and PostgreSQL do each in its own way."""

    def add(self, tx: Connection, documents: Mapping[int, Iterable[str]]) -> None:
        """Adds documents that are not there."""

    def remove(self, tx: Connection, documents: Mapping[int, Iterable[str]]) -> None:
        """Removes documents; the tokens are those that they were added with."""

    def select(self, tx: Connection, wanted: Tokens, first: int, before: int, limit: int) -> Sequence[int]:
        """Documents from `first` to under `before`, the highest number first."""


class Fts5:
    """SQLite's FTS5, told not to keep what need not be known.

    https://www.sqlite.org/fts5.html#the_detail_option
    """

    def add(self, tx: Connection, documents: Mapping[int, Iterable[str]]) -> None:
        """In ascending order, so that SQLite gathers them into one piece of its index."""
        tx.execute(
            text("INSERT INTO search_index (rowid, tokens) VALUES (:document, :tokens)"),
            [{"document": document, "tokens": " ".join(tokens)} for document, tokens in sorted(documents.items())],
        )

    def remove(self, tx: Connection, documents: Mapping[int, Iterable[str]]) -> None:
        """A table without content must be told what it knew."""
        tx.execute(
            text("INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', :document, :tokens)"),
            [{"document": document, "tokens": " ".join(tokens)} for document, tokens in sorted(documents.items())],
        )

    def select(self, tx: Connection, wanted: Tokens, first: int, before: int, limit: int) -> Sequence[int]:
        """Walks the lists of the tokens from their ends."""
        match = _joined(wanted, " AND ", " OR ")
        if wanted.without:
            match = f"({match}) NOT ({' OR '.join(wanted.without)})"
        return (
            tx.execute(
                text(
                    "SELECT rowid FROM search_index WHERE search_index MATCH :match "
                    "AND rowid >= :first AND rowid < :before ORDER BY rowid DESC LIMIT :limit"
                ),
                {"match": match, "first": first, "before": before, "limit": limit},
            )
            .scalars()
            .all()
        )


class Gin:
    """An inverted index of PostgreSQL.

    https://www.postgresql.org/docs/current/gin.html
    """

    def add(self, tx: Connection, documents: Mapping[int, Iterable[str]]) -> None:
        """As arrays: no parser sees the tokens."""
        tx.execute(
            text("INSERT INTO search_index (document, tokens) VALUES (:document, array_to_tsvector(:tokens))"),
            [{"document": document, "tokens": list(tokens)} for document, tokens in documents.items()],
        )

    def remove(self, tx: Connection, documents: Mapping[int, Iterable[str]]) -> None:
        """By their numbers."""
        tx.execute(
            text("DELETE FROM search_index WHERE document IN :documents").bindparams(
                bindparam("documents", expanding=True)
            ),
            {"documents": list(documents)},
        )

    def select(self, tx: Connection, wanted: Tokens, first: int, before: int, limit: int) -> Sequence[int]:
        """The server chooses between the index of tokens and, for what stands everywhere, that of days."""
        match = _joined(wanted, " & ", " | ")
        match += "".join(f" & !{token}" for token in wanted.without)
        return (
            tx.execute(
                text(
                    "SELECT document FROM search_index WHERE tokens @@ CAST(:match AS tsquery) "
                    "AND document >= :first AND document < :before ORDER BY document DESC LIMIT :limit"
                ),
                {"match": match, "first": first, "before": before, "limit": limit},
            )
            .scalars()
            .all()
        )


def _joined(wanted: Tokens, and_: str, or_: str) -> str:
    groups = (or_.join(f"({and_.join(tokens)})" for tokens in group) for group in wanted.groups)
    return and_.join(f"({group})" for group in groups)


_KINDS: dict[str, Postings] = {"sqlite": Fts5(), "postgresql": Gin()}


def of(tx: Connection) -> Postings:
    """That of the database."""
    return _KINDS[tx.dialect.name]
