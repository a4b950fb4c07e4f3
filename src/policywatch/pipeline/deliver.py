"""Empties the outbox: claims what is due, tries once, records the answer and when to try again."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import logs
from policywatch.model import Channel, Outcome, Receipt
from policywatch.store import outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policywatch.store.db import Database

_log = logs.get("deliver")

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""Between tries; after them every hour."""
GIVE_UP = timedelta(hours=72)
CONFIG_WAIT = timedelta(minutes=10)
"""While the settings are at fault. Nothing is burnt: a restart with mended settings tries at once."""
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round came to."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    unknown: int = 0


async def deliver_due(
    db: Database,
    channels: Mapping[str, Channel],
    now: Callable[[], datetime],
    *,
    rng: random.Random | None = None,
) -> Delivered:
    """Tries every message that is due, several at once, until none is. Does not raise for a message."""
    jitter = rng or random.Random()  # noqa: S311  # spreads retries, no secret
    outcomes: Counter[Outcome] = Counter()
    stuck: set[str] = set()
    while True:
        claimed = await db.write(outbox.claim, now(), AT_ONCE)
        if not claimed:
            break
        results = await asyncio.gather(*(_deliver(db, channels, one, now, jitter, stuck) for one in claimed))
        outcomes.update(results)
    return Delivered(
        sent=outcomes[Outcome.SENT],
        retried=outcomes[Outcome.RETRY] + outcomes[Outcome.CONFIG],
        failed=outcomes[Outcome.FAILED],
        unknown=outcomes[Outcome.UNKNOWN],
    )


async def _deliver(
    db: Database,
    channels: Mapping[str, Channel],
    claimed: outbox.Claimed,
    now: Callable[[], datetime],
    rng: random.Random,
    stuck: set[str],
) -> Outcome:
    async def stage(name: str) -> None:
        # Durable before the step is taken: what a crash leaves behind says how far the mail may have got.
        await db.write(outbox.stage, claimed.id, claimed.attempt, name)

    channel = channels.get(claimed.channel)
    if channel is None:
        receipt = Receipt(Outcome.CONFIG, "claimed", detail=f"mail.kind is no longer {claimed.channel}")
    elif claimed.channel in stuck:
        # Its settings were just found at fault: the others would meet the same.
        receipt = Receipt(Outcome.CONFIG, "claimed", detail="the channel's settings are at fault")
    else:
        try:
            receipt = await channel.deliver(claimed.message, stage)
        except Exception as error:  # noqa: BLE001  # the guard of one message: the others go on
            _log.exception("a fault in the program", message=claimed.message.message_id)
            receipt = Receipt(Outcome.RETRY, "claimed", detail=f"policywatch itself failed: {error!r}")
    at = now()
    await db.write(
        outbox.settle,
        claimed.id,
        claimed.attempt,
        receipt,
        next_at=_next_at(claimed, receipt, at, rng),
        at=at,
    )
    line = {
        "to": claimed.message.recipient,
        "outcome": receipt.outcome.value,
        "stage": receipt.stage,
        "attempt": claimed.attempt,
    }
    if receipt.outcome is Outcome.SENT:
        _log.info("delivered", **line)
    elif receipt.outcome is not Outcome.CONFIG:
        _log.warning("not delivered", **line, detail=receipt.detail)
    elif claimed.channel not in stuck:
        stuck.add(claimed.channel)
        _log.error("mail cannot leave: change the settings under mail", **line, detail=receipt.detail)
    return receipt.outcome


def _next_at(claimed: outbox.Claimed, receipt: Receipt, at: datetime, rng: random.Random) -> datetime | None:
    """When to try again; None to give up."""
    if receipt.outcome is Outcome.CONFIG:
        return at + CONFIG_WAIT
    if receipt.outcome is Outcome.UNKNOWN:
        return at + WAITS[0]
    if receipt.outcome is not Outcome.RETRY or at - claimed.created_at >= GIVE_UP:
        return None
    wait = WAITS[min(claimed.retries, len(WAITS) - 1)]
    return at + wait * rng.uniform(0.8, 1.2)
