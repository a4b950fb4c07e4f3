"""What articles are as policy documents, on the way from their texts into the store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch import dates
from policywatch.articles.docmeta import document, names
from policywatch.model import Article, TextState
from policywatch.store import documents as document_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.model import Document
    from policywatch.store.documents import Unread


def of(article: Article, metas: Mapping[str, str] | None = None) -> Document | None:
    """What an article is; None while its text is still awaited. `metas` are those of its page."""
    if article.text_state is TextState.AWAITING:
        return None
    return _read(article.title, article.body, article.url, article.published, article.fetched_at, metas)


def read(articles: Sequence[Unread]) -> list[document_rows.Row]:
    """What each of some articles is, as far as what is kept of it tells: the tags of its page are not kept."""
    return [
        _row(one.article_id, one.title, _read(one.title, one.body, one.url, one.published, one.fetched))
        for one in articles
    ]


def _read(
    title: str,
    body: str,
    url: str,
    published: datetime | None,
    fetched: datetime,
    metas: Mapping[str, str] | None = None,
) -> Document:
    return document.read(
        title,
        body,
        url=url,
        metas=metas,
        fetched=fetched.astimezone(dates.CHINA).date(),
        published=published.astimezone(dates.CHINA).date() if published else None,
    )


def known(article: Article, metas: Mapping[str, str] | None = None) -> Article:
    """The article with its document; as it is while its text is still awaited."""
    return replace(article, document=of(article, metas))


def keep(tx: Connection, found: Iterable[tuple[int, Article]]) -> None:
    """Records the documents of articles, each beside its article's number."""
    document_rows.put(
        tx,
        [
            _row(article_id, article.title, article.document)
            for article_id, article in found
            if article.document is not None
        ],
    )


def _row(article_id: int, title: str, of: Document) -> document_rows.Row:
    return document_rows.Row(article_id, of, names.core(title), targets(of))


def targets(of: Document) -> tuple[str, ...]:
    """By what each related document is found: its number, or the name that its forms have in common."""
    return tuple(one.what if one.what.endswith("号") else names.core(f"《{one.what}》") for one in of.relates)
