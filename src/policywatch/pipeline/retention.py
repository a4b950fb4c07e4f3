"""Keeps the store within the age and the size that are configured, batch by batch between the polls' own writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch.pipeline import index
from policywatch.store import retention

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from policywatch.store.db import Database

LEAST = timedelta(days=30)
"""What is younger is never let go of for its size: a digest or a reminder may still need it."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was let go of."""

    articles: int = 0
    texts: int = 0
    mails: int = 0
    is_over: bool = False
    """The store is larger than it should be all the same: what is left is too young to go."""


async def keep_within(
    db: Database,
    age: timedelta | None,
    size: int | None,
    now: Callable[[], datetime],
    read: index.Reads = index.here,
) -> Dropped:
    """Lets go of what is older than `age`, then of the oldest texts, then articles, until the store has `size`.

    `read` is how articles are read that come into the index meanwhile.
    """
    articles = mails = texts = 0
    if age is not None:
        while gone := await db.write(retention.drop_articles, now() - age, now()):
            articles += gone
        while gone := await db.write(retention.drop_mails, now() - age):
            mails += gone
    if size is None:
        return Dropped(articles, texts, mails)
    # The index lets go of its share with the articles, not with the queue.
    await index.catch_up(db, read)
    while await db.read(retention.used_bytes) > size:
        before = now() - LEAST
        if gone := await db.write(retention.drop_texts, before):
            texts += gone
        elif gone := await db.write(retention.drop_articles, before, now()):
            articles += gone
        elif gone := await db.write(retention.drop_mails, before):
            mails += gone
        else:
            return Dropped(articles, texts, mails, is_over=True)
        await index.catch_up(db, read)
    return Dropped(articles, texts, mails)
