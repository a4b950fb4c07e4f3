"""What an article is as a policy document, from its text and its page. Loaded in the reading process: no store here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch import dates
from policywatch.articles.docmeta import document
from policywatch.model import TextState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from policywatch.model import Article, Document, Unread


def of(article: Article, metas: Mapping[str, str] | None = None) -> Document | None:
    """What an article is; None while its text is still awaited. `metas` are those of its page."""
    if article.text_state is TextState.AWAITING:
        return None
    return _read(article.title, article.body, article.url, article.published, article.fetched_at, metas)


def of_kept(article: Unread) -> Document:
    """What an article is, as far as what is kept of it tells: the tags of its page are not kept."""
    return _read(article.title, article.body, article.url, article.published, article.fetched)


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
