"""Which stories of before a digest reminds of, because their deadlines are near."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch.digests import remind
from policywatch.store import documents, runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Story
    from policywatch.pipeline.plan import Plan


def closing(
    tx: Connection, plan: Plan, subscription: SubscriptionSpec, stories: Sequence[Story], at: datetime
) -> tuple[tuple[Story, ...], tuple[remind.Reminder, ...]]:
    """Stories of before whose deadlines are near, and what counts as reminded once this digest is closed."""
    if not subscription.remind:
        return (), ()
    today = at.astimezone(plan.zone_of(subscription)).date()
    last = today + timedelta(days=max(subscription.remind))
    near = [(one.story_id, one.day) for one in documents.closing(tx, subscription.id, today, last)]
    if not near:
        return (), ()
    wanted, reminders = remind.due(
        near,
        subscription.remind,
        documents.reminded(tx, subscription.id, today),
        today=today,
        fresh={story.id for story in stories},
    )
    return tuple(runs.load(tx, wanted, plan.lists_of(subscription))), reminders


def remember(tx: Connection, subscription: SubscriptionSpec, run: int, reminders: Sequence[remind.Reminder]) -> None:
    """Nothing is reminded of twice."""
    documents.remember(tx, subscription.id, run, [(one.story, one.day, one.days) for one in reminders])
