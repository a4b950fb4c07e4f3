"""Which slot of a subscription is to be closed now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.store import runs, slots

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.pipeline.plan import Plan


def due(tx: Connection, plan: Plan, subscription: SubscriptionSpec, now: datetime) -> datetime | None:
    """The newest slot that is due and not closed; None when there is none.

    Slots that were missed merge into it. One that was missed for longer than `catch_up` is passed over: what it would
    have told waits for the next. So is one whose local time was served before the zone was changed.
    """
    timetable = plan.timetable(subscription)
    if timetable is None or subscription.digest is None:
        return None
    last = slots.last(tx, subscription.id, now) or runs.first_seen(tx, subscription.id)
    if last is None:
        return None
    at = timetable.due(last, now)
    if at is None or now - at > subscription.digest.catch_up:
        return None
    if not timetable.is_hourly:
        is_served = slots.is_closed_elsewhere(tx, subscription.id, timetable.local(at), timetable.zone.key)
        return None if is_served else at
    return at
