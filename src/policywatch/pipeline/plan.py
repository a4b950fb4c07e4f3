"""What the stages need of the configuration, in one value that a reload can swap whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pydantic import SecretStr

    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.matching.base import WatchlistSpec
    from policywatch.sources.base import SourceSpec


@dataclass(frozen=True, slots=True)
class Plan:
    """Which sources are read, against which lists, for whom."""

    sources: tuple[SourceSpec, ...]
    """Enabled ones only."""
    watchlists: tuple[WatchlistSpec, ...]
    subscriptions: tuple[SubscriptionSpec, ...]
    zone: ZoneInfo
    language: str
    sender: str
    """The From of every mail."""
    channel: str
    """The kind of channel that mails leave by."""
    public_url: str | None = None
    keep_text_days: int = 365
    operator: str | None = None
    """Address of who hears of trouble."""
    feed_token: SecretStr | None = None
    """Opens the published feeds that have no token of their own; without one they are open."""

    @property
    def watchlist_names(self) -> tuple[str, ...]:
        """In the configuration's order."""
        return tuple(watchlist.name for watchlist in self.watchlists)

    def lists_of(self, subscription: SubscriptionSpec) -> tuple[str, ...]:
        """The watch-lists of a subscription, in its own order; `all` in the configuration's."""
        if subscription.watchlists == "all":
            return self.watchlist_names
        return tuple(subscription.watchlists)
