"""Tokens that open feeds, pages as JSON and metrics, made by a command; what is kept of each is its hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token, without what opens."""

    id: str
    """SHA-256 of the token, in hex digits."""
    name: str
    scope: str
    """`feeds`, `json` or `metrics`."""
    feeds: tuple[str, ...]
    """`kind/name` of each feed that it opens; empty: every one."""
    made_at: datetime
    expires_at: datetime | None
    """None: it holds until it is revoked."""


def add(tx: Connection, token: TokenRow, *, until: datetime) -> int:
    """Keeps a new one. Those of the same name end at `until` at the latest; gives how many these are."""
    replaced = tx.execute(
        text(
            "UPDATE web_token SET expires_at = :until "
            "WHERE name = :name AND (expires_at IS NULL OR expires_at > :until)"
        ),
        {"name": token.name, "until": values.micros(until)},
    ).rowcount
    tx.execute(
        text(
            "INSERT INTO web_token (id, name, scope, feeds, made_at, expires_at) "
            "VALUES (:id, :name, :scope, :feeds, :made, :expires)"
        ),
        {
            "id": token.id,
            "name": token.name,
            "scope": token.scope,
            "feeds": values.dumps(list(token.feeds)),
            "made": values.micros(token.made_at),
            "expires": values.micros(token.expires_at),
        },
    )
    return replaced


def valid(tx: Connection, now: datetime) -> Sequence[TokenRow]:
    """Those that open something, oldest first."""
    rows = tx.execute(
        text(
            "SELECT id, name, scope, feeds, made_at, expires_at FROM web_token "
            "WHERE expires_at IS NULL OR expires_at > :now ORDER BY made_at, id"
        ),
        {"now": values.micros(now)},
    )
    return [_token(row) for row in rows]


def revoke(tx: Connection, name: str) -> int:
    """Deletes every token of a name; gives how many there were."""
    return tx.execute(text("DELETE FROM web_token WHERE name = :name"), {"name": name}).rowcount


def prune(tx: Connection, now: datetime) -> None:
    """Deletes those that have ended."""
    tx.execute(text("DELETE FROM web_token WHERE expires_at <= :now"), {"now": values.micros(now)})


def _token(row: Any) -> TokenRow:
    return TokenRow(
        row.id,
        row.name,
        row.scope,
        tuple(values.loads(row.feeds)),
        values.required(row.made_at),
        values.moment(row.expires_at),
    )
