"""Empties the outbox: claims what is due, tries each message once, records the answer and when to try again.

What is recorded durably, and why: the claim (no other process sends the message), the stage `dot` before the content
leaves (from there on the server may have it), and the receipt. The stages before `dot` are not worth a disk flush each:
after a crash in any of them the message was not handed over, and it is simply tried again.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import errors, logs
from policywatch.model import Channel, Outcome, Receipt
from policywatch.store import outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from policywatch.model import Pace
    from policywatch.store.db import Database

_log = logs.get("deliver")

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""Between tries; after them every hour."""
GREYLISTING = timedelta(minutes=5)
CONNECT_WAIT = timedelta(minutes=5)
"""At most, while no connection can be had: one try answers for all that wait, so asking often costs little, and what
gathered during an outage leaves within minutes of its end."""
GIVE_UP = timedelta(hours=72)
"""After which a message that is refused again is a dead letter."""
LEAST_TRIES = len(WAITS) + 1
"""Made all the same when a message is old because the machine was off or the settings were at fault for days."""
CONFIG_WAIT = timedelta(minutes=10)
"""While the settings are at fault. Nothing is burnt: a restart with mended settings tries at once."""
UNKNOWN_WAIT = timedelta(minutes=1)
AT_ONCE = 20
"""Of each channel, so that a slow one holds back no other."""
LOOK_AGAIN_SECONDS = 5.0
"""While a server is slow to answer, mail that comes due meanwhile is not held back."""
_REFUSED = 500
"""Codes from here on refuse for good; a mail that was given up after many 4yz was not."""
SETTLE_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between tries to record a receipt: lost, a mail that was sent would be sent again."""
STOP_SECONDS = 0.7
"""What a message whose content has left gets, at a stop, to hear the server's answer."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round came to, in tries."""

    sent: int = 0
    retried: int = 0
    """Refused for now, or held back by settings at fault: will be tried again."""
    failed: int = 0
    """Refused for good, or given up: dead letters, kept in the outbox."""
    unknown: int = 0
    """The link died after the final dot. Sent once more under the same Message-ID, then parked."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The answer to a try that the database could not take: kept, since without it the mail would be sent again."""

    claimed: outbox.Claimed
    receipt: Receipt
    next_at: datetime | None


@dataclass(slots=True)
class _Round:
    """One call of `deliver_due`."""

    db: Database
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]
    rng: random.Random
    refused: Callable[[outbox.Claimed, Receipt], Awaitable[None]] | None
    unsettled: list[Unsettled]
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    at_fault: set[str] = field(default_factory=set)
    """Channels that said CONFIG: the operator is told once, and the others of the round are not tried."""
    reached: set[str] = field(default_factory=set)
    """Channels that took a message: what waited for a connection is due."""
    stages: dict[int, str] = field(default_factory=dict)
    """How far each message under way has got."""


class _NotOursError(Exception):
    """Another process has taken the message over."""


async def deliver_due(
    db: Database,
    channels: Mapping[str, Channel],
    now: Callable[[], datetime],
    *,
    limit: int = AT_ONCE,
    rng: random.Random | None = None,
    paces: Mapping[str, Mapping[str, Pace]] | None = None,
    refused: Callable[[outbox.Claimed, Receipt], Awaitable[None]] | None = None,
    unsettled: list[Unsettled] | None = None,
    worker: str | None = None,
) -> Delivered:
    """Tries every message that is due and that `paces` leave room for, oldest first, until none is.

    Up to `limit` of a channel are tried at once. `refused` hears of each message that a server refused for good. In
    `unsettled` stand the answers that an earlier round could not record: they are recorded before anything is tried.

    `worker` names this process in a shared database.

    Does not raise for a message; raises StoreError when the database fails, after the messages under way have ended.
    When cancelled, gives those whose content has left a moment to hear the answer, so that a stop doubles no mail.
    """
    rng = rng or random.Random()  # noqa: S311  # spreads retries, no secret
    run = _Round(db, channels, now, rng, refused, [] if unsettled is None else unsettled)
    while run.unsettled:
        late = run.unsettled[0]
        await db.write(
            outbox.settle, late.claimed.id, late.claimed.attempt, late.receipt, next_at=late.next_at, at=now()
        )
        del run.unsettled[0]
    under_way: dict[asyncio.Task[None], outbox.Claimed] = {}
    failure: BaseException | None = None
    # Messages are claimed by the handful: a claim for each that ends costs as much as sending one.
    enough, is_worth_a_claim = limit - max(1, limit // 2), True
    try:
        while True:
            busy = Counter(one.channel for one in under_way.values())
            if failure is None and is_worth_a_claim:
                try:
                    claimed = await db.write(outbox.claim, now(), limit, under_way=busy, paces=paces, worker=worker)
                except errors.StoreError as error:
                    failure, claimed = error, []
                for one in claimed:
                    run.stages[one.id] = "claimed"
                    under_way[asyncio.create_task(_deliver(run, one), name=f"deliver-{one.id}")] = one
            if not under_way:
                break
            done, _ = await asyncio.wait(under_way, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            ended = set()
            for task in done:
                one = under_way.pop(task)
                ended.add(one.channel)
                run.stages.pop(one.id)
                failure = failure or (None if task.cancelled() else task.exception())
            left = Counter(one.channel for one in under_way.values())
            is_worth_a_claim = not done or any(left[channel] <= enough for channel in ended)
    except asyncio.CancelledError:
        await _wind_down({task: one.id for task, one in under_way.items()}, run.stages)
        raise
    if failure is not None:
        raise failure
    return Delivered(
        sent=run.outcomes[Outcome.SENT],
        retried=run.outcomes[Outcome.RETRY] + run.outcomes[Outcome.CONFIG],
        failed=run.outcomes[Outcome.FAILED],
        unknown=run.outcomes[Outcome.UNKNOWN],
    )


async def _deliver(run: _Round, claimed: outbox.Claimed) -> None:
    started = asyncio.get_running_loop().time()
    try:
        receipt = await _receipt(run, claimed)
    except _NotOursError:
        _log.warning("taken over by another process", message=claimed.id)
        return
    run.stages[claimed.id] = "settle"
    receipt, next_at = decide(receipt, claimed.retries, claimed.created_at, run.now(), run.rng)
    await _settle(run, claimed, receipt, next_at)
    run.outcomes[receipt.outcome] += 1
    if receipt.outcome is Outcome.SENT and claimed.channel not in run.reached:
        run.reached.add(claimed.channel)
        await run.db.write(outbox.hasten, claimed.channel, run.now())
    if receipt.outcome is Outcome.FAILED and receipt.code is not None and receipt.code >= _REFUSED and run.refused:
        await run.refused(claimed, receipt)
    secs = round(asyncio.get_running_loop().time() - started, 2)
    _tell(run, claimed, receipt, next_at, secs)


async def _receipt(run: _Round, claimed: outbox.Claimed) -> Receipt:
    channel = run.channels.get(claimed.channel)
    if channel is None:
        kind = claimed.channel.partition("-")[0]
        what = f"this was made for a channel (`kind: {kind}`) that the configuration no longer has as it was"
        return Receipt(Outcome.CONFIG, "claimed", detail=what)
    if claimed.channel in run.at_fault:
        return Receipt(Outcome.CONFIG, "claimed", detail="not tried: the settings of this channel were just refused")

    async def record(stage: str) -> None:
        if stage == "dot" and not await run.db.write(outbox.stage, claimed.id, claimed.attempt, stage, run.now()):
            raise _NotOursError
        run.stages[claimed.id] = stage

    try:
        return await channel.deliver(claimed.message, record)
    except _NotOursError:
        raise
    except errors.StoreError as error:
        # The stage could not be recorded, so the step was not taken.
        return Receipt(Outcome.RETRY, run.stages[claimed.id], detail=str(error))
    except Exception as error:  # noqa: BLE001  # the guard of one message: the others go on
        _log.exception("a fault in the program", message=claimed.id, channel=claimed.channel)
        stage = run.stages[claimed.id]
        outcome = Outcome.UNKNOWN if stage == "dot" else Outcome.RETRY
        return Receipt(outcome, stage, detail=f"policywatch itself failed: {error!r}")


def decide(
    receipt: Receipt, retries: int, created_at: datetime, at: datetime, rng: random.Random
) -> tuple[Receipt, datetime | None]:
    """What to record of a try, and when the next one is due; None when there is none.

    `retries` counts the failed tries before this one. A RETRY after 72 hours becomes FAILED.
    """
    if receipt.outcome is Outcome.CONFIG:
        return receipt, at + CONFIG_WAIT
    if receipt.outcome is Outcome.UNKNOWN:
        return receipt, at + UNKNOWN_WAIT
    if receipt.outcome is not Outcome.RETRY:
        return receipt, None
    tries = retries + 1
    if at - created_at >= GIVE_UP and tries >= LEAST_TRIES:
        hours = GIVE_UP // timedelta(hours=1)
        given_up = f"given up after {hours} hours and {tries} tries; the last: {receipt.detail}"
        return replace(receipt, outcome=Outcome.FAILED, detail=given_up), None
    wait = WAITS[min(retries, len(WAITS) - 1)]
    if receipt.stage == "connect":
        wait = min(wait, CONNECT_WAIT)
    # Spread by a fifth either way, so that mails which failed together do not come back together. Only the wait that
    # outlasts greylisting never shrinks: a try some seconds too early would cost another quarter of an hour.
    return receipt, at + wait * rng.uniform(1.0 if wait == GREYLISTING else 0.8, 1.2)


async def _settle(run: _Round, claimed: outbox.Claimed, receipt: Receipt, next_at: datetime | None) -> None:
    for wait in (*SETTLE_WAITS, None):
        try:
            is_ours = await run.db.write(
                outbox.settle, claimed.id, claimed.attempt, receipt, next_at=next_at, at=run.now()
            )
        except errors.StoreError as error:
            if wait is None:
                run.unsettled.append(Unsettled(claimed, receipt, next_at))
                raise
            _log.warning("the answer cannot be recorded yet", message=claimed.id, error=str(error))
            await asyncio.sleep(wait)
        else:
            if not is_ours:
                _log.warning("settled by another process before", message=claimed.id)
            return


async def _wind_down(under_way: Mapping[asyncio.Task[None], int], stages: Mapping[int, str]) -> None:
    """Stops at once what was not handed over yet; lets the rest end."""
    for task, message in under_way.items():
        if stages[message] not in {"dot", "settle"}:
            task.cancel()
    if under_way:
        _, late = await asyncio.wait(under_way, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _tell(run: _Round, claimed: outbox.Claimed, receipt: Receipt, next_at: datetime | None, secs: float) -> None:
    # No address: a log outlives the reader's wish to be forgotten. The outbox names whom the number means.
    line = {
        "message": claimed.id,
        "channel": claimed.channel,
        "status": receipt.outcome.value,
        "stage": receipt.stage,
        "attempt": claimed.attempt,
        "secs": secs,
    }
    if receipt.outcome is Outcome.RETRY and next_at is not None:
        line["next"] = next_at.isoformat(timespec="seconds")
    if receipt.outcome is Outcome.SENT:
        _log.info("delivered", **line)
    elif receipt.outcome is not Outcome.CONFIG:
        _log.warning("not delivered", **line, error=receipt.detail)
    elif claimed.channel not in run.at_fault:
        run.at_fault.add(claimed.channel)
        _log.error("mail cannot leave: change the settings of its channel", **line, error=receipt.detail)
