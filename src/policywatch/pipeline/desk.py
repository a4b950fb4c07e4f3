"""The reading process as the service uses it: it holds the watch-lists, and each call brings its source along.

With every source in it a child of ten thousand held 25 MB for them, and each new child, one for every thousand pages
or bomb, took them all through the parent's event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.pipeline.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from policywatch.matching.base import WatchlistSpec
    from policywatch.model import Article, Hit, Page, RawItem, ReadOutcome
    from policywatch.sources.base import SourceSpec


class Desk(Reader):
    """A Reader that forgets each source with the next."""

    def __init__(self, watchlists: Sequence[WatchlistSpec]) -> None:
        super().__init__((), watchlists)

    def read_source(
        self, spec: SourceSpec, page: Page, known: frozenset[bytes], oldest: datetime | None, now: datetime
    ) -> ReadOutcome:
        """As `read`."""
        self._turn_to(spec)
        return self.read(spec.id, page, known, oldest, now)

    def read_article(
        self, spec: SourceSpec, raw: RawItem, page: Page, now: datetime
    ) -> tuple[Article, tuple[Hit, ...]]:
        """As `read_text`."""
        self._turn_to(spec)
        return self.read_text(spec.id, raw, page, now)

    def give_up_article(self, spec: SourceSpec, raw: RawItem, now: datetime) -> tuple[Article, tuple[Hit, ...]]:
        """As `give_up_text`."""
        self._turn_to(spec)
        return self.give_up_text(spec.id, raw, now)

    def _turn_to(self, spec: SourceSpec) -> None:
        self._specs = {spec.id: spec}
        self._sources = {}
