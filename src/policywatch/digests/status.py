"""Is it working? The store's values, and the same in the words of a language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policywatch.digests import faults, spoken
from policywatch.digests.lines import cut
from policywatch.model import Trouble
from policywatch.text.html import safe_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.timetable import Timetable
    from policywatch.model import SourceStatus

MAX_NAME = 80
MAX_FAULT = 300
_OUTBOX_ORDER = (
    "held", "pending", "sending", "retry", "sent", "unknown", "failed", "withheld", "merged", "dropped",
)  # fmt: skip
_LOST = frozenset({"unknown", "failed"})
_IN_TROUBLE = _LOST | {"retry"}


@dataclass(frozen=True, slots=True)
class NextDigest:
    """When a subscription's next digest is due, and what it would tell as things stand."""

    name: str
    at: datetime | None
    """None for a subscription that only sends alerts."""
    waiting: int = 0
    timetable: Timetable | None = None
    """Put into words beside the moment."""
    id: str = ""
    """Of the subscription; what its page is found by."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source in words."""

    id: str
    name: str
    url: str
    state: str
    """`ok`, `failing` or `new`; also the name of its style."""
    state_text: str
    last_poll: str
    last_success: str
    articles: str
    next_poll: str
    fault: str
    advice: str
    """What is wrong for longer than a bad moment, and what to change."""
    error: str
    """The last error's own text, where the others may say it in other words."""
    is_gone: bool
    """It is not asked any more."""


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A coming digest in words."""

    name: str
    when: str
    waiting: str
    schedule: str
    """When its digests come, in words; empty for a subscription that only sends alerts."""
    id: str


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """How many mails are in a state, in words."""

    state: str
    text: str
    count: str
    is_trouble: bool
    is_lost: bool
    """policywatch has given up on them: somebody has to look."""


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The values of a moment in words, as the templates of Today and of the sources show them."""

    headline: str
    is_well: bool
    at: str
    zone: str
    sources: tuple[SourceRow, ...]
    digests: tuple[DigestRow, ...]
    outbox: tuple[OutboxRow, ...]
    faults: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusView:
    """The store's values for one moment.

    `outbox` counts messages by state (pending, sending, retry, sent, unknown, failed). Times are shown in `zone`.
    """

    now: datetime
    zone: tzinfo
    sources: Sequence[SourceStatus] = ()
    digests: Sequence[NextDigest] = ()
    outbox: Mapping[str, int] = field(default_factory=dict)
    faults: Sequence[str] = ()
    """Why the configuration as saved does not work."""
    unknown_year: int | None = None
    """A year at hand whose holidays nobody has named, where digests depend on them."""
    drafts: Sequence[str] = ()
    """Subjects of the digests that wait for their reviewers."""
    ping_fault: str = ""
    """Why the last sign of life could not be given."""

    def in_words(self, words: Catalogue) -> StatusPage:
        """The page in a language, those in trouble first."""
        now = self.now.astimezone(self.zone)
        rows = sorted((self._source(source, words) for source in self.sources), key=lambda row: row.state != "failing")
        failing = sum(source.failures > 0 for source in self.sources)
        silent = sum(source.failures == 0 and source.trouble != "" for source in self.sources)
        stuck = sum(self.outbox.get(state, 0) for state in _LOST)
        complaints = []
        if self.faults:
            complaints.append(words.text("notice.config"))
        if failing:
            complaints.append(words.text("status.failing", n=failing))
        if silent:
            complaints.append(words.text("status.silent_sources", n=silent))
        if stuck:
            complaints.append(words.text("status.stuck", n=stuck))
        return StatusPage(
            headline=words.text("list.separator").join(complaints) or words.text("status.all_well"),
            is_well=not complaints,
            at=f"{words.day_weekday(now)} {now:%H:%M}",
            zone=str(self.zone),
            sources=tuple(rows),
            digests=tuple(self._digest(one, words) for one in self.digests),
            outbox=tuple(self._outbox(words)),
            faults=tuple(cut(faults.configured_line(fault, words), MAX_FAULT) for fault in self.faults),
            warnings=tuple(self._warnings(words)),
        )

    def _warnings(self, words: Catalogue) -> Iterator[str]:
        if self.ping_fault:
            yield words.text("status.ping", error=cut(self.ping_fault, MAX_FAULT))
        if self.unknown_year is not None:
            yield words.text("status.unknown_year", year=str(self.unknown_year))
        for subject in self.drafts:
            yield words.text("status.draft", subject=cut(subject, MAX_FAULT))

    def _source(self, source: SourceStatus, words: Catalogue) -> SourceRow:
        state = "failing" if source.failures or source.trouble else "ok" if source.last_success_at else "new"
        state_text = words.text("status.failing_times" if source.failures else f"status.{state}", n=source.failures)
        if source.trouble:
            state_text = words.text(f"status.trouble.{source.trouble}")
        return SourceRow(
            id=source.id,
            name=cut(source.name or source.id, MAX_NAME),
            url=safe_url(source.url),
            state=state,
            state_text=state_text,
            last_poll=self._moment(source.last_poll_at, words),
            last_success=self._moment(source.last_success_at, words),
            articles=f"{source.articles:,}",
            next_poll=self._moment(source.next_poll_at, words),
            fault=self._fault(source, words),
            advice=self._advice(source, words),
            error=cut(source.last_error, MAX_FAULT) if source.failures else "",
            is_gone=source.trouble == Trouble.GONE,
        )

    def _advice(self, source: SourceStatus, words: Catalogue) -> str:
        """As the operator's notice of it says."""
        if not source.trouble:
            return ""
        is_emptied = source.trouble == Trouble.BROKEN and not source.last_error
        since = words.day(source.last_new_at.astimezone(self.zone)) if source.last_new_at else "–"
        key = "trouble.emptied" if is_emptied else f"trouble.{source.trouble}"
        error = faults.told(source.fault, source.last_error, words)
        return cut(words.text(key, since=since, error=error), 2 * MAX_FAULT)

    def _fault(self, source: SourceStatus, words: Catalogue) -> str:
        """What a reader should know beside the state: the error, since when it is silent, where it is asked instead."""
        told = []
        if source.failures and source.last_error:
            told.append(faults.told(source.fault, source.last_error, words))
        elif source.trouble:
            told.append(words.text("status.last_new", day=self._moment(source.last_new_at, words)))
        if source.moved_to:
            told.append(words.text("status.moved", url=source.moved_to))
        return cut(words.text("list.separator").join(told), MAX_FAULT)

    def _digest(self, digest: NextDigest, words: Catalogue) -> DigestRow:
        if digest.at is None:
            when = words.text("status.alerts_only")
        else:
            local = digest.at.astimezone(self.zone)
            when = f"{words.day_weekday(local, self.now.astimezone(self.zone))} {local:%H:%M}"
        schedule = spoken.timetable(digest.timetable, words) if digest.timetable is not None else ""
        waiting = words.text("count.stories", n=digest.waiting)
        return DigestRow(cut(digest.name, MAX_NAME), when, waiting, schedule, digest.id)

    def _outbox(self, words: Catalogue) -> list[OutboxRow]:
        known = [state for state in _OUTBOX_ORDER if self.outbox.get(state)]
        others = [state for state in self.outbox if state not in _OUTBOX_ORDER]
        return [
            OutboxRow(
                state=state,
                text=words.text(f"outbox.{state}") if state in _OUTBOX_ORDER else state,
                count=f"{self.outbox[state]:,}",
                is_trouble=state in _IN_TROUBLE,
                is_lost=state in _LOST,
            )
            for state in [*known, *others]
        ]

    def _moment(self, moment: datetime | None, words: Catalogue) -> str:
        if moment is None:
            return "–"
        local, now = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        if local.date() == now.date():
            return f"{local:%H:%M}"
        return f"{words.day(local, now)} {local:%H:%M}"
