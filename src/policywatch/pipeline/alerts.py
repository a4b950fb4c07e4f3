"""Which waiting stories go out as alerts now, and which alerts never got out and go into the digest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch import logs
from policywatch.digests.alert import Candidate, decide
from policywatch.store import alerts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.pipeline.plan import Plan

HOUR = timedelta(hours=1)

_log = logs.get("alert")


def due(tx: Connection, plan: Plan, subscription: SubscriptionSpec, now: datetime) -> tuple[tuple[Candidate, ...], ...]:
    """The alerts to be mailed now, each with its stories; what has to wait is marked as held."""
    spec = subscription.alert
    if spec is None:
        return ()
    _withdraw(tx, subscription, now)
    # Without a digest nothing would ever tell what expired.
    since = now - spec.expires if subscription.digest is not None else None
    lists = _lists(plan, subscription)
    candidates = [
        Candidate(one.story, cause.watchlist, is_held=one.is_held)
        for one in alerts.waiting(tx, subscription.id, plan.lists_of(subscription), since)
        if (cause := spec.cause(one.hits, lists)) is not None
    ]
    if not candidates:
        return ()
    decision = decide(
        candidates,
        alerts.sent(tx, subscription.id, now - HOUR, now),
        spec.per_hour,
        is_quiet=spec.is_quiet(now, plan.zone_of(subscription)),
    )
    alerts.hold(tx, subscription.id, [one.story for one in decision.held], now)
    return decision.mails


def _lists(plan: Plan, subscription: SubscriptionSpec) -> frozenset[str] | None:
    """The lists that may alert, a direction's members among them; None for all."""
    if subscription.alert is None or subscription.alert.watchlists is None:
        return None
    return frozenset(one for name in subscription.alert.watchlists for one in (name, *plan.members(name)))


def _withdraw(tx: Connection, subscription: SubscriptionSpec, now: datetime) -> None:
    """Gives the stories of alerts that could not be sent for too long to the next digest, where there is one."""
    if subscription.alert is None or subscription.digest is None:
        return
    for run in alerts.stuck(tx, subscription.id, now - subscription.alert.expires):
        stories = alerts.withdraw(tx, run, now)
        _log.warning("could not be sent in time; left to the digest", subscription=subscription.id, stories=stories)
