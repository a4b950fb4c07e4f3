"""The outbox and the readers by hand; also beside a running service."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from policywatch import bootstrap, errors
from policywatch.digests import mail
from policywatch.store import outbox, recipients
from policywatch.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policywatch.config import Config
    from policywatch.store.outbox import Waiting

STATES = ("pending", "sending", "retry", "sent", "failed", "unknown", "withheld", "merged", "dropped")


@contextmanager
def _database(config: Config) -> Iterator[Database]:
    db = Database.open_beside(bootstrap.database(config))
    try:
        yield db
    finally:
        db.close()


def listed(config: Config, states: Sequence[str], limit: int) -> list[str]:
    """Messages in lines, those in trouble first."""
    unknown = [state for state in states if state not in STATES]
    if unknown:
        raise errors.PolicywatchError(f"no state {unknown[0]!r}; there are: {', '.join(STATES)}")
    with _database(config) as db:
        rows = db.read_now(outbox.recent, limit, states)
    return [_line(row, config) for row in rows] or ["nothing there"]


def shown(config: Config, number: int) -> list[str]:
    """Everything about one message."""
    with _database(config) as db:
        row, content = _found(db, number)
    zone = config.timezone
    moments = {"made": row.created_at, "next try": row.next_at, "ended": row.settled_at}
    lines = [
        f"{row.id}  {row.state}  {row.subscription}  by {row.channel} to {row.recipient}",
        f"subject: {row.subject}",
        f"message-id: {row.message_id}, {len(content)} bytes",
        f"tries: {row.attempts}, last stage: {row.stage or 'none'}",
        *(f"{name}: {at.astimezone(zone):%Y-%m-%d %H:%M %Z}" for name, at in moments.items() if at is not None),
    ]
    if row.last_error:
        lines.append(f"why: {row.last_error}")
    if row.is_in_doubt:
        lines.append("it may have arrived: a try was cut off after the whole mail was sent")
    return lines


def again(config: Config, numbers: Sequence[int]) -> list[str]:
    """Makes messages due at once. One that may have been received before gets a Message-ID of its own."""
    lines = []
    with _database(config) as db:
        for number in numbers:
            row, content = _found(db, number)
            if not content:
                raise errors.PolicywatchError(f"message {number} was erased with its reader; it cannot be sent again")
            message_id = row.message_id
            if row.state not in {"pending", "retry", "withheld"} or row.is_in_doubt:
                message_id = mail.resent_id(row.message_id)
                content = mail.renamed(content, row.message_id, message_id)
            if not db.write_now(outbox.again, number, message_id, content, bootstrap.now()):
                raise errors.PolicywatchError(f"message {number} is being sent right now; look again in a minute")
            lines.append(f"{number}: due now, as {message_id}")
    return [*lines, "the running service sends it within seconds; without one: policywatch deliver"]


def dropped(config: Config, numbers: Sequence[int]) -> list[str]:
    """Throws messages away that were not sent."""
    lines = []
    with _database(config) as db:
        for number in numbers:
            row, _ = _found(db, number)
            if not db.write_now(outbox.drop, number, bootstrap.now()):
                raise errors.PolicywatchError(f"message {number} is {row.state}; only what was not sent can be dropped")
            lines.append(f"{number}: dropped")
    return lines


def readers(config: Config) -> list[str]:
    """Who gets what, and who does not any more, in lines."""
    now = bootstrap.now()
    with _database(config) as db:
        barred = {one.reader: one for one in db.read_now(recipients.suspended)}
        lines = []
        for subscription in config.subscriptions:
            for to in subscription.recipients(config.language):
                reader = db.read_now(recipients.state_of, subscription.id, to.address, now)
                state = reader.state
                if reader.until is not None:
                    state += f" until {reader.until.astimezone(config.timezone):%Y-%m-%d}"
                one = barred.get(reader.reader)
                lines.append(f"{subscription.id}  {to.address}  {f'{one.kind}: {one.reason}' if one else state}")
    known = {recipients.key(to.address) for spec in config.subscriptions for to in spec.recipients(config.language)}
    lines += [f"-  {one.address}  {one.reason}" for one in barred.values() if one.address and one.reader not in known]
    return lines or ["no subscription has a recipient"]


def set_reader(config: Config, address: str, subscription: str | None, state: str) -> list[str]:
    """Stops a reader's mails by hand: of one subscription, or of all that name the address."""
    named = [spec.id for spec in config.subscriptions if _is_named(config, spec.id, address)]
    wanted = [subscription] if subscription is not None else named
    if not wanted or (subscription is not None and subscription not in named):
        where = f"subscription {subscription!r}" if subscription is not None else "any subscription"
        raise errors.PolicywatchError(f"{address} does not stand under `to` of {where}")
    with _database(config) as db:
        for one in wanted:
            db.write_now(recipients.decide, one, recipients.key(address), state, None, bootstrap.now())
    return [f"{one}: {address} is {state}" for one in wanted]


def resumed(config: Config, address: str) -> list[str]:
    """Mails an address again that was suspended, forgotten, paused or stopped."""
    with _database(config) as db:
        found = db.write_now(recipients.resume, address, bootstrap.now())
    if not found:
        return [f"{address} was mailed all along; nothing changed"]
    return [f"{address} is mailed again (was held back by: {', '.join(found)})"]


def forgotten(config: Config, address: str) -> list[str]:
    """Erases a recipient everywhere, and says what is left to do."""
    with _database(config) as db:
        erased = db.write_now(recipients.forget, address, bootstrap.now())
    named = [spec.id for spec in config.subscriptions if _is_named(config, spec.id, address)]
    lines = [
        f"erased: {erased['mails']} mails, {erased['verdict']} verdicts, {erased['reader']} decisions",
        "a hash of the address is kept, so that it is not mailed again; `policywatch readers resume` takes it back",
    ]
    if named:
        lines.append(f"it still stands under `to` of {', '.join(named)}; remove it there")
    lines.append("not reached from here: mails that were delivered, backups, and files of `kind: maildir` or `file`")
    return lines


def verdicts(config: Config) -> list[str]:
    """What readers said does not belong to a watch-list, with the terms that brought it there."""
    with _database(config) as db:
        found = db.read_now(recipients.disliked)
    lines = []
    for one in found:
        terms = ", ".join(one.evidence) or "no longer matched"
        who = "1 reader" if one.readers == 1 else f"{one.readers} readers"
        lines += [f"{one.watchlist}: {one.title}", f"    {who}; matched by: {terms}; {one.url}"]
    return lines or ["no reader has said so yet"]


def _found(db: Database, number: int) -> tuple[Waiting, bytes]:
    found = db.read_now(outbox.find, number)
    if found is None:
        raise errors.PolicywatchError(f"no message {number}; `policywatch outbox list` shows them")
    return found


def _is_named(config: Config, subscription: str, address: str) -> bool:
    wanted = recipients.key(address)
    spec = next(one for one in config.subscriptions if one.id == subscription)
    return any(recipients.key(to.address) == wanted for to in spec.recipients(config.language))


def _line(row: Waiting, config: Config) -> str:
    at = row.settled_at or row.created_at
    why = f"  {row.last_error}" if row.last_error else ""
    when = f"{at.astimezone(config.timezone):%m-%d %H:%M}"
    return f"{row.id}  {row.state}  {when}  {row.recipient}  {row.subject}{why}"
