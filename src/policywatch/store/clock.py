"""What a clock that was ahead left in the store: moments that would hold everything up until they come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from datetime import datetime

TOLERANCE = timedelta(seconds=30)
"""By which the clock may go back without anybody having set it (NTP steps, a leap second)."""

_STATEMENTS = (
    """
    UPDATE source SET next_poll_at = :now, last_poll_at = :now,
        last_success_at = CASE WHEN last_success_at > :now THEN :now ELSE last_success_at END
    WHERE last_poll_at > :ahead
    """,
    """
    UPDATE article SET text_next_at = :now
    WHERE text_state = 'awaiting' AND fetched_at > :ahead AND text_next_at > :now
    """,
    "UPDATE message SET next_at = :now WHERE state IN ('pending', 'retry') AND created_at > :ahead AND next_at > :now",
    "UPDATE subscription SET first_seen_at = :now WHERE first_seen_at > :ahead",
    """
    UPDATE digest_run SET review_until = review_until - (created_at - :now), created_at = :now
    WHERE state = 'draft' AND created_at > :ahead
    """,
)


def mend(tx: Connection, now: datetime) -> int:
    """After the clock was put back: what was written ahead of it becomes due now. Says how many rows were mended.

    Slots need no mending: those that were closed stay closed, and what waits waits for the next.
    """
    moments = {"now": values.micros(now), "ahead": values.micros(now + TOLERANCE)}
    return sum(tx.execute(text(statement), moments).rowcount for statement in _STATEMENTS)
