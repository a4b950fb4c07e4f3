"""Sources: when each is asked next, what it answered last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.model import Cursor, SourceStatus, Validators
from policywatch.store import values

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


@dataclass(frozen=True, slots=True)
class SourceState:
    """What a poll needs to know of the past."""

    id: str
    cursor: Cursor
    validators: Mapping[str, Validators]
    body_hashes: Mapping[str, str]
    failures: int


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


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A poll that found what it knew."""

    source: str
    at: datetime
    next_poll_at: datetime
    validators: Mapping[str, Validators]


@dataclass(frozen=True, slots=True)
class Failure:
    """A poll that failed. The validators stay: a body that could not be read must not hide behind a 304."""

    source: str
    at: datetime
    next_poll_at: datetime
    error: str


def sync(tx: Connection, rows: Sequence[SourceRow], now: datetime) -> None:
    """Makes the table say what is configured.

    New sources are due at once. One that is asked otherwise than before forgets its validators and is due at once.
    Those no longer configured are kept with their history, and not asked.
    """
    tx.execute(text("UPDATE source SET is_active = 0"))
    if rows:
        tx.execute(
            text(
                """
                INSERT INTO source (id, name, kind, url, fingerprint, is_active, first_seen_at, next_poll_at)
                VALUES (:id, :name, :kind, :url, :fingerprint, 1, :now, :now)
                ON CONFLICT (id) DO UPDATE SET
                    name = excluded.name, kind = excluded.kind, url = excluded.url, is_active = 1,
                    validators = CASE WHEN source.fingerprint = excluded.fingerprint
                                      THEN source.validators ELSE '{}' END,
                    body_hashes = CASE WHEN source.fingerprint = excluded.fingerprint
                                       THEN source.body_hashes ELSE '{}' END,
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
                    "fingerprint": row.fingerprint,
                    "now": values.micros(now),
                }
                for row in rows
            ],
        )


def due(tx: Connection, now: datetime, limit: int = 500, *, only: Sequence[str] | None = None) -> list[SourceState]:
    """Active sources whose turn it is, longest overdue first; with `only`, those named, whether or not it is."""
    columns = "SELECT id, validators, body_hashes, last_success_at, failures FROM source"
    if only is None:
        rows = tx.execute(
            text(f"{columns} WHERE is_active = 1 AND next_poll_at <= :now ORDER BY next_poll_at, id LIMIT :limit"),
            {"now": values.micros(now), "limit": limit},
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
        )
        for row in rows
    ]


def known_keys(tx: Connection, source: str, limit: int = 2000) -> frozenset[bytes]:
    """The newest keys of a source's articles as 8-byte hashes, each with 8 more for its list's entry where known."""
    rows = tx.execute(
        text("SELECT key, listed FROM article WHERE source = :source ORDER BY id DESC LIMIT :limit"),
        {"source": source, "limit": limit},
    )
    return frozenset(bytes.fromhex(row.key + row.listed) for row in rows)


def record_success(tx: Connection, success: Success) -> None:
    """A poll that read something."""
    tx.execute(
        text(
            """
            UPDATE source SET validators = :validators, body_hashes = :hashes, last_poll_at = :at,
                last_success_at = :at, next_poll_at = :next, failures = 0, last_error = '', items_seen = :seen,
                newest_at = CASE WHEN newest_at > :newest THEN newest_at ELSE coalesce(:newest, newest_at) END
            WHERE id = :source
            """
        ),
        {
            "validators": _validators_text(success.validators),
            "hashes": values.dumps(dict(success.body_hashes)),
            "at": values.micros(success.at),
            "next": values.micros(success.next_poll_at),
            "seen": success.items_seen,
            "newest": values.micros(success.newest),
            "source": success.source,
        },
    )


def record_unchanged(tx: Connection, polls: Sequence[Unchanged]) -> None:
    """Polls that found what they knew."""
    tx.execute(
        text(
            """
            UPDATE source SET validators = :validators, last_poll_at = :at, last_success_at = :at,
                next_poll_at = :next, failures = 0, last_error = ''
            WHERE id = :source
            """
        ),
        [
            {
                "validators": _validators_text(poll.validators),
                "at": values.micros(poll.at),
                "next": values.micros(poll.next_poll_at),
                "source": poll.source,
            }
            for poll in polls
        ],
    )


def record_failure(tx: Connection, failure: Failure) -> None:
    """A poll that failed."""
    tx.execute(
        text(
            "UPDATE source SET last_poll_at = :at, next_poll_at = :next, failures = failures + 1, last_error = :error "
            "WHERE id = :source"
        ),
        {
            "at": values.micros(failure.at),
            "next": values.micros(failure.next_poll_at),
            "error": failure.error[:1000],
            "source": failure.source,
        },
    )


def statuses(tx: Connection) -> list[SourceStatus]:
    """Every active source; those in trouble first, then by name."""
    rows = tx.execute(
        text(
            """
            SELECT source.*, (SELECT count(*) FROM article WHERE article.source = source.id) AS articles
            FROM source WHERE is_active = 1
            ORDER BY CASE WHEN failures > 0 THEN 0 ELSE 1 END, name, id
            """
        )
    )
    return [
        SourceStatus(
            id=row.id,
            name=row.name,
            kind=row.kind,
            url=row.url,
            last_poll_at=values.moment(row.last_poll_at),
            last_success_at=values.moment(row.last_success_at),
            next_poll_at=values.moment(row.next_poll_at),
            failures=row.failures,
            last_error=row.last_error,
            articles=row.articles,
            newest=values.moment(row.newest_at),
        )
        for row in rows
    ]


def _validators_text(validators: Mapping[str, Validators]) -> str:
    return values.dumps({url: [pair.etag, pair.last_modified] for url, pair in validators.items()})
