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
            document_rows.Row(article_id, article.document, names.core(article.title), targets(article.document))
            for article_id, article in found
            if article.document is not None
        ],
    )


def targets(of: Document) -> tuple[str, ...]:
    """By what each related document is found: its number, or the name that its forms have in common."""
    return tuple(one.what if one.what.endswith("号") else names.core(f"《{one.what}》") for one in of.relates)
