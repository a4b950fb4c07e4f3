"""What an article is as a policy document, from its text and its page. Loaded in the reading process: no store here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch import dates
from policywatch.articles.docmeta import document
from policywatch.model import TextState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policywatch.model import Article, Document


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
