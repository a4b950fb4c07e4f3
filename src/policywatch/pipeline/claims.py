"""What this process has begun stays its own as long as it lives: its claims are short, and renewed while it works.

A claim is the moment until which nobody else begins. So whoever dies holds nothing up for longer than one claim, and a
poll that takes long, because its host is asked slowly, is not begun twice.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from policywatch.store import articles as article_rows
from policywatch.store import sources as source_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from policywatch.store.db import Database

CLAIM = timedelta(minutes=1)
RENEWAL = timedelta(seconds=15)
"""How often claims are renewed: three may fail before one ends."""

K = TypeVar("K", str, int)


@dataclass(slots=True)
class Claims:
    """Until when each source and article under way is claimed."""

    sources: dict[str, datetime] = field(default_factory=dict)
    articles: dict[int, datetime] = field(default_factory=dict)

    async def renew(self, db: Database, now: datetime) -> None:
        """Claims for longer what is still under way and still ours."""
        if not self.sources and not self.articles:
            return
        sources, articles = dict(self.sources), dict(self.articles)
        renewed = await db.write(_renew, sources, articles, now + CLAIM)
        _take_over(self.sources, sources, renewed[0], now + CLAIM)
        _take_over(self.articles, articles, renewed[1], now + CLAIM)


def _renew(
    tx: Connection, sources: Mapping[str, datetime], articles: Mapping[int, datetime], until: datetime
) -> tuple[list[str], list[int]]:
    kept_sources = [
        one for was, ids in _by_moment(sources).items() for one in source_rows.renew_claim(tx, ids, was, until)
    ]
    kept_articles = [
        one for was, ids in _by_moment(articles).items() for one in article_rows.renew_claim(tx, ids, was, until)
    ]
    return kept_sources, kept_articles


def _by_moment(claims: Mapping[K, datetime]) -> dict[datetime, Sequence[K]]:
    found: defaultdict[datetime, list[K]] = defaultdict(list)
    for one, until in claims.items():
        found[until].append(one)
    return dict(found)


def _take_over(claims: dict[K, datetime], before: Mapping[K, datetime], renewed: Sequence[K], until: datetime) -> None:
    for one in renewed:
        # Ended meanwhile, or even begun anew: then it has another moment.
        if claims.get(one) == before[one]:
            claims[one] = until
