"""Which watch-lists an article belongs to, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import indexing, values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from policywatch.model import Hit

_INSERT = text(
    """
    INSERT INTO hit (article_id, watchlist, score, evidence, excerpt, matched_at)
    VALUES (:article, :watchlist, :score, :evidence, :excerpt, :at)
    ON CONFLICT (article_id, watchlist) DO NOTHING
    """
)

_RENEW = text(
    """
    INSERT INTO hit (article_id, watchlist, score, evidence, excerpt, matched_at)
    VALUES (:article, :watchlist, :score, :evidence, :excerpt, :at)
    ON CONFLICT (article_id, watchlist) DO UPDATE
        SET score = excluded.score, evidence = excluded.evidence, excerpt = excluded.excerpt
    """
)


def add(tx: Connection, found: Iterable[tuple[int, Hit]], at: datetime, *, renew: bool = False) -> None:
    """Records hits, each beside its article's number; of a list that it is recorded for already the first stays.

    With `renew`, for a text that changed, the evidence is put in the place of the first's.
    """
    found = list(found)
    rows = [
        {
            "article": article_id,
            "watchlist": hit.watchlist,
            "score": float(hit.score),
            "evidence": values.evidence_text(hit),
            "excerpt": values.excerpt_text(hit),
            "at": values.micros(at),
        }
        for article_id, hit in found
    ]
    if rows:
        values.add_all(tx, _RENEW if renew else _INSERT, rows)
        indexing.want(tx, [article_id for article_id, _ in found])


_REMOVE = text("DELETE FROM hit WHERE article_id = :article AND watchlist = :watchlist")


def remove(tx: Connection, hits: Iterable[tuple[int, str]]) -> None:
    """Forgets hits, each named by its article's number and its watch-list."""
    gone = list(hits)
    if gone:
        tx.execute(_REMOVE, [{"article": article_id, "watchlist": watchlist} for article_id, watchlist in gone])
        indexing.want(tx, [article_id for article_id, _ in gone])
