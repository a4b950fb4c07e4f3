"""What rules would find in the archive, against what stands recorded there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policywatch.pipeline.reading import document_of, matched, source_text
from policywatch.pipeline.rematch import BATCH, Difference, Found, difference, found_in
from policywatch.store import rematch as rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.matching.matcher import Matcher
    from policywatch.model import Hit
    from policywatch.store.db import Database
    from policywatch.store.rematch import Kept


@dataclass(slots=True)
class ListReport:
    """One list of the rules, and the recorded one that it is held against."""

    name: str
    against: str
    """Whose recorded hits it is compared with."""
    found: int = 0
    recorded: int = 0
    gained: int = 0
    lost: int = 0
    stories: set[int] = field(default_factory=set)
    """Those of what is found."""
    examples: list[tuple[Kept, Hit]] = field(default_factory=list)
    """The newest of what is found."""
    gains: list[Difference] = field(default_factory=list)
    """The newest of them."""
    losses: list[Difference] = field(default_factory=list)
    """The newest of them."""
    moments: list[tuple[datetime, int]] = field(default_factory=list)
    """Of everything that is found: the moment that it bears, and its story."""


@dataclass(slots=True)
class Report:
    """What a replay found."""

    lists: tuple[ListReport, ...]
    looked: int = 0
    without_text: int = 0
    """Matched on their titles alone: their texts are not kept, or there never were any."""
    oldest: datetime | None = None
    """When the last article that was looked at came in."""
    is_whole: bool = False
    """Everything since the wanted moment was looked at."""


class Replay:
    """Goes through the archive from the newest article on, a part at a time."""

    def __init__(
        self,
        matcher: Matcher,
        names: Mapping[str, str],
        since: datetime,
        *,
        examples: int = 20,
        is_applied: bool = False,
    ) -> None:
        """`names` gives, for each list of the matcher, the recorded list that it is held against.

        What is applied afterwards comes with what its reprints are known by.
        """
        self._matcher = matcher
        self._names = dict(names)
        self._since = since
        self._most = examples
        self._is_applied = is_applied
        self._position: int | None = None
        self.report = Report(tuple(ListReport(name, against) for name, against in names.items()))

    def step(self, db: Database, limit: int = BATCH) -> list[Found]:
        """Matches the next articles and gives them; the report says when there are no more."""
        batch, recorded = db.read_now(self._look, limit)
        found = [self._matched(kept) for kept in batch]
        for one in found:
            self._take(one, recorded.get(one.kept.article_id, {}))
        if batch:
            self._position = batch[-1].article_id
            self.report.oldest = batch[-1].article.fetched_at
        self.report.is_whole = len(batch) < limit
        return found

    def _look(self, tx: Connection, limit: int) -> tuple[list[Kept], dict[int, dict[str, Hit]]]:
        batch = rows.before(tx, self._position, self._since, limit)
        return batch, rows.recorded(tx, [one.article_id for one in batch], sorted(set(self._names.values())))

    def _matched(self, kept: Kept) -> Found:
        article = kept.article
        if self._is_applied:
            known, hits = matched(self._matcher, article, kept.source_name)
            return found_in(kept, known.document, known.profile, hits)
        source = source_text(kept.source_name, article.publisher)
        title, body = article.original_title, article.original_body
        return Found(kept, self._matcher.match(title, body, source, document_of(article)))

    def _take(self, found: Found, recorded: Mapping[str, Hit]) -> None:
        kept = found.kept
        self.report.looked += 1
        self.report.without_text += not kept.has_text
        hits = {hit.watchlist: hit for hit in found.hits}
        for one in self.report.lists:
            hit, was = hits.get(one.name), recorded.get(one.against)
            one.recorded += was is not None
            if hit is not None:
                one.found += 1
                one.stories.add(kept.story_id)
                one.moments.append((kept.article.published or kept.article.fetched_at, kept.story_id))
                if len(one.examples) < self._most:
                    one.examples.append((kept, hit))
            told = difference(kept, hit, was)
            if told is None:
                continue
            one.gained += told.gained is not None
            one.lost += told.lost is not None
            shown = one.gains if told.gained is not None else one.losses
            if len(shown) < self._most:
                shown.append(told)
