"""What a store that was put back from a backup must be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import values
from policywatch.store.outbox import MAX_AMBIGUOUS

if TYPE_CHECKING:
    from datetime import datetime


def doubt(tx: Connection, now: datetime) -> int:
    """Marks what waits to be sent as in doubt, for it may have been sent after the backup; gives how many mails.

    It is sent once more under the same Message-ID; one that was in doubt as often as may be is parked as unknown.
    What is held for somebody to read stays held, and is in doubt once it is let go.
    """
    tx.execute(text("UPDATE message SET ambiguous = ambiguous + 1 WHERE state = 'held'"))
    return tx.execute(
        text(
            """
            UPDATE message SET ambiguous = ambiguous + 1, claimed_by = NULL,
                state = CASE WHEN ambiguous + 1 >= :most THEN 'unknown' ELSE 'retry' END,
                next_at = CASE WHEN ambiguous + 1 >= :most THEN NULL ELSE CAST(:now AS BIGINT) END,
                settled_at = CASE WHEN ambiguous + 1 >= :most THEN CAST(:now AS BIGINT) END,
                last_error = 'restored from a backup: it may have been sent since'
            WHERE state IN ('pending', 'retry', 'sending')
            """
        ),
        {"now": values.micros(now), "most": MAX_AMBIGUOUS},
    ).rowcount
