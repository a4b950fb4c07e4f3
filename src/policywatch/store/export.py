"""Everything that is known of articles, batch by batch, for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, text

from policywatch.store import documents, values

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import Document

BATCH = 500

_NEXT = text(
    """
    SELECT article.*, body, source.name AS source_name
    FROM article JOIN source ON source.id = article.source
    LEFT JOIN article_text ON article_text.article_id = article.id
    WHERE article.id > :after AND fetched_at >= :since ORDER BY article.id LIMIT :limit
    """
)
_HITS = text(
    "SELECT article_id, watchlist, score, evidence, excerpt FROM hit WHERE article_id IN :articles ORDER BY watchlist"
).bindparams(bindparam("articles", expanding=True))
_FILES = text(
    "SELECT article_id, name, url, type FROM attachment WHERE article_id IN :articles ORDER BY article_id, place"
).bindparams(bindparam("articles", expanding=True))


def after(tx: Connection, article: int, since: datetime | None) -> list[dict[str, Any]]:
    """The next articles after a number, fetched since a moment, as what JSON can say; none when there are no more.

    `id` is the number from which to go on.
    """
    rows = tx.execute(_NEXT, {"after": article, "since": values.micros(since) or 0, "limit": BATCH}).all()
    ids = [row.id for row in rows]
    if not ids:
        return []
    hits: dict[int, list[dict[str, Any]]] = {}
    for row in tx.execute(_HITS, {"articles": ids}):
        hits.setdefault(row.article_id, []).append(
            {
                "watchlist": row.watchlist,
                "score": row.score,
                "spans": [
                    dict(zip(("rule", "field", "start", "end", "text"), span, strict=True))
                    for span in json.loads(row.evidence)
                ],
                "excerpt": json.loads(row.excerpt)[0],
            }
        )
    files: dict[int, list[dict[str, Any]]] = {}
    for row in tx.execute(_FILES, {"articles": ids}):
        files.setdefault(row.article_id, []).append({"name": row.name, "url": row.url, "type": row.type})
    known = documents.of_articles(tx, ids)
    return [
        {
            "id": row.id,
            "story": row.story_id,
            "source": row.source,
            "source_name": row.source_name,
            "url": row.url,
            "title": row.title,
            "published": _iso(row.published_at),
            "fetched": _iso(row.fetched_at),
            "changed": _iso(row.changed_at),
            "publisher": row.publisher,
            "text_state": row.text_state,
            "text": row.body,
            "document": _document(known.get(row.id)),
            "attachments": files.get(row.id, []),
            "hits": hits.get(row.id, []),
        }
        for row in rows
    ]


def _iso(value: int | None) -> str | None:
    moment = values.moment(value)
    return None if moment is None else moment.isoformat()


def _document(known: Document | None) -> dict[str, Any] | None:
    if known is None:
        return None
    days = {name: getattr(known, name) for name in ("written", "published", "effective", "expires")}
    return {
        "numbers": list(known.numbers),
        "issuers": list(known.issuers),
        "kind": known.kind,
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "region": known.region,
        "level": known.level,
        "deadlines": [{"date": one.date.isoformat(), "kind": one.kind, "text": one.text} for one in known.deadlines],
        "relates": [{"how": one.how, "title_or_number": one.what} for one in known.relates],
    }
