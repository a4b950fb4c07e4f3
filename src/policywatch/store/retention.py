"""Lets go of old articles, a few at a time, so that nobody waits for it and the store does not grow without end.

Room that is let go of is used again; the file itself does not shrink. What a list may still show is remembered by its
key, so that it does not come again as news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, inspect, text

from policywatch.store import indexing, stories, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import TextClause

AT_ONCE = 200
"""Articles of one transaction: measured, about a twentieth of a second."""
MAILS_AT_ONCE = 500

# What somebody still waits for is kept, however old it is.
_OLDEST = text(
    """
    SELECT id, story_id FROM article WHERE fetched_at < :before AND NOT EXISTS (
        SELECT 1 FROM due WHERE due.story_id = article.story_id AND run_id IS NULL)
    ORDER BY fetched_at, id LIMIT :limit
    """
)
_REMEMBER = text(
    """
    INSERT INTO article_gone (source, key, gone_at) SELECT source, key, CAST(:now AS BIGINT) FROM article
    WHERE id IN :ids ON CONFLICT (source, key) DO NOTHING
    """
).bindparams(bindparam("ids", expanding=True))
_EMPTY = text(
    "SELECT id FROM story WHERE id IN :ids AND NOT EXISTS (SELECT 1 FROM article WHERE story_id = story.id)"
).bindparams(bindparam("ids", expanding=True))
_MAILS = text(
    """
    SELECT id FROM message WHERE settled_at < :before AND state NOT IN ('pending', 'sending', 'retry', 'held')
    ORDER BY id LIMIT :limit
    """
)
_OLD_RUNS = text(
    """
    SELECT run_id FROM digest_text JOIN digest_run ON digest_run.id = run_id WHERE slot_at < :before
    GROUP BY run_id ORDER BY run_id LIMIT :limit
    """
)
_DROP_DIGESTS = text("DELETE FROM digest_text WHERE run_id IN :ids").bindparams(bindparam("ids", expanding=True))
_TEXTS = text(
    """
    SELECT article.id FROM article JOIN article_text ON article_text.article_id = article.id
    WHERE fetched_at < :before AND text_state <> 'awaiting' ORDER BY fetched_at, article.id LIMIT :limit
    """
)
_DROP_TEXTS = text("DELETE FROM article_text WHERE article_id IN :ids").bindparams(bindparam("ids", expanding=True))


def used_bytes(tx: Connection) -> int:
    """What a SQLite file holds, without the room in it that is free."""
    pages, free, size = (
        tx.execute(text(f"PRAGMA {word}")).scalar_one() for word in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def drop_articles(tx: Connection, before: datetime, now: datetime) -> int:
    """Lets go of the oldest articles fetched before a moment, AT_ONCE at most, with all that hangs on them.

    Stories of which nothing is left go with them; another article stands for the others. Gives how many articles went.
    """
    rows = tx.execute(_OLDEST, {"before": values.micros(before), "limit": AT_ONCE}).all()
    if not rows:
        return 0
    ids, of = [row.id for row in rows], sorted({row.story_id for row in rows})
    tx.execute(_REMEMBER, {"ids": ids, "now": values.micros(now)})
    _drop(tx, "article", ids)
    indexing.want_gone(tx, ids)
    empty = list(tx.execute(_EMPTY, {"ids": of}).scalars())
    if empty:
        _drop(tx, "story", empty)
    left = sorted(set(of) - set(empty))
    if left:
        stories.choose_heads(tx, left)
    return len(ids)


def drop_mails(tx: Connection, before: datetime) -> int:
    """Lets go of mails that were settled before a moment, and of digests as their feeds show them.

    MAILS_AT_ONCE of each at most; that they were sent stays known. Gives how many went.
    """
    runs = list(tx.execute(_OLD_RUNS, {"before": values.micros(before), "limit": MAILS_AT_ONCE}).scalars())
    if runs:
        tx.execute(_DROP_DIGESTS, {"ids": runs})
    ids = list(tx.execute(_MAILS, {"before": values.micros(before), "limit": MAILS_AT_ONCE}).scalars())
    if ids:
        _drop(tx, "message", ids)
    return len(ids) + len(runs)


def drop_texts(tx: Connection, before: datetime) -> int:
    """Lets go of the oldest texts of articles fetched before a moment, AT_ONCE at most; gives how many."""
    ids = list(tx.execute(_TEXTS, {"before": values.micros(before), "limit": AT_ONCE}).scalars())
    if ids:
        tx.execute(_DROP_TEXTS, {"ids": ids})
        indexing.want(tx, ids)
    return len(ids)


def _drop(tx: Connection, table: str, ids: Sequence[int]) -> None:
    """Deletes rows and those of other tables that refer to them."""
    for other, column in _referring(tx, table):
        tx.execute(_by(other, column), {"ids": ids})
    tx.execute(_by(table, "id"), {"ids": ids})


def _by(table: str, column: str) -> TextClause:
    return text(f'DELETE FROM "{table}" WHERE "{column}" IN :ids').bindparams(bindparam("ids", expanding=True))  # noqa: S608  # names of our own


def _referring(tx: Connection, table: str) -> Iterator[tuple[str, str]]:
    """Tables and their columns that refer to a table, as the schema says: a new one need not be added here."""
    schema = inspect(tx)
    for other in schema.get_table_names():
        if other.startswith("search_"):
            continue
        for key in schema.get_foreign_keys(other):
            if key["referred_table"] == table:
                yield other, key["constrained_columns"][0]
