"""Which terms brought articles to a watch-list."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Mapping


def terms(tx: Connection, watchlist: str, limit: int = 500) -> tuple[int, Mapping[str, int]]:
    """Of a list's newest articles how many there are, and in how many of them each term stands."""
    rows = tx.execute(
        text("SELECT evidence FROM hit WHERE watchlist = :name ORDER BY matched_at DESC, article_id DESC LIMIT :limit"),
        {"name": watchlist, "limit": limit},
    ).all()
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update({span[0] for span in values.loads(row.evidence)})
    return len(rows), counts
