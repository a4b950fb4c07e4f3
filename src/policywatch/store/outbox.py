"""The outbox: one row for each mail and recipient, from the slot that made it to the server's answer.

States: pending and retry wait; sending is under way; sent was taken; failed was refused or given up; unknown may have
arrived; withheld was not sent because its reader wants none; dropped was thrown away by hand; merged is an alert that
came too late and stands in the next digest (store/alerts.py); held is a draft that waits for its reviewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, text

from policywatch.model import EVERY_DOMAIN, Message, Outcome, Receipt
from policywatch.store import dialect, recipients, values, workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row

    from policywatch.model import Pace

IN_DOUBT = ("dot", "reply")
"""Stages after which the server may have the mail though nothing says so."""
MAX_AMBIGUOUS = 2
"""A mail in doubt is sent once more; in doubt again it is parked for somebody to look at."""
LEASE = timedelta(minutes=15)
"""After which another process takes up what one was sending: longer than a server may think about a final dot."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process, and no other, may try to deliver now."""

    id: int
    attempt: int
    """Fences the answer: a settle with another number is too late and does nothing."""
    message: Message
    channel: str
    retries: int
    """Failed tries before this one."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox as a person wants to see it."""

    id: int
    subscription: str
    channel: str
    recipient: str
    subject: str
    state: str
    attempts: int
    stage: str
    last_error: str
    next_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    message_id: str
    is_in_doubt: bool
    """A try was cut off after the final dot: the mail may have arrived."""


def add(tx: Connection, run_id: int, messages: Sequence[Message], channel: str, at: datetime) -> None:
    """Puts the mails of a run into the outbox, due at once; one that is there stays as it is."""
    if messages:
        tx.execute(
            text(
                """
                INSERT INTO message
                    (run_id, recipient, channel, message_id, subject, state, next_at, created_at, reader, domain)
                VALUES (:run, :recipient, :channel, :message_id, :subject, 'pending', :at, :at, :reader, :domain)
                ON CONFLICT DO NOTHING
                """
            ),
            [
                {
                    "run": run_id,
                    "recipient": message.recipient,
                    "channel": channel,
                    "message_id": message.message_id,
                    "subject": message.subject,
                    "at": values.micros(at),
                    "reader": recipients.key(message.recipient) if "@" in message.recipient else "",
                    "domain": message.recipient.strip().lower().rpartition("@")[2] if "@" in message.recipient else "",
                }
                for message in messages
            ],
        )
        tx.execute(
            text(
                "INSERT INTO message_content (id, content) SELECT id, :content FROM message "
                "WHERE message_id = :message_id ON CONFLICT (id) DO NOTHING"
            ),
            [{"message_id": message.message_id, "content": message.content} for message in messages],
        )


def claim(
    tx: Connection,
    now: datetime,
    limit: int = 20,
    *,
    under_way: Mapping[str, int] | None = None,
    paces: Mapping[str, Mapping[str, Pace]] | None = None,
    worker: str | None = None,
) -> list[Claimed]:
    """Takes messages that are due, oldest first; each is this process's (`worker`) until it settles.

    At most `limit` of a channel, those `under_way` counted; of a domain no more than its pace leaves room for. Those
    whose reader wants none are withheld instead.
    """
    due: dict[str, set[str]] = {}
    rows = tx.execute(
        text("SELECT DISTINCT channel, domain FROM message WHERE state IN ('pending', 'retry') AND next_at <= :now"),
        {"now": values.micros(now)},
    )
    for row in rows:
        due.setdefault(row.channel, set()).add(row.domain)
    taken: list[Row[Any]] = []
    for channel, domains in sorted(due.items()):
        room = limit - (under_way or {}).get(channel, 0)
        taken += _of_channel(tx, channel, domains, now, room, (paces or {}).get(channel, {}), worker)
    barred = recipients.withheld(tx, [(row.id, row.subscription, row.reader) for row in taken], now)
    _withhold(tx, barred, now)
    return [
        Claimed(
            row.id,
            row.attempts,
            Message(row.recipient, row.message_id, row.subject, bytes(row.content)),
            row.channel,
            row.retries,
            values.required(row.created_at),
        )
        for row in sorted(taken, key=lambda row: (row.created_at, row.id))
        if row.id not in barred
    ]


def _of_channel(
    tx: Connection,
    channel: str,
    domains: set[str],
    now: datetime,
    room: int,
    paces: Mapping[str, Pace],
    worker: str | None,
) -> list[Row[Any]]:
    overall = paces.get(EVERY_DOMAIN)
    if overall is not None:
        room = min(room, _left(tx, channel, None, overall, now))
    taken: list[Row[Any]] = []
    for domain in sorted(domains & set(paces)):
        left = min(room - len(taken), _left(tx, channel, domain, paces[domain], now))
        taken += _take(tx, channel, [domain], now, left, worker)
    return taken + _take(tx, channel, sorted(domains - set(paces)), now, room - len(taken), worker)


def _left(tx: Connection, channel: str, domain: str | None, pace: Pace, now: datetime) -> int:
    """How many more may be tried now; what was tried is read from the store, whichever process tried it."""
    only = "" if domain is None else " AND domain = :domain"
    tried: int = tx.execute(
        text(f"SELECT count(*) FROM message WHERE channel = :channel AND claimed_at > :since{only}"),  # noqa: S608
        {"channel": channel, "since": values.micros(now - pace.span)} | ({"domain": domain} if domain else {}),
    ).scalar_one()
    return pace.count - tried


def _take(
    tx: Connection, channel: str, domains: Sequence[str], now: datetime, limit: int, worker: str | None
) -> list[Row[Any]]:
    if limit <= 0 or not domains:
        return []
    statement = f"""
        UPDATE message SET state = 'sending', attempts = attempts + 1, stage = 'claimed', claimed_at = :now,
            claimed_by = :worker
        WHERE id IN (SELECT id FROM message
                     WHERE state IN ('pending', 'retry') AND next_at <= :now AND channel = :channel
                         AND domain IN :domains
                     ORDER BY created_at, id LIMIT :limit{dialect.skip_locked(tx)})
        RETURNING id, attempts, recipient, message_id, subject, channel, retries, created_at, reader,
            (SELECT content FROM message_content WHERE message_content.id = message.id) AS content,
            (SELECT subscription FROM digest_run WHERE digest_run.id = message.run_id) AS subscription
        """  # noqa: S608  # words of our own
    return list(
        tx.execute(
            text(statement).bindparams(bindparam("domains", expanding=True)),
            {"now": values.micros(now), "channel": channel, "domains": list(domains), "limit": limit, "worker": worker},
        ).all()
    )


def _withhold(tx: Connection, barred: Mapping[int, str], now: datetime) -> None:
    if barred:
        tx.execute(
            text(
                "UPDATE message SET state = 'withheld', next_at = NULL, claimed_at = NULL, settled_at = :now, "
                "last_error = :why WHERE id = :id"
            ),
            [{"id": mail, "why": why, "now": values.micros(now)} for mail, why in barred.items()],
        )


_STAGE = text(
    "UPDATE message SET stage = :stage, claimed_at = coalesce(:at, claimed_at) "
    "WHERE id = :id AND attempts = :attempt AND state = 'sending'"
)


def stage(tx: Connection, message: int, attempt: int, name: str, at: datetime | None = None) -> bool:
    """Records how far a try has got, and renews its lease; false when the try is no longer ours."""
    return bool(
        tx.execute(
            _STAGE,
            {"stage": name, "id": message, "attempt": attempt, "at": values.micros(at)},
        ).rowcount
    )


def settle(
    tx: Connection, message: int, attempt: int, receipt: Receipt, *, next_at: datetime | None, at: datetime
) -> bool:
    """Records what became of a try; false when it is no longer ours.

    `next_at` is when a RETRY, CONFIG or first UNKNOWN may be tried again; without it the message is given up.
    CONFIG burns no retry. An UNKNOWN that was in doubt before is parked.
    """
    if receipt.outcome is Outcome.SENT:
        return _sent(tx, message, attempt, receipt, at)
    row = tx.execute(
        text("SELECT ambiguous FROM message WHERE id = :id AND attempts = :attempt AND state = 'sending'"),
        {"id": message, "attempt": attempt},
    ).first()
    if row is None:
        return False
    ambiguous = row.ambiguous + (receipt.outcome is Outcome.UNKNOWN)
    state = {
        Outcome.FAILED: "failed",
        Outcome.RETRY: "retry" if next_at else "failed",
        Outcome.CONFIG: "retry" if next_at else "failed",
        Outcome.UNKNOWN: "retry" if next_at and ambiguous < MAX_AMBIGUOUS else "unknown",
    }[receipt.outcome]
    tx.execute(
        text(
            """
            UPDATE message SET state = :state, stage = :stage, last_error = :error, ambiguous = :ambiguous,
                retries = retries + :burnt, next_at = :next, settled_at = :settled, is_held = :held
            WHERE id = :id AND attempts = :attempt
            """
        ),
        {
            "state": state,
            "stage": receipt.stage,
            "error": receipt.detail[:1000],
            "ambiguous": ambiguous,
            "burnt": int(receipt.outcome in {Outcome.RETRY, Outcome.UNKNOWN}),
            "next": values.micros(next_at) if state == "retry" else None,
            "settled": None if state == "retry" else values.micros(at),
            "held": int(state == "retry" and receipt.outcome is Outcome.CONFIG),
            "id": message,
            "attempt": attempt,
        },
    )
    return True


_SENT = text(
    """
    UPDATE message SET state = 'sent', stage = :stage, last_error = '', next_at = NULL, settled_at = :at, is_held = 0
    WHERE id = :id AND attempts = :attempt AND state = 'sending'
    RETURNING reader, EXISTS (SELECT 1 FROM refusal WHERE refusal.reader = message.reader) AS was_refused
    """
)


def _sent(tx: Connection, message: int, attempt: int, receipt: Receipt, at: datetime) -> bool:
    """In one statement: nearly every try ends so."""
    row = tx.execute(
        _SENT, {"stage": receipt.stage, "at": values.micros(at), "id": message, "attempt": attempt}
    ).first()
    if row is not None and row.was_refused:
        recipients.taken(tx, row.reader)
    return row is not None


def hasten(tx: Connection, channel: str, now: datetime) -> int:
    """Makes due what waits only because no connection could be had: now there is one, and the oldest go first."""
    return tx.execute(
        text(
            "UPDATE message SET next_at = :now "
            "WHERE state = 'retry' AND channel = :channel AND stage = 'connect' AND is_held = 0 AND next_at > :now"
        ),
        {"channel": channel, "now": values.micros(now)},
    ).rowcount


_ORPHANED = """ AND (claimed_at <= :before OR (claimed_by IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM worker WHERE worker.id = claimed_by AND worker.seen_at >= :present)))"""


def recover(tx: Connection, now: datetime) -> list[int]:
    """Takes up what a process that died was sending, and gives the ids.

    A try that had not sent its final dot is simply tried again. One that had is in doubt: it is sent once more under
    the same Message-ID, and parked as unknown when that happens twice. Where other processes may be at work, only what
    belongs to one that is gone is taken up, and what nobody has moved for a quarter of an hour.
    """
    is_shared = dialect.is_shared(tx)
    rows = tx.execute(
        text(
            "SELECT id, stage, ambiguous FROM message WHERE state = 'sending'"  # noqa: S608  # words of our own
            f"{_ORPHANED if is_shared else ''} ORDER BY id{dialect.skip_locked(tx)}"
        ),
        {"before": values.micros(now - LEASE), "present": workers.since(tx)} if is_shared else {},
    ).all()
    for row in rows:
        ambiguous = row.ambiguous + (row.stage in IN_DOUBT)
        is_parked = ambiguous >= MAX_AMBIGUOUS
        tx.execute(
            text(
                """
                UPDATE message SET state = :state, ambiguous = :ambiguous, next_at = :next, settled_at = :settled,
                    last_error = :error
                WHERE id = :id
                """
            ),
            {
                "state": "unknown" if is_parked else "retry",
                "ambiguous": ambiguous,
                "next": None if is_parked else values.micros(now),
                "settled": values.micros(now) if is_parked else None,
                "error": f"the process ended at stage {row.stage}",
                "id": row.id,
            },
        )
    # Those that the settings held back: perhaps they were mended before this start.
    tx.execute(
        text("UPDATE message SET next_at = :now WHERE state = 'retry' AND is_held = 1"), {"now": values.micros(now)}
    )
    return [row.id for row in rows]


def counts(tx: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    rows = tx.execute(text("SELECT state, count(*) AS number FROM message GROUP BY state ORDER BY state"))
    return {row.state: row.number for row in rows}


_SHOWN = """
    SELECT message.id, digest_run.subscription, channel, recipient, subject, message.state, attempts, stage, last_error,
        next_at, message.created_at, settled_at, message_id, ambiguous
    FROM message JOIN digest_run ON digest_run.id = message.run_id
    """


def recent(tx: Connection, limit: int = 50, states: Sequence[str] = ()) -> list[Waiting]:
    """The newest messages, or those in the given states; those in trouble first."""
    only = "WHERE message.state IN :states" if states else ""
    statement = text(
        f"{_SHOWN} {only} ORDER BY CASE WHEN message.state IN ('failed', 'unknown', 'retry') THEN 0 ELSE 1 END, "
        "message.id DESC LIMIT :limit"
    )
    if states:
        statement = statement.bindparams(bindparam("states", expanding=True))
    return _shown(tx.execute(statement, {"limit": limit} | ({"states": list(states)} if states else {})))


def find(tx: Connection, message: int) -> tuple[Waiting, bytes] | None:
    """A message and its content, which is empty once its reader was forgotten; None when there is none."""
    found = _shown(tx.execute(text(f"{_SHOWN} WHERE message.id = :id"), {"id": message}))
    if not found:
        return None
    content = tx.execute(text("SELECT content FROM message_content WHERE id = :id"), {"id": message}).scalar()
    return found[0], bytes(content or b"")


def again(tx: Connection, message: int, message_id: str, content: bytes, now: datetime) -> bool:
    """Makes a message due at once, as a new one; false when it is being sent right now."""
    is_due = tx.execute(
        text(
            """
            UPDATE message SET state = 'pending', next_at = :now, created_at = :now, settled_at = NULL, retries = 0,
                ambiguous = 0, stage = '', last_error = '', is_held = 0, message_id = :message_id
            WHERE id = :id AND state <> 'sending'
            """
        ),
        {"id": message, "now": values.micros(now), "message_id": message_id},
    ).rowcount
    if is_due:
        tx.execute(
            text("UPDATE message_content SET content = :content WHERE id = :id"), {"id": message, "content": content}
        )
    return bool(is_due)


def drop(tx: Connection, message: int, now: datetime) -> bool:
    """Throws a message that was not sent away; false when it was sent or is being sent."""
    return bool(
        tx.execute(
            text(
                "UPDATE message SET state = 'dropped', next_at = NULL, settled_at = :now "
                "WHERE id = :id AND state NOT IN ('sending', 'sent', 'dropped')"
            ),
            {"id": message, "now": values.micros(now)},
        ).rowcount
    )


def settings_fault(tx: Connection) -> str:
    """What the settings of a channel are at fault in, as long as mail is held back by it; else empty."""
    found = tx.execute(
        text("SELECT last_error FROM message WHERE state = 'retry' AND is_held = 1 ORDER BY claimed_at DESC LIMIT 1")
    ).scalar()
    return found or ""


def in_doubt(tx: Connection) -> int:
    """Tries of which nobody knows whether they arrived, ever."""
    return int(tx.execute(text("SELECT coalesce(sum(ambiguous), 0) FROM message")).scalar_one())


def _shown(rows: Iterable[Row[Any]]) -> list[Waiting]:
    return [
        Waiting(
            id=row.id,
            subscription=row.subscription,
            channel=row.channel,
            recipient=row.recipient,
            subject=row.subject,
            state=row.state,
            attempts=row.attempts,
            stage=row.stage,
            last_error=row.last_error,
            next_at=values.moment(row.next_at),
            created_at=values.required(row.created_at),
            settled_at=values.moment(row.settled_at),
            message_id=row.message_id,
            is_in_doubt=row.ambiguous > 0,
        )
        for row in rows
    ]


def is_any_due(tx: Connection, now: datetime) -> bool:
    """Whether a message may be tried now."""
    found = tx.execute(
        text("SELECT 1 FROM message WHERE state IN ('pending', 'retry') AND next_at <= :now LIMIT 1"),
        {"now": values.micros(now)},
    )
    return found.first() is not None


def oldest_waiting(tx: Connection) -> datetime | None:
    """When the oldest message that still waits was made."""
    found = tx.execute(
        text("SELECT min(created_at) FROM message WHERE state IN ('pending', 'retry', 'sending')")
    ).scalar()
    return values.moment(found)
