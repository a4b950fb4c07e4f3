"""What the status page says, made of what the store holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from policywatch.digests.render import Words
    from policywatch.model import SourceStatus


@dataclass(frozen=True, slots=True)
class SubscriptionStatus:
    """A subscription, when it is due next, and what waits for it."""

    title: str
    next_slot: datetime | None
    waiting: int


def context(
    *,
    now: datetime,
    zone: ZoneInfo,
    words: Words,
    sources: Sequence[SourceStatus],
    subscriptions: Sequence[SubscriptionStatus],
    outbox: Mapping[str, int],
    feeds: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    """The template's values; sources in trouble first."""

    def clock(moment: datetime | None) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else words("never")

    return {
        "now": clock(now),
        "zone": zone.key,
        "sources": [
            {
                "name": source.name or source.id,
                "id": source.id,
                "url": source.url,
                "error": source.last_error if source.failures else "",
                "failures": source.failures,
                "articles": source.articles,
                "last_poll": words.ago(source.last_poll_at, now),
                "last_poll_at": clock(source.last_poll_at),
                "last_success": words.ago(source.last_success_at, now),
                "last_success_at": clock(source.last_success_at),
                "next_poll": words.ago(source.next_poll_at, now),
                "next_poll_at": clock(source.next_poll_at),
            }
            for source in sorted(sources, key=lambda source: (source.failures == 0, source.name, source.id))
        ],
        "failing": sum(source.failures > 0 for source in sources),
        "subscriptions": [
            {"title": item.title, "next": clock(item.next_slot) if item.next_slot else "—", "waiting": item.waiting}
            for item in subscriptions
        ],
        "outbox": [(words(f"outbox_{state}"), count) for state, count in outbox.items()],
        "feeds": list(feeds),
    }
