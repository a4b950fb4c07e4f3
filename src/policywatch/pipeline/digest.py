"""Closes slots: what waits for a subscription becomes mail, in the transaction that closes the slot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from policywatch import logs
from policywatch.digests import compose, mail, slots
from policywatch.digests import trend as weeks
from policywatch.digests.feeds import issues as published
from policywatch.model import Digest, Message, Notice, Recipient, Rendered, Trend
from policywatch.pipeline import notices
from policywatch.store import issues, outbox, runs, views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from policywatch.digests.render import Renderer
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Story
    from policywatch.pipeline.plan import Plan
    from policywatch.store.db import Database

_log = logs.get("digest")


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

    async def close_due(self) -> list[Closed]:
        """Closes every slot that came due since the last one, and every alert that waits. Missed slots merge."""
        closed = []
        for subscription in self._plan.subscriptions:
            closed += await self._db.write(self._close_alerts, subscription)
            one = await self._db.write(self._close_digest, subscription, None)
            if one is not None:
                closed.append(one)
        return closed

    async def close_now(self, subscription: SubscriptionSpec) -> Closed | None:
        """Closes a slot at this moment, whatever the schedule says; None when nothing waits and it may be skipped."""
        closed: Closed | None = await self._db.write(self._close_digest, subscription, self._now())
        return closed

    def preview(self, tx: Connection, subscription: SubscriptionSpec) -> Digest:
        """The digest that would be sent now. Claims nothing."""
        now = self._now()
        stories = runs.preview(tx, subscription.id, self._plan.lists_of(subscription))
        return self._compose(tx, subscription, stories, now, "digest")

    def rendered(self, digest: Digest, language: str) -> Rendered:
        """A digest in words."""
        return self._renderer.render(digest, language)

    def _close_alerts(self, tx: Connection, subscription: SubscriptionSpec) -> list[Closed]:
        if subscription.alert is None:
            return []
        closed = []
        for story, _score in runs.waiting(tx, subscription.id, min_score=subscription.alert.min_score):
            one = self._close(tx, subscription, f"alert/{story}", self._now(), "alert", [story])
            if one is not None:
                closed.append(one)
        return closed

    def _close_digest(self, tx: Connection, subscription: SubscriptionSpec, at: datetime | None) -> Closed | None:
        if at is None:
            if subscription.digest is None:
                return None
            last = runs.last_slot(tx, subscription.id) or runs.first_seen(tx, subscription.id)
            if last is None:
                return None
            zone = ZoneInfo(subscription.digest.timezone) if subscription.digest.timezone else self._plan.zone
            at = slots.due_slot(subscription.digest.crontabs, zone, last, self._now())
            if at is None:
                return None
        return self._close(tx, subscription, slot_name(at), at, "digest", None)

    def _close(
        self,
        tx: Connection,
        subscription: SubscriptionSpec,
        slot: str,
        at: datetime,
        kind: str,
        stories: Sequence[int] | None,
    ) -> Closed | None:
        now = self._now()
        run = runs.open_run(tx, subscription.id, slot, at, kind, now)
        if run is None:  # closed already, perhaps before a crash
            return None
        # The coverage reaches back to the slot before, so it is asked for before this one counts.
        runs.claim(tx, run, subscription.id, stories)
        claimed = runs.stories(tx, run, self._plan.lists_of(subscription))
        is_wanted = bool(claimed) or (subscription.digest is not None and subscription.digest.empty == "send")
        messages: list[Message] = []
        if is_wanted:
            digest = self._compose(tx, subscription, claimed, at, kind)
            rendered = self._rendered(subscription, digest)
            messages = self._messages(subscription, digest, rendered, slot, now)
            outbox.add(tx, run, messages, self._plan.channel, now)
            self._tell_of_faults(tx, rendered.values(), now)
            issues.keep(tx, run, [published.issue(slot, now, one) for one in rendered.values()])
        runs.close(tx, run, "closed" if is_wanted else "empty", len(claimed))
        _log.info(
            "closed", subscription=subscription.id, kind=kind, slot=slot, stories=len(claimed), messages=len(messages)
        )
        return Closed(subscription.id, kind, slot, len(claimed), len(messages))

    def _compose(
        self, tx: Connection, subscription: SubscriptionSpec, stories: Sequence[Story], at: datetime, kind: str
    ) -> Digest:
        since = runs.previous_slot(tx, subscription.id, at) or runs.first_seen(tx, subscription.id)
        zone = self._plan.zone.key
        if subscription.digest is not None and subscription.digest.timezone:
            zone = subscription.digest.timezone
        return compose.compose(
            subscription,
            stories,
            watchlists=self._plan.lists_of(subscription),
            slot=at,
            coverage=runs.coverage(tx, since),
            timezone=zone,
            public_url=self._plan.public_url,
            kind=kind,
            headings=self._plan.headings(subscription),
            trends=self._trends(tx, subscription, at) if kind == "digest" else (),
            bodies=self._bodies(tx, subscription, stories) if kind == "digest" else {},
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

    def _rendered(self, subscription: SubscriptionSpec, digest: Digest) -> dict[str, Rendered]:
        """The digest in every language that a recipient wants."""
        languages = {to.language for to in subscription.recipients(self._plan.language)}
        return {language: self._renderer.render(digest, language) for language in sorted(languages)}

    def _tell_of_faults(self, tx: Connection, rendered: Iterable[Rendered], now: datetime) -> None:
        """The operator hears of a template that did not work; the mail went by the shipped one."""
        faults = tuple(dict.fromkeys(one.fault for one in rendered if one.fault))
        if faults:
            notices.tell(tx, self._plan, self._renderer, Notice("template", faults), now)

    def _messages(
        self,
        subscription: SubscriptionSpec,
        digest: Digest,
        rendered: Mapping[str, Rendered],
        slot: str,
        now: datetime,
    ) -> list[Message]:
        messages = []
        for to in subscription.recipients(self._plan.language):
            recipient = Recipient(to.address, to.language, to.name)
            messages.append(
                mail.message(
                    rendered[recipient.language],
                    sender=self._plan.sender,
                    recipient=recipient,
                    message_id=mail.message_id(
                        digest.kind, subscription.id, slot, recipient.address, mail.domain(self._plan.sender)
                    ),
                    date=now,
                    subscription=subscription.id,
                )
            )
        return messages


def slot_name(at: datetime) -> str:
    """The key under which a digest's slot is unique: its moment in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
