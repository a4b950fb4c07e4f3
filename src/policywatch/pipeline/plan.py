"""What the stages need of the configuration, in one value that a reload can swap whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from policywatch.digests.calendar import Calendar

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pydantic import SecretStr

    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.digests.timetable import Timetable
    from policywatch.matching.base import WatchlistSpec
    from policywatch.pipeline.saved import SearchSpec
    from policywatch.sources.base import SourceSpec


@dataclass(frozen=True, slots=True)
class Rematch:
    """What becomes of the archive when a watch-list is edited."""

    days: timedelta = timedelta(days=30)
    """Articles that came in before keep the hits that they have."""
    mode: Literal["quietly", "digest", "off"] = "quietly"


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
    keep_age: timedelta | None = None
    """For how long articles and sent mails are kept; None: for ever."""
    keep_size: int | None = None
    """Bytes that a SQLite file may hold; None: any."""
    operator: str | None = None
    """Address of who hears of trouble."""
    unsubscribe_to: str | None = None
    """Address to which readers may write to leave."""
    feed_token: SecretStr | None = None
    """Opens the published feeds that have no token of their own; without one they are open."""
    asked_as: str = ""
    """What the configuration makes of the user agent; when it changes, what servers said before is worth nothing."""
    story_window: timedelta = timedelta(days=30)
    """How far apart two articles of one story may come in."""
    searches: tuple[SearchSpec, ...] = ()
    """That are asked of the archive again and again."""
    rematch: Rematch = Rematch()
    calendar: Calendar = field(default_factory=Calendar)
    """Which days are working days."""

    def source_name(self, source: str) -> str:
        """The name of a source; empty for one that is no longer configured."""
        return next((spec.name for spec in self.sources if spec.id == source), "")

    @property
    def watchlist_names(self) -> tuple[str, ...]:
        """In the configuration's order."""
        return tuple(watchlist.name for watchlist in self.watchlists)

    def timetable(self, subscription: SubscriptionSpec) -> Timetable | None:
        """When a subscription's digests are due; None for one that only sends alerts."""
        return subscription.digest.timetable(self.zone, self.calendar) if subscription.digest is not None else None

    def zone_of(self, subscription: SubscriptionSpec) -> ZoneInfo:
        """What times mean to a subscription."""
        return subscription.digest.zone(self.zone) if subscription.digest is not None else self.zone

    def unknown_year(self, now: datetime) -> int | None:
        """A year, at hand or near, whose holidays some digest depends on and nothing names."""
        timetables = [self.timetable(one) for one in self.subscriptions]
        used = [one for one in timetables if one is not None and one.needs_calendar]
        years = [one.calendar.lacks(now.astimezone(one.zone).date()) for one in used]
        return min((year for year in years if year is not None), default=None)

    def members(self, name: str) -> tuple[str, ...]:
        """The lists that a direction gathers, also by way of another direction; none of other lists."""
        direct = {watchlist.name: watchlist.members for watchlist in self.watchlists}
        found: dict[str, None] = {}
        waiting = list(direct.get(name, ()))
        while waiting:
            member = waiting.pop(0)
            if member not in found:
                found[member] = None
                waiting += direct.get(member, ())
        return tuple(found)

    def lists_of(self, subscription: SubscriptionSpec) -> tuple[str, ...]:
        """The watch-lists whose hits a subscription gets, in its own order, after each direction its members."""
        named = self._named(subscription)
        return tuple(dict.fromkeys(one for name in named for one in (name, *self.members(name))))

    def headings(self, subscription: SubscriptionSpec) -> dict[str, str]:
        """Under which direction a member's stories stand; a list that the subscription names stands for itself."""
        named = self._named(subscription)
        is_named = set() if subscription.watchlists == "all" else set(named)
        gathered = {name: self.members(name) for name in named}
        inner = {member for members in gathered.values() for member in members} - is_named
        found: dict[str, str] = {}
        for name in named:
            for member in gathered[name] if name not in inner else ():
                if member not in is_named:
                    found.setdefault(member, name)
        return found

    def _named(self, subscription: SubscriptionSpec) -> tuple[str, ...]:
        if subscription.watchlists == "all":
            return self.watchlist_names
        return tuple(subscription.watchlists)
