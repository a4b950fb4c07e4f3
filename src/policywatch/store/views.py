"""What pages and feeds show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.store import runs, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Row

    from policywatch.model import Story


def of_watchlist(
    tx: Connection, watchlist: str, limit: int = 50, *, members: Sequence[str] = ()
) -> list[tuple[Story, datetime]]:
    """The newest stories of a watch-list and its members, newest first, with the hits of those lists only.

    Beside each stands when it came to the list, or when its source last changed its title since.
    """
    watchlists = [watchlist, *members]
    rows = tx.execute(
        text(
            """
            SELECT story_id, max(matched_at) AS at, max(changed_at) AS changed_at
            FROM hit JOIN article ON article.id = hit.article_id
            WHERE watchlist IN :watchlists GROUP BY story_id ORDER BY at DESC, story_id DESC LIMIT :limit
            """
        ).bindparams(bindparam("watchlists", expanding=True)),
        {"watchlists": watchlists, "limit": limit},
    )
    return _with_stories(tx, rows, watchlists)


def of_subscription(
    tx: Connection, subscription: str, watchlists: Sequence[str], limit: int = 50
) -> list[tuple[Story, datetime]]:
    """The newest stories that wait for a subscription or were sent to it, as in `of_watchlist`."""
    rows = tx.execute(
        text(
            """
            SELECT due.story_id, due_at AS at, changed_at
            FROM due JOIN story ON story.id = due.story_id JOIN article ON article.id = story.head_id
            WHERE subscription = :subscription ORDER BY due_at DESC, due.story_id DESC LIMIT :limit
            """
        ),
        {"subscription": subscription, "limit": limit},
    )
    return _with_stories(tx, rows, watchlists)


def _with_stories(
    tx: Connection, rows: Iterable[Row[tuple[int, int, int | None]]], watchlists: Sequence[str]
) -> list[tuple[Story, datetime]]:
    moments = {row.story_id: values.required(max(row.at, row.changed_at or 0)) for row in rows}
    return [(story, moments[story.id]) for story in runs.load(tx, list(moments), watchlists)]
