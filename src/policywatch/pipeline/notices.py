"""Tells the operator of trouble: through the outbox, like every mail; once a day for a cause, or once for a thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch import logs
from policywatch.digests import mail
from policywatch.model import Recipient
from policywatch.store import outbox, runs

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.render import Renderer
    from policywatch.model import Notice
    from policywatch.pipeline.plan import Plan

OPERATOR = "@operator"
"""In the place of a subscription's id; none can begin like this."""

_log = logs.get("notice")


def tell(
    tx: Connection, plan: Plan, renderer: Renderer, notice: Notice, now: datetime, *, to: str | None = None
) -> bool:
    """Puts a notice into the outbox; false when nobody is to be told, or was told of this before.

    `to` is whom to tell in the operator's place.
    """
    to = to or plan.operator
    if to is None:
        return False
    slot = f"{notice.cause}/{notice.about or now.astimezone(plan.zone).strftime('%Y-%m-%d')}"
    run = runs.open_run(tx, OPERATOR, slot, now, "notice", now)
    if run is None:
        return False
    message = mail.message(
        renderer.notice(notice, plan.language, now, plan.zone, plan.public_url),
        sender=plan.sender,
        recipient=Recipient(to, plan.language),
        message_id=mail.message_id("notice", OPERATOR, slot, to, mail.domain(plan.sender)),
        date=now,
        subscription=OPERATOR,
    )
    outbox.add(tx, run, [message], plan.channel, now)
    runs.close(tx, run, "closed", 0)
    _log.info("told", cause=notice.cause)
    return True
