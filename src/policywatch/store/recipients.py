"""Readers: what they decided by the links in their mails, and which addresses are mailed no longer.

An address stands here as a hash, so that what must be remembered of somebody (do not mail) can be kept without it. The
hash has no key: it still fits after a restored backup or a lost secret.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter

MAX_REFUSALS = 3
"""Permanent failures, with no mail taken in between, after which an address is suspended."""
REFUSALS_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose link was opened, and what he decided so far."""

    subscription: str
    reader: str
    state: str
    """active, paused or stopped; a pause that is over is active."""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suspended:
    """An address that is mailed no longer."""

    reader: str
    kind: str
    """suspended or forgotten."""
    address: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Disliked:
    """A story that readers said does not belong to a watch-list."""

    watchlist: str
    story_id: int
    title: str
    url: str
    evidence: tuple[str, ...]
    """The terms that matched."""
    readers: int
    at: datetime


def key(address: str) -> str:
    """The hash under which an address is remembered."""
    return hashlib.blake2b(address.strip().lower().encode(), digest_size=16, person=b"policywatch").hexdigest()


def signing_key(tx: Connection) -> str:
    """What the links of this database are made with; made when it is first asked for."""
    ask = text("SELECT value FROM secret WHERE name = 'links'")
    found = tx.execute(ask).scalar()
    if found is None:
        tx.execute(
            text("INSERT INTO secret (name, value) VALUES ('links', :value) ON CONFLICT (name) DO NOTHING"),
            {"value": secrets.token_hex(32)},
        )
        found = tx.execute(ask).scalar_one()
    return str(found)


def know(tx: Connection, subscription: str, readers: Iterable[tuple[str, str]], now: datetime) -> None:
    """Makes the (address, token) of readers known, so that their links open. Decisions stay as they are."""
    rows = [
        {"subscription": subscription, "reader": key(address), "token": _hashed(token), "now": values.micros(now)}
        for address, token in readers
    ]
    if rows:
        tx.execute(
            text(
                """
                INSERT INTO reader (subscription, reader, token, state, until_at, changed_at)
                VALUES (:subscription, :reader, :token, 'active', NULL, :now)
                ON CONFLICT (subscription, reader) DO UPDATE SET token = excluded.token
                    WHERE reader.token <> excluded.token
                """
            ),
            rows,
        )


def opened_by(tx: Connection, token: str, now: datetime) -> Reader | None:
    """Whose token it is; None for one that was never given out."""
    row = tx.execute(
        text("SELECT subscription, reader, state, until_at FROM reader WHERE token = :token"), {"token": _hashed(token)}
    ).first()
    return None if row is None else _reader(row.subscription, row.reader, row.state, row.until_at, now)


def state_of(tx: Connection, subscription: str, address: str, now: datetime) -> Reader:
    """What a recipient of a subscription decided; active without a decision."""
    row = tx.execute(
        text("SELECT state, until_at FROM reader WHERE subscription = :subscription AND reader = :reader"),
        {"subscription": subscription, "reader": key(address)},
    ).first()
    if row is None:
        return Reader(subscription, key(address), "active")
    return _reader(subscription, key(address), row.state, row.until_at, now)


def decide(tx: Connection, subscription: str, reader: str, state: str, until: datetime | None, now: datetime) -> bool:
    """Records that a reader (by hash) stops, pauses until a moment, or is active again; says whether that is news."""
    row = tx.execute(
        text(
            """
            INSERT INTO reader (subscription, reader, token, state, until_at, changed_at)
            VALUES (:subscription, :reader, '', :state, :until, :now)
            ON CONFLICT (subscription, reader) DO UPDATE
                SET state = excluded.state, until_at = excluded.until_at, changed_at = excluded.changed_at
                WHERE reader.state <> excluded.state OR coalesce(reader.until_at, 0) <> coalesce(excluded.until_at, 0)
            RETURNING subscription
            """
        ),
        {
            "subscription": subscription,
            "reader": reader,
            "state": state,
            "until": values.micros(until),
            "now": values.micros(now),
        },
    ).first()
    return row is not None


def withheld(tx: Connection, mails: Sequence[tuple[int, str, str]], now: datetime) -> dict[int, str]:
    """Of (mail, subscription, reader): which may not be sent now, and why in plain words."""
    readers = sorted({reader for _, _, reader in mails if reader})
    if not readers:
        return {}
    wanted: BindParameter[list[str]] = bindparam("readers", expanding=True)
    barred = {
        row.reader: row.reason
        for row in tx.execute(
            text("SELECT reader, reason FROM suspension WHERE reader IN :readers").bindparams(wanted),
            {"readers": readers},
        )
    }
    decided = {
        (row.subscription, row.reader): _reader(row.subscription, row.reader, row.state, row.until_at, now)
        for row in tx.execute(
            text(
                "SELECT subscription, reader, state, until_at FROM reader "
                "WHERE reader IN :readers AND state <> 'active'"
            ).bindparams(wanted),
            {"readers": readers},
        )
    }
    found = {}
    for mail, subscription, reader in mails:
        decision = decided.get((subscription, reader))
        if reader in barred:
            found[mail] = barred[reader]
        elif decision is not None and decision.state == "stopped":
            found[mail] = "the reader has unsubscribed"
        elif decision is not None and decision.state == "paused":
            found[mail] = f"the reader pauses until {decision.until:%Y-%m-%d}"
    return found


def refused(tx: Connection, address: str, why: str, at: datetime) -> bool:
    """Counts a permanent failure; true when it suspends the address, which happens once."""
    reader = key(address)
    tx.execute(
        text("INSERT INTO refusal (reader, at) VALUES (:reader, :at) ON CONFLICT (reader, at) DO NOTHING"),
        {"reader": reader, "at": values.micros(at)},
    )
    since = values.micros(at - REFUSALS_WITHIN)
    tx.execute(text("DELETE FROM refusal WHERE at <= :since"), {"since": since})
    count = tx.execute(text("SELECT count(*) FROM refusal WHERE reader = :reader"), {"reader": reader}).scalar_one()
    if count < MAX_REFUSALS:
        return False
    reason = f"suspended after {count} permanent failures in {REFUSALS_WITHIN.days} days; the last: {why}"
    return suspend(tx, reader, "suspended", address, reason, at)


def suspend(tx: Connection, reader: str, kind: str, address: str, reason: str, at: datetime) -> bool:
    """Mails an address no longer; false when it was not mailed before."""
    found = tx.execute(
        text(
            "INSERT INTO suspension (reader, kind, address, reason, at) "
            "VALUES (:reader, :kind, :address, :reason, :at) ON CONFLICT (reader) DO NOTHING RETURNING reader"
        ),
        {"reader": reader, "kind": kind, "address": address, "reason": reason[:500], "at": values.micros(at)},
    ).first()
    return found is not None


def taken(tx: Connection, reader: str) -> None:
    """A mail was taken: what was refused before counts no longer."""
    tx.execute(text("DELETE FROM refusal WHERE reader = :reader"), {"reader": reader})


def resume(tx: Connection, address: str, now: datetime) -> list[str]:
    """Mails an address again: says what kept it from being mailed, the word or the subscription's id."""
    reader = key(address)
    taken(tx, reader)
    found = [
        row.kind
        for row in tx.execute(text("DELETE FROM suspension WHERE reader = :reader RETURNING kind"), {"reader": reader})
    ]
    rows = tx.execute(
        text(
            "UPDATE reader SET state = 'active', until_at = NULL, changed_at = :now "
            "WHERE reader = :reader AND state <> 'active' RETURNING subscription"
        ),
        {"reader": reader, "now": values.micros(now)},
    )
    return [*found, *sorted(row.subscription for row in rows)]


def suspended(tx: Connection) -> list[Suspended]:
    """Every address that is mailed no longer, newest first."""
    rows = tx.execute(text("SELECT reader, kind, address, reason, at FROM suspension ORDER BY at DESC, reader"))
    return [Suspended(row.reader, row.kind, row.address, row.reason, values.required(row.at)) for row in rows]


def forget(tx: Connection, address: str, now: datetime) -> dict[str, int]:
    """Erases an address and keeps its hash, so that it is not mailed again; says how many rows named it.

    Mails that were sent stay as counts, without address, subject or content; those that wait are not sent.
    """
    reader = key(address)
    whose = {"reader": reader, "address": address.strip().lower()}
    tx.execute(
        text(
            "DELETE FROM message_content WHERE id IN "
            "(SELECT id FROM message WHERE reader = :reader OR lower(recipient) = :address)"
        ),
        whose,
    )
    erased = {
        "mails": tx.execute(
            text(
                """
                UPDATE message SET recipient = 'forgotten-' || CAST(id AS TEXT), reader = '', domain = '',
                    subject = '', last_error = '', message_id = '<forgotten-' || CAST(id AS TEXT) || '>',
                    state = CASE WHEN state IN ('pending', 'retry', 'sending') THEN 'withheld' ELSE state END,
                    next_at = NULL, settled_at = coalesce(settled_at, :now)
                WHERE reader = :reader OR lower(recipient) = :address
                """
            ),
            {**whose, "now": values.micros(now)},
        ).rowcount
    }
    for table in ("verdict", "reader", "refusal", "suspension"):
        statement = f"DELETE FROM {table} WHERE reader = :reader"  # noqa: S608  # names of our own
        erased[table] = tx.execute(text(statement), {"reader": reader}).rowcount
    suspend(tx, reader, "forgotten", "", "the reader was forgotten and is mailed no longer", now)
    return erased


def dislike(tx: Connection, reader: Reader, story: int, watchlist: str, now: datetime) -> bool:
    """Records that a story does not belong to a watch-list; false when the reader was never owed that story."""
    is_owed = tx.execute(
        text(
            """
            SELECT 1 FROM due JOIN article ON article.story_id = due.story_id JOIN hit ON hit.article_id = article.id
            WHERE due.subscription = :subscription AND due.story_id = :story AND hit.watchlist = :watchlist LIMIT 1
            """
        ),
        {"subscription": reader.subscription, "story": story, "watchlist": watchlist},
    ).first()
    if is_owed is None:
        return False
    tx.execute(
        text(
            """
            INSERT INTO verdict (subscription, story_id, watchlist, reader, at)
            VALUES (:subscription, :story, :watchlist, :reader, :at) ON CONFLICT DO NOTHING
            """
        ),
        {
            "subscription": reader.subscription,
            "story": story,
            "watchlist": watchlist,
            "reader": reader.reader,
            "at": values.micros(now),
        },
    )
    return True


def disliked(tx: Connection, limit: int = 200) -> list[Disliked]:
    """What readers said does not belong to a watch-list, newest first, with the terms that brought it there."""
    rows = tx.execute(
        text(
            """
            SELECT verdict.watchlist, verdict.story_id, article.title, article.url,
                min(hit.evidence) AS evidence, count(DISTINCT verdict.reader) AS readers, max(verdict.at) AS newest
            FROM verdict JOIN story ON story.id = verdict.story_id JOIN article ON article.id = story.head_id
                LEFT JOIN hit ON hit.article_id = article.id AND hit.watchlist = verdict.watchlist
            GROUP BY verdict.watchlist, verdict.story_id, article.title, article.url
            ORDER BY max(verdict.at) DESC, verdict.story_id LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return [
        Disliked(
            row.watchlist,
            row.story_id,
            row.title,
            row.url,
            tuple(dict.fromkeys(span[0] for span in values.loads(row.evidence or "[]"))),
            row.readers,
            values.required(row.newest),
        )
        for row in rows
    ]


def _reader(subscription: str, reader: str, state: str, until_at: int | None, now: datetime) -> Reader:
    until = values.moment(until_at)
    if state == "paused" and until is not None and until <= now:
        return Reader(subscription, reader, "active")
    return Reader(subscription, reader, state, until)


def _hashed(token: str) -> str:
    """A reader of the database alone cannot open anybody's links."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
