"""What pages and feeds show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.store import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.model import Story


def watchlist_stories(tx: Connection, watchlist: str, limit: int = 50, *, members: Sequence[str] = ()) -> list[Story]:
    """The newest stories of a watch-list and its members, newest first, with the hits of those lists only."""
    watchlists = [watchlist, *members]
    rows = tx.execute(
        text(
            """
            SELECT story_id, max(matched_at) AS at FROM hit JOIN article ON article.id = hit.article_id
            WHERE watchlist IN :watchlists GROUP BY story_id ORDER BY at DESC, story_id DESC LIMIT :limit
            """
        ).bindparams(bindparam("watchlists", expanding=True)),
        {"watchlists": watchlists, "limit": limit},
    )
    return runs.load(tx, [row.story_id for row in rows], watchlists)
