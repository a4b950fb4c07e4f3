"""What articles are as policy documents, on the way from their texts into the store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch import dates
from policywatch.articles.docmeta import document, names
from policywatch.model import Article, TextState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from policywatch.model import Document


def of(article: Article, metas: Mapping[str, str] | None = None) -> Document | None:
    """What an article is; None while its text is still awaited. `metas` are those of its page."""
    if article.text_state is TextState.AWAITING:
        return None
    published = article.published.astimezone(dates.CHINA).date() if article.published else None
    return document.read(
        article.title,
        article.body,
        url=article.url,
        metas=metas,
        fetched=article.fetched_at.astimezone(dates.CHINA).date(),
        published=published,
    )


def known(article: Article, metas: Mapping[str, str] | None = None) -> Article:
    """The article with its document; as it is while its text is still awaited."""
    return replace(article, document=of(article, metas))


def keep(tx: Connection, found: Iterable[tuple[int, Article]]) -> None:
    """Records the documents of articles, each beside its article's number."""
    from policywatch.store import documents as document_rows  # noqa: PLC0415  # 10 MB, and a reading child keeps nothing

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
