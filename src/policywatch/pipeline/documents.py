"""Puts what articles are as policy documents into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.articles.docmeta import names
from policywatch.store import documents as document_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from policywatch.model import Article, Document


def keep(tx: Connection, found: Iterable[tuple[int, Article]]) -> None:
    """Records the documents of articles, each beside its article's number."""
    document_rows.put(
        tx,
        [
            row(article_id, article.title, article.document)
            for article_id, article in found
            if article.document is not None
        ],
    )


def row(article_id: int, title: str, of: Document) -> document_rows.Row:
    """What is recorded of an article that is a document."""
    return document_rows.Row(article_id, of, names.core(title), targets(of))


def targets(of: Document) -> tuple[str, ...]:
    """By what each related document is found: its number, or the name that its forms have in common."""
    return tuple(one.what if one.what.endswith("号") else names.core(f"《{one.what}》") for one in of.relates)
