"""Which watch-lists an article belongs to, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from policywatch.model import Hit


def add(tx: Connection, article_id: int, hits: Sequence[Hit], at: datetime) -> None:
    """Records the hits of an article; of a list that it is recorded for already the first stays."""
    if hits:
        tx.execute(
            text(
                """
                INSERT INTO hit (article_id, watchlist, score, evidence, excerpt, matched_at)
                VALUES (:article, :watchlist, :score, :evidence, :excerpt, :at)
                ON CONFLICT (article_id, watchlist) DO NOTHING
                """
            ),
            [
                {
                    "article": article_id,
                    "watchlist": hit.watchlist,
                    "score": float(hit.score),
                    "evidence": values.evidence_text(hit),
                    "excerpt": values.excerpt_text(hit),
                    "at": values.micros(at),
                }
                for hit in hits
            ],
        )
