"""Digests that wait for their reviewer: held, told, reminded of, let go or dropped when their time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch import logs
from policywatch.model import Notice
from policywatch.pipeline import notices
from policywatch.store import drafts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.render import Renderer
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.pipeline.plan import Plan
    from policywatch.store.drafts import Draft

_log = logs.get("draft")


def hold(
    tx: Connection, plan: Plan, renderer: Renderer, run: int, subscription: SubscriptionSpec, now: datetime
) -> None:
    """Holds a run's mails back and tells its reviewer."""
    drafts.hold(tx, run, now + subscription.review_for, subscription.after)
    _tell(tx, plan, renderer, run, "draft", now)


def settle_overdue(tx: Connection, plan: Plan, renderer: Renderer, now: datetime) -> None:
    """Lets go or drops the drafts whose time is over, as each says; reminds of those that are halfway there."""
    for draft in drafts.waiting(tx):
        if draft.until <= now:
            end = drafts.drop if draft.after == "drop" else drafts.release
            mails = end(tx, draft.id, now)
            _log.warning(
                "nobody looked at it in time",
                draft=draft.id, subscription=draft.subscription, then=draft.after, mails=mails,
            )  # fmt: skip
        elif not draft.is_reminded and now >= draft.created_at + (draft.until - draft.created_at) / 2:
            drafts.remind(tx, draft.id, now)
            _tell(tx, plan, renderer, draft.id, "draft_reminder", now)


def _tell(tx: Connection, plan: Plan, renderer: Renderer, run: int, cause: str, now: datetime) -> None:
    draft = drafts.find(tx, run)
    if draft is None:
        return
    subscription = next((one for one in plan.subscriptions if one.id == draft.subscription), None)
    to = (subscription.reviewer if subscription is not None else None) or plan.operator
    notice = Notice(cause, _details(draft, plan, renderer), about=str(run))
    notices.tell(tx, plan, renderer, notice, now, to=to)


def _details(draft: Draft, plan: Plan, renderer: Renderer) -> tuple[str, ...]:
    words = renderer.catalogue(plan.language)
    until = draft.until.astimezone(plan.zone)
    return (
        draft.subject,
        words.text(f"draft.then_{draft.after}", at=f"{words.day_weekday(until)} {until:%H:%M}"),
        *(f"policywatch drafts {verb} {draft.id}" for verb in ("show", "release", "drop")),
    )
