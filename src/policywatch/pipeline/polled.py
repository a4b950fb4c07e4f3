"""What the polls of sources come to: while they gather, and in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from policywatch.model import Article, Cadence, Hit, ReadOutcome, Request, Validators


MAX_HOPS = 5
"""How many pages a page may name in a row (its API, the next page)."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll of one source came to; what the log line says."""

    source: str
    status: str
    """ok, unchanged, error, or postponed: its host asked to be left alone."""
    new: int = 0
    matched: int = 0
    seen: int = 0
    error: str = ""


@dataclass(slots=True)
class Gathered:
    """What the pages of one poll brought together."""

    articles: list[tuple[Article, tuple[Hit, ...]]] = field(default_factory=list)
    details: dict[str, Request] = field(default_factory=dict)
    validators: dict[str, Validators] = field(default_factory=dict)
    body_hashes: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    truncated: int = 0
    newest: datetime | None = None
    was_read: bool = False
    dated: int = 0
    cadence: Cadence | None = None
    moved_to: str = ""
    was_direct: bool = False
    """The new address of a source that moved was asked, and not its own."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the source's first page."""
    pause: timedelta | None = None
    known: frozenset[bytes] | None = None
    """What the store has of the source, once it was asked for."""
    last: ReadOutcome | None = None
    """Of the page that was read last."""

    def take(self, outcome: ReadOutcome) -> None:
        """Adds what a page held; what two pages hold counts once."""
        keys = {article.key for article, _ in self.articles}
        self.articles += [pair for pair in outcome.articles if pair[0].key not in keys]
        self.details.update(outcome.details)
        self.seen += outcome.items_seen
        self.dated += outcome.items_dated
        self.cadence = self.cadence or outcome.cadence
        self.truncated += outcome.truncated
        self.newest = max((day for day in (self.newest, outcome.newest) if day), default=None)
        self.was_read = True
        self.last = outcome
