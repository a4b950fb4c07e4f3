"""Sources: when each is asked next, what it answered last, what it has been like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, text

from policywatch.model import Cursor, SourceHistory, SourceStatus, Trouble, Validators
from policywatch.store import dialect, histories, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as configured."""

    id: str
    name: str
    kind: str
    url: str
    fingerprint: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What a poll needs to know of the past."""

    id: str
    cursor: Cursor
    validators: Mapping[str, Validators]
    body_hashes: Mapping[str, str]
    failures: int
    history: SourceHistory = field(default_factory=SourceHistory)
    due_at: datetime | None = None
    """When it was, or will be, its turn."""


@dataclass(frozen=True, slots=True)
class Success:
    """A poll that read something."""

    source: str
    at: datetime
    next_poll_at: datetime
    validators: Mapping[str, Validators]
    body_hashes: Mapping[str, str]
    items_seen: int
    newest: datetime | None
    history: SourceHistory = field(default_factory=SourceHistory)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A poll that found what it knew."""

    source: str
    at: datetime
    next_poll_at: datetime
    validators: Mapping[str, Validators]
    history: SourceHistory = field(default_factory=SourceHistory)


@dataclass(frozen=True, slots=True)
class Failure:
    """A poll that failed. The validators stay: a body that could not be read must not hide behind a 304."""

    source: str
    at: datetime
    next_poll_at: datetime
    error: str
    history: SourceHistory = field(default_factory=SourceHistory)
    counts: bool = True
    """False when the source is not at fault: the network is down, or its host asked to be left alone."""


def sync(tx: Connection, rows: Sequence[SourceRow], now: datetime) -> None:
    """Makes the table say what is configured.

    New sources are due at once. One that is asked otherwise than before forgets its validators and its history, and is
    due at once.
    Those no longer configured are kept with their history, and not asked.
    """
    tx.execute(text("UPDATE source SET is_active = 0"))
    if rows:
        tx.execute(
            text(
                """
                INSERT INTO source (id, name, kind, url, host, fingerprint, is_active, first_seen_at, next_poll_at)
                VALUES (:id, :name, :kind, :url, :host, :fingerprint, 1, :now, :now)
                ON CONFLICT (id) DO UPDATE SET
                    name = excluded.name, kind = excluded.kind, url = excluded.url, host = excluded.host, is_active = 1,
                    validators = CASE WHEN source.fingerprint = excluded.fingerprint
                                      THEN source.validators ELSE '{}' END,
                    body_hashes = CASE WHEN source.fingerprint = excluded.fingerprint
                                       THEN source.body_hashes ELSE '{}' END,
                    history = CASE WHEN source.fingerprint = excluded.fingerprint THEN source.history ELSE '{}' END,
                    trouble = CASE WHEN source.fingerprint = excluded.fingerprint THEN source.trouble ELSE '' END,
                    moved_to = CASE WHEN source.fingerprint = excluded.fingerprint THEN source.moved_to ELSE '' END,
                    next_poll_at = CASE WHEN source.fingerprint = excluded.fingerprint
                                        THEN source.next_poll_at ELSE excluded.next_poll_at END,
                    fingerprint = excluded.fingerprint
                """
            ),
            [
                {
                    "id": row.id,
                    "name": row.name,
                    "kind": row.kind,
                    "url": row.url,
                    "host": row.host,
                    "fingerprint": row.fingerprint,
                    "now": values.micros(now),
                }
                for row in rows
            ],
        )


def due(tx: Connection, now: datetime, limit: int = 500, *, only: Sequence[str] | None = None) -> list[SourceState]:
    """Active sources whose turn it is, longest overdue first, without those that are gone for good.

    With `only`, those named, whether or not it is their turn.
    """
    columns = "SELECT id, validators, body_hashes, last_success_at, failures, history, next_poll_at FROM source"
    if only is None:
        rows = tx.execute(
            text(
                f"{columns} WHERE is_active = 1 AND next_poll_at <= :now AND trouble <> :gone "
                "ORDER BY next_poll_at, id LIMIT :limit"
            ),
            {"now": values.micros(now), "gone": Trouble.GONE.value, "limit": limit},
        )
    else:
        rows = tx.execute(
            text(f"{columns} WHERE is_active = 1 AND id IN :only ORDER BY id").bindparams(
                bindparam("only", expanding=True)
            ),
            {"only": list(only)},
        )
    return [
        SourceState(
            row.id,
            Cursor(values.moment(row.last_success_at)),
            {url: Validators(*pair) for url, pair in values.loads(row.validators).items()},
            values.loads(row.body_hashes),
            row.failures,
            histories.history_of(row.history),
            values.moment(row.next_poll_at),
        )
        for row in rows
    ]


def due_ids(tx: Connection, now: datetime, limit: int) -> list[str]:
    """Ids of active sources whose turn it is, longest overdue first."""
    rows = tx.execute(
        text(
            "SELECT id FROM source WHERE is_active = 1 AND next_poll_at <= :now ORDER BY next_poll_at, id LIMIT :limit"
        ),
        {"now": values.micros(now), "limit": limit},
    )
    return [row.id for row in rows]


def claim(tx: Connection, now: datetime, until: datetime, only: Sequence[str]) -> list[SourceState]:
    """Those of the named sources that are due become the caller's; for others they are not due before `until`.

    A poll sets the next time itself; `until` counts only if its process dies in the middle.
    """
    states = tx.execute(
        text(
            "SELECT id FROM source WHERE is_active = 1 AND next_poll_at <= :now AND id IN :only "  # noqa: S608
            f"ORDER BY id{dialect.skip_locked(tx)}"
        ).bindparams(bindparam("only", expanding=True)),
        {"now": values.micros(now), "only": list(only)},
    )
    ids = [row.id for row in states]
    if not ids:
        return []
    mine = due(tx, now, only=ids)
    tx.execute(
        text("UPDATE source SET next_poll_at = :until WHERE id IN :ids").bindparams(bindparam("ids", expanding=True)),
        {"until": values.micros(until), "ids": ids},
    )
    return mine


def renew_claim(tx: Connection, ids: Sequence[str], was: datetime, until: datetime) -> list[str]:
    """Moves the end of claims that still end at `was`, and gives them; a poll that was recorded since has none."""
    found = tx.execute(
        text(
            "UPDATE source SET next_poll_at = :until WHERE id IN :ids AND next_poll_at = :was RETURNING id"
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": list(ids), "was": values.micros(was), "until": values.micros(until)},
    )
    return [row.id for row in found]


def known_keys(tx: Connection, source: str, limit: int = 2000) -> frozenset[bytes]:
    """The newest keys of a source's articles as 8-byte hashes, each with 8 more for its list's entry where known.

    With them the last ones that were let go of.
    """
    rows = tx.execute(
        text("SELECT key, listed FROM article WHERE source = :source ORDER BY id DESC LIMIT :limit"),
        {"source": source, "limit": limit},
    )
    gone = tx.execute(
        text("SELECT key FROM article_gone WHERE source = :source ORDER BY gone_at DESC, key LIMIT :limit"),
        {"source": source, "limit": limit},
    )
    return frozenset(
        (*(bytes.fromhex(row.key + row.listed) for row in rows), *(bytes.fromhex(row.key) for row in gone))
    )


_SUCCESS = text(
    """
    UPDATE source SET validators = :validators, body_hashes = :hashes, last_poll_at = :at,
        last_success_at = :at, next_poll_at = :next, failures = 0, last_error = '', items_seen = :seen,
        history = :history, trouble = :trouble, moved_to = :moved,
        newest_at = CASE WHEN newest_at > :newest THEN newest_at ELSE coalesce(:newest, newest_at) END
    WHERE id = :source
    """
)
_SUCCESS_UNCHANGED = text(
    """
    UPDATE source SET validators = :validators, last_poll_at = :at, last_success_at = :at,
        next_poll_at = :next, failures = 0, last_error = '',
        history = :history, trouble = :trouble, moved_to = :moved
    WHERE id = :source
    """
)


def record_successes(tx: Connection, polls: Sequence[Success]) -> None:
    """Polls that read something."""
    rows = [
        {
            "validators": _validators_text(success.validators),
            "hashes": values.dumps(dict(success.body_hashes)),
            "at": values.micros(success.at),
            "next": values.micros(success.next_poll_at),
            "seen": success.items_seen,
            "newest": values.micros(success.newest),
            "source": success.source,
            **_history_columns(success.history),
        }
        for success in polls
    ]
    values.add_all(tx, _SUCCESS, rows)


def record_unchanged(tx: Connection, polls: Sequence[Unchanged]) -> None:
    """Polls that found what they knew."""
    rows = [
        {
            "validators": _validators_text(poll.validators),
            "at": values.micros(poll.at),
            "next": values.micros(poll.next_poll_at),
            "source": poll.source,
            **_history_columns(poll.history),
        }
        for poll in polls
    ]
    values.add_all(tx, _SUCCESS_UNCHANGED, rows)


def record_failure(tx: Connection, failure: Failure) -> None:
    """A poll that failed."""
    tx.execute(
        text(
            """
            UPDATE source SET last_poll_at = :at, next_poll_at = :next, failures = failures + :more,
                last_error = :error, history = :history, trouble = :trouble, moved_to = :moved
            WHERE id = :source
            """
        ),
        {
            "at": values.micros(failure.at),
            "next": values.micros(failure.next_poll_at),
            "more": int(failure.counts),
            "error": failure.error[:1000],
            "source": failure.source,
            **_history_columns(failure.history),
        },
    )


def postpone(tx: Connection, moments: Mapping[str, datetime]) -> None:
    """Sources that are asked later, without having been asked now."""
    if moments:
        tx.execute(
            text("UPDATE source SET next_poll_at = :next WHERE id = :source"),
            [{"source": source, "next": values.micros(moment)} for source, moment in moments.items()],
        )


def forgive(tx: Connection, states: Sequence[SourceState], next_poll_at: datetime) -> None:
    """Takes the last failure back: it was the network's, not the source's."""
    if states:
        tx.execute(
            text(
                """
                UPDATE source SET next_poll_at = :next, failures = :failures, history = :history, trouble = :trouble,
                    moved_to = :moved
                WHERE id = :source
                """
            ),
            [
                {
                    "source": state.id,
                    "next": values.micros(next_poll_at),
                    "failures": state.failures,
                    **_history_columns(state.history),
                }
                for state in states
            ],
        )


def leave_alone(tx: Connection, host: str, until: datetime) -> None:
    """Asks no source of a host before a moment; what lies later stays."""
    tx.execute(
        text("UPDATE source SET next_poll_at = :until WHERE host = :host AND next_poll_at < :until"),
        {"host": host, "until": values.micros(until)},
    )


def never_polled(tx: Connection, now: datetime) -> list[str]:
    """Active sources that are due and were never asked, in the order of their ids."""
    rows = tx.execute(
        text("SELECT id FROM source WHERE is_active = 1 AND last_poll_at IS NULL AND next_poll_at <= :now ORDER BY id"),
        {"now": values.micros(now)},
    )
    return [row.id for row in rows]


def others_moved_to(tx: Connection, source: str, url: str) -> int:
    """How many other sources' addresses redirect to the same one."""
    found: int = tx.execute(
        text("SELECT count(*) FROM source WHERE moved_to = :url AND id <> :source"), {"url": url, "source": source}
    ).scalar_one()
    return found


def statuses(tx: Connection, *, only_troubled: bool = False) -> list[SourceStatus]:
    """Every active source, or those in trouble; these first, then by name."""
    rows = tx.execute(
        text(
            f"""
            SELECT source.*, (SELECT count(*) FROM article WHERE article.source = source.id) AS articles
            FROM source WHERE is_active = 1 {"AND (failures > 0 OR trouble <> '')" if only_troubled else ""}
            ORDER BY CASE WHEN failures > 0 OR trouble <> '' THEN 0 ELSE 1 END, name, id
            """  # noqa: S608  # words of our own
        )
    )
    return [_status(row, histories.history_of(row.history)) for row in rows]


def status(tx: Connection, source: str) -> SourceStatus | None:
    """An active source; None when there is none of this id."""
    row = tx.execute(
        text(
            """
            SELECT source.*, (SELECT count(*) FROM article WHERE article.source = source.id) AS articles
            FROM source WHERE is_active = 1 AND id = :id
            """
        ),
        {"id": source},
    ).first()
    return None if row is None else _status(row, histories.history_of(row.history))


def count(tx: Connection) -> int:
    """How many are active."""
    return int(tx.execute(text("SELECT count(*) FROM source WHERE is_active = 1")).scalar_one())


def _status(row: Any, history: SourceHistory) -> SourceStatus:
    is_gone = history.trouble == Trouble.GONE
    return SourceStatus(
        id=row.id,
        name=row.name,
        kind=row.kind,
        url=row.url,
        last_poll_at=values.moment(row.last_poll_at),
        last_success_at=values.moment(row.last_success_at),
        next_poll_at=None if is_gone else values.moment(row.next_poll_at),
        failures=row.failures,
        last_error=row.last_error,
        fault=history.fault,
        articles=row.articles,
        newest=values.moment(row.newest_at),
        items_seen=row.items_seen,
        items_dated=history.dated,
        trouble=history.trouble,
        trouble_since=history.trouble_since,
        last_new_at=history.last_new_at,
        gap=history.gap,
        moved_to=history.moved.to if history.moved is not None and history.moved.is_settled else "",
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A source whose trouble began, became another or ended since the operator was last told."""

    source: str
    name: str
    url: str
    trouble: str
    """A Trouble; empty: it is well again."""
    last_error: str
    fault: str
    """Its code."""
    last_new_at: datetime | None


def untold(tx: Connection, before: datetime) -> list[Change]:
    """What the operator does not know yet. Of a source told of after `before` only that it is well again."""
    rows = tx.execute(
        text(
            """
            SELECT id, name, url, trouble, last_error, history FROM source
            WHERE is_active = 1 AND trouble <> trouble_told
                AND ((trouble = '' AND last_success_at > trouble_told_at)
                    OR (trouble <> '' AND (trouble_told_at IS NULL OR trouble_told_at <= :before)))
            ORDER BY name, id
            """
        ),
        {"before": values.micros(before)},
    )
    found = [(row, histories.history_of(row.history)) for row in rows]
    return [
        Change(row.id, row.name or row.id, row.url, row.trouble, row.last_error, history.fault, history.last_new_at)
        for row, history in found
    ]


def mark_told(tx: Connection, changes: Sequence[Change], now: datetime) -> None:
    """The operator was told of these."""
    if changes:
        tx.execute(
            text("UPDATE source SET trouble_told = :trouble, trouble_told_at = :at WHERE id = :source"),
            [{"source": one.source, "trouble": one.trouble, "at": values.micros(now)} for one in changes],
        )


def _history_columns(history: SourceHistory) -> dict[str, str]:
    return {
        "history": histories.text_of(history),
        "trouble": history.trouble,
        "moved": history.moved.to if history.moved is not None else "",
    }


def _validators_text(validators: Mapping[str, Validators]) -> str:
    return values.dumps({url: [pair.etag, pair.last_modified] for url, pair in validators.items()})
