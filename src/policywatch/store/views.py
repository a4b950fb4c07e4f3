"""What pages and feeds show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import runs

if TYPE_CHECKING:
    from policywatch.model import Story


def watchlist_stories(tx: Connection, watchlist: str, limit: int = 50) -> list[Story]:
    """The newest stories of a watch-list, newest first, with the hits of that list only."""
    rows = tx.execute(
        text(
            """
            SELECT story_id, max(matched_at) AS at FROM hit JOIN article ON article.id = hit.article_id
            WHERE watchlist = :watchlist GROUP BY story_id ORDER BY at DESC, story_id DESC LIMIT :limit
            """
        ),
        {"watchlist": watchlist, "limit": limit},
    )
    return runs.load(tx, [row.story_id for row in rows], [watchlist])
