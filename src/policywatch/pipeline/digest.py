"""Closes slots: what waits for a subscription becomes mail, in the transaction that closes the slot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from policywatch import errors, logs
from policywatch.digests import compose, links
from policywatch.digests import trend as weeks
from policywatch.digests.feeds import issues as published
from policywatch.model import Digest, Message, Notice, Rendered, Trend
from policywatch.pipeline import alerts, drafts, envelopes, notices, reminders, slots
from policywatch.store import alerts as alert_rows
from policywatch.store import issues, runs, views
from policywatch.store import slots as slot_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection

    from policywatch.digests.alert import Candidate
    from policywatch.digests.render import Renderer
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Story
    from policywatch.pipeline.plan import Plan
    from policywatch.store.db import Database

_log = logs.get("digest")

ALARMING = 3
"""Times in a row that a subscription's mail could not be made, after which the operator is told."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A slot that was closed, and what it made."""

    subscription: str
    kind: str
    slot: str
    stories: int
    messages: int


class Digester:
    """Closes the slots of every subscription as they come due."""

    def __init__(self, plan: Plan, db: Database, renderer: Renderer, now: Callable[[], datetime]) -> None:
        self._plan = plan
        self._db = db
        self._renderer = renderer
        self._now = now
        self._failures: dict[str, int] = {}
        """In a row, by subscription."""
        self._warned: set[int] = set()

    async def close_due(self) -> list[Closed]:
        """Closes every slot that came due since the last one, and every alert that waits. Missed slots merge."""
        await self._db.write(drafts.settle_overdue, self._plan, self._renderer, self._now())
        await self._warn_of_calendar()
        closed: list[Closed] = []
        for subscription in self._plan.subscriptions:
            try:
                closed += await self._db.write(self._close_subscription, subscription)
                self._failures.pop(subscription.id, None)
            except errors.StoreError:
                raise
            except Exception as error:  # noqa: BLE001  # the guard of one subscription: the others get their mail
                await self._failed(subscription, error)
        return closed

    async def close_now(self, subscription: SubscriptionSpec) -> Closed | None:
        """Closes a slot at this moment, whatever the schedule says; None when nothing waits and it may be skipped."""
        now = self._now()
        closed: Closed | None = await self._db.write(self._close, subscription, slot_name(now), now)
        return closed

    def preview(self, tx: Connection, subscription: SubscriptionSpec, at: datetime | None = None) -> Digest:
        """The digest of the slot at a moment, without one of now: what it held if it is closed, else what waits.

        Claims nothing.
        """
        at = at or self._now()
        lists = self._plan.lists_of(subscription)
        run = slot_rows.run_at(tx, subscription.id, slot_name(at))
        stories = runs.preview(tx, subscription.id, lists) if run is None else runs.stories(tx, run, lists)
        closing, _ = reminders.closing(tx, self._plan, subscription, stories, at)
        return self._compose(tx, subscription, stories, at, "digest", closing)

    def mail(self, subscription: SubscriptionSpec, digest: Digest, language: str | None = None) -> Message:
        """The mail of a digest as its first recipient (who reads `language`) would get it; it is not sent."""
        recipients = subscription.recipients(self._plan.language)
        to = next((one for one in recipients if one.language == language), recipients[0])
        to = replace(to, language=language or to.language)
        rendered = {envelopes.kind_of(to): envelopes.render_for(self._renderer, digest, to)}
        # Nobody's links: a preview is nobody's mail.
        return envelopes.mail_to(
            self._plan, subscription, digest, rendered, slot_name(digest.slot), self._now(), to, maker=None
        )

    def rendered(self, digest: Digest, language: str) -> Rendered:
        """A digest in words, without what only one reader may follow."""
        return links.impersonal(self._renderer.render(digest, language))

    async def _failed(self, subscription: SubscriptionSpec, error: Exception) -> None:
        """Counts; what fails again and again is told to the operator."""
        count = self._failures[subscription.id] = self._failures.get(subscription.id, 0) + 1
        _log.error("not made", subscription=subscription.id, failures=count, error=str(error) or repr(error))
        if count != ALARMING:
            return
        notice = Notice("digest", (f"{subscription.title}: {str(error) or repr(error)}",))
        try:
            await self._db.write(notices.tell, self._plan, self._renderer, notice, self._now())
        except errors.StoreError:
            raise
        except Exception:  # noqa: BLE001  # the same broken templates may be at fault
            _log.exception("the operator cannot be told", subscription=subscription.id)

    async def _warn_of_calendar(self) -> None:
        """Tells the operator once of a year whose holidays somebody has to write down."""
        year = self._plan.unknown_year(self._now())
        if year is not None and year not in self._warned:
            notice = Notice("calendar", (str(year),), about=str(year))
            await self._db.write(notices.tell, self._plan, self._renderer, notice, self._now())
            self._warned.add(year)

    def _close_subscription(self, tx: Connection, subscription: SubscriptionSpec) -> list[Closed]:
        now = self._now()
        closed = [
            self._close(tx, subscription, f"alert/{mailed[0].story}", now, mailed)
            for mailed in alerts.due(tx, self._plan, subscription, now)
        ]
        at = slots.due(tx, self._plan, subscription, now)
        if at is not None:
            closed.append(self._close(tx, subscription, slot_name(at), at))
        return [one for one in closed if one is not None]

    def _close(
        self,
        tx: Connection,
        subscription: SubscriptionSpec,
        slot: str,
        at: datetime,
        alerted: Sequence[Candidate] = (),
    ) -> Closed | None:
        """Closes a slot with everything that waits, or as an alert of the given stories."""
        now = self._now()
        kind = "alert" if alerted else "digest"
        run = runs.open_run(tx, subscription.id, slot, at, kind, now)
        if run is None and alerted:
            # Its first story was an alert that could not leave, was left to a digest, and there is no digest any more.
            slot = f"{slot}/{slot_name(now)}"
            run = runs.open_run(tx, subscription.id, slot, at, kind, now)
        if run is None:  # closed already, perhaps before a crash
            return None
        if alerted:
            runs.claim(tx, run, subscription.id, [one.story for one in alerted])
            alert_rows.note(tx, run, {one.watchlist for one in alerted})
        else:
            runs.claim(tx, run, subscription.id)
            self._note_local(tx, run, subscription, at)
        claimed = runs.stories(tx, run, self._plan.lists_of(subscription))
        closing, reminded = ((), ()) if alerted else reminders.closing(tx, self._plan, subscription, claimed, at)
        digest = self._compose(tx, subscription, claimed, at, kind, closing)
        is_wanted = bool(claimed or closing) or _is_sent_empty(subscription, digest)
        messages = 0
        if is_wanted:
            reminders.remember(tx, subscription, run, reminded)
            rendered = envelopes.renderings(self._plan, self._renderer, subscription, digest)
            messages = envelopes.send(tx, self._plan, run, subscription, digest, rendered, slot, now)
            self._tell_of_faults(tx, rendered.values(), now)
            kept = {one.language: one for one in reversed(rendered.values())}
            issues.keep(tx, run, [published.issue(slot, now, one) for one in kept.values()])
        runs.close(tx, run, "closed" if is_wanted else "empty", len(claimed))
        if is_wanted and subscription.review and not alerted:
            drafts.hold(tx, self._plan, self._renderer, run, subscription, now)
        _log.info("closed", subscription=subscription.id, kind=kind, slot=slot, stories=len(claimed), messages=messages)
        return Closed(subscription.id, kind, slot, len(claimed), messages)

    def _note_local(self, tx: Connection, run: int, subscription: SubscriptionSpec, at: datetime) -> None:
        timetable = self._plan.timetable(subscription)
        if timetable is not None:
            slot_rows.note(tx, run, timetable.local(at), timetable.zone.key)

    def _compose(
        self,
        tx: Connection,
        subscription: SubscriptionSpec,
        stories: Sequence[Story],
        at: datetime,
        kind: str,
        closing: tuple[Story, ...],
    ) -> Digest:
        since = runs.previous_slot(tx, subscription.id, at) or runs.first_seen(tx, subscription.id)
        return compose.compose(
            subscription,
            stories,
            watchlists=self._plan.lists_of(subscription),
            slot=at,
            coverage=runs.coverage(tx, since),
            timezone=self._plan.zone_of(subscription).key,
            public_url=self._plan.public_url,
            kind=kind,
            headings=self._plan.headings(subscription),
            trends=self._trends(tx, subscription, at) if kind == "digest" else (),
            bodies=self._bodies(tx, subscription, stories) if kind == "digest" else {},
            reminders=closing,
        )

    def _trends(self, tx: Connection, subscription: SubscriptionSpec, at: datetime) -> tuple[Trend, ...]:
        """One for each heading; what a direction gathers is counted under the direction."""
        headings = self._plan.headings(subscription)
        gathered: dict[str, list[str]] = {}
        for name in self._plan.lists_of(subscription):
            gathered.setdefault(headings.get(name, name), []).append(name)
        return views.weekly(tx, gathered, weeks.WEEKS, at)

    @staticmethod
    def _bodies(tx: Connection, subscription: SubscriptionSpec, stories: Sequence[Story]) -> dict[int, str]:
        """The texts that summaries are made from, where the subscription wants any."""
        if subscription.digest is None or not subscription.digest.summary:
            return {}
        return views.bodies(tx, [story.article for story in stories])

    def _tell_of_faults(self, tx: Connection, rendered: Iterable[Rendered], now: datetime) -> None:
        """The operator hears of a template that did not work; the mail went by the shipped one."""
        faults = tuple(dict.fromkeys(one.fault for one in rendered if one.fault))
        if faults:
            notices.tell(tx, self._plan, self._renderer, Notice("template", faults), now)


def _is_sent_empty(subscription: SubscriptionSpec, digest: Digest) -> bool:
    """A digest without a story goes out all the same."""
    if subscription.digest is None:
        return False
    is_trouble = bool(digest.coverage.sources_failed)
    return subscription.digest.empty == "send" or (subscription.digest.empty == "trouble" and is_trouble)


def slot_name(at: datetime) -> str:
    """The key under which a digest's slot is unique: its moment in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
