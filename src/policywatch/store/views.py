"""What pages and feeds show."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.model import Trend
from policywatch.store import runs, search, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row

    from policywatch.model import Story
    from policywatch.store.query import Query
    from policywatch.store.search import Filters


def of_watchlist(
    tx: Connection, watchlist: str, limit: int = 50, *, members: Sequence[str] = ()
) -> list[tuple[Story, datetime]]:
    """The newest stories of a watch-list and its members, newest first, with the hits of those lists only.

    Beside each stands when it came to the list, or when its source last changed its title since.
    """
    watchlists = [watchlist, *members]
    # CROSS JOIN: SQLite would begin with every hit of the lists.
    rows = tx.execute(
        text(
            """
            SELECT story_id, max(matched_at) AS at, max(changed_at) AS changed_at
            FROM article CROSS JOIN hit
            WHERE story_id IN :stories AND hit.article_id = article.id AND watchlist IN :watchlists
            GROUP BY story_id ORDER BY at DESC, story_id DESC
            """
        ).bindparams(bindparam("watchlists", expanding=True), bindparam("stories", expanding=True)),
        {"watchlists": watchlists, "stories": _newest(tx, watchlists, limit)},
    )
    return _with_stories(tx, rows, watchlists)


def _newest(tx: Connection, watchlists: Sequence[str], limit: int) -> list[int]:
    """The stories that were found last, of as few hits as it takes: a list may have tens of thousands."""
    statement = text(
        """
        SELECT story_id, matched_at FROM (
            SELECT article_id, matched_at FROM hit WHERE watchlist IN :watchlists ORDER BY matched_at DESC LIMIT :hits
        ) AS newest JOIN article ON article.id = newest.article_id
        """
    ).bindparams(bindparam("watchlists", expanding=True))
    hits = 2 * limit
    while True:
        rows = tx.execute(statement, {"watchlists": watchlists, "hits": hits}).all()
        # Of the last moment there may be more hits than these, by which other stories come first.
        last = min((row.matched_at for row in rows), default=0) if len(rows) == hits else -1
        moments: dict[int, int] = {}
        for row in rows:
            if row.matched_at > last:
                moments[row.story_id] = max(row.matched_at, moments.get(row.story_id, 0))
        if len(moments) >= limit or len(rows) < hits:
            return sorted(moments, key=lambda story: (moments[story], story), reverse=True)[:limit]
        hits *= 4


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


def of_search(tx: Connection, query: Query, filters: Filters, limit: int = 50) -> list[tuple[Story, datetime, str]]:
    """The stories published last that hold what is asked for, as in `of_watchlist`, and the text around the words.

    The text is empty where they do not stand in it. Beside each is when the article came in that holds what was asked
    for, or when its source last changed its title since.
    """
    matches = search.search(tx, query, filters, newest=True, limit=limit).matches
    rows = tx.execute(
        text("SELECT id, fetched_at, changed_at FROM article WHERE id IN :articles").bindparams(
            bindparam("articles", expanding=True)
        ),
        {"articles": [match.article for match in matches]},
    )
    moments = {row.id: values.required(max(row.fetched_at, row.changed_at or 0)) for row in rows}
    found = [
        (match.story, moments[match.article], match.excerpt.text if match.excerpt.marks else "") for match in matches
    ]
    return sorted(found, key=lambda one: one[1], reverse=True)


def weekly(tx: Connection, lists: Mapping[str, Sequence[str]], weeks: int, until: datetime) -> tuple[Trend, ...]:
    """How many stories came in each of the last weeks of seven days, the one that ends at `until` last.

    `lists` gives for each name the watch-lists that are counted under it, a story once. What was old already when its
    source was first read is not counted: it would make a peak of a beginning.
    """
    end = values.micros(until) or 0
    week = timedelta(days=7) // timedelta(microseconds=1)
    found = []
    for name, watchlists in lists.items():
        rows = tx.execute(
            text(
                """
                SELECT ago, count(*) AS stories FROM (
                    SELECT DISTINCT article.story_id AS story_id, (:end - story.first_seen_at) / :week AS ago
                    FROM hit JOIN article ON article.id = hit.article_id JOIN story ON story.id = article.story_id
                    WHERE hit.watchlist IN :watchlists AND hit.matched_at > :begin AND article.is_baseline = 0
                        AND story.first_seen_at > :begin AND story.first_seen_at <= :end
                ) AS counted GROUP BY ago
                """
            ).bindparams(bindparam("watchlists", expanding=True)),
            {"watchlists": list(watchlists), "begin": end - weeks * week, "end": end, "week": week},
        )
        counts = {row.ago: row.stories for row in rows}
        found.append(Trend(name, tuple(counts.get(ago, 0) for ago in range(weeks - 1, -1, -1))))
    return tuple(found)


def _with_stories(
    tx: Connection, rows: Iterable[Row[tuple[int, int, int | None]]], watchlists: Sequence[str]
) -> list[tuple[Story, datetime]]:
    moments = {row.story_id: values.required(max(row.at, row.changed_at or 0)) for row in rows}
    return [(story, moments[story.id]) for story in runs.load(tx, list(moments), watchlists)]


def bodies(tx: Connection, articles: Sequence[int]) -> dict[int, str]:
    """The repaired texts of articles, by number; those whose text is not kept are left out."""
    rows = tx.execute(
        text("SELECT article_id, body FROM article_text WHERE article_id IN :articles").bindparams(
            bindparam("articles", expanding=True)
        ),
        {"articles": list(articles)},
    )
    return {row.article_id: row.body for row in rows}
