"""What goes out of the outbox, with what an operator needs: around `deliver`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch import logs
from policywatch.model import Notice
from policywatch.pipeline import deliver, notices
from policywatch.store import dialect, outbox, recipients

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.render import Renderer
    from policywatch.model import Channel, Pace, Receipt
    from policywatch.pipeline.plan import Plan
    from policywatch.store.db import Database

_log = logs.get("departures")


async def depart(
    plan: Plan,
    db: Database,
    renderer: Renderer,
    channels: Mapping[str, Channel],
    now: Callable[[], datetime],
    paces: Mapping[str, Mapping[str, Pace]],
    unsettled: list[deliver.Unsettled] | None = None,
    worker: str | None = None,
) -> deliver.Delivered:
    """Sends what is due, and suspends readers whose server refuses them.

    `unsettled` is kept by the caller from round to round. `worker` is what this process tells the others that it is
    (store/workers.py), so that they know what to take up should it die.
    """
    await db.write(_prepare, now())

    async def refused(claimed: outbox.Claimed, receipt: Receipt) -> None:
        # Only of mail: a webhook that refuses a digest is not a reader who cannot be reached.
        if claimed.channel == plan.channel:
            await db.write(_refused, plan, renderer, claimed.message.recipient, receipt.detail, now())

    return await deliver.deliver_due(
        db, channels, now, paces=paces, refused=refused, unsettled=unsettled, worker=worker
    )


def _prepare(tx: Connection, now: datetime) -> None:
    if dialect.is_shared(tx):
        outbox.recover(tx, now)


def _refused(tx: Connection, plan: Plan, renderer: Renderer, address: str, why: str, now: datetime) -> None:
    if recipients.refused(tx, address, why, now):
        reader = recipients.key(address)
        _log.warning("suspended", reader=reader, error=why)
        notices.tell(
            tx, plan, renderer, Notice("suspended", (f"{address}: {why}",), about=f"{reader}/{now:%Y-%m-%d}"), now
        )
