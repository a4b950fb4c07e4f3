"""How values stand in the database: moments as microseconds since 1970 in UTC, structures as JSON text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from policywatch.model import Excerpt, Hit, Request, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Dialect, TextClause

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime | None) -> int | None:
    """Exact, unlike a float of seconds."""
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def moment(value: int | None) -> datetime | None:
    """Back to an aware UTC datetime."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def required(value: int) -> datetime:
    """As `moment`, of a column that is never NULL."""
    return _EPOCH + timedelta(microseconds=value)


def dumps(value: Any) -> str:
    """JSON text without needless bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def loads(text: str) -> Any:
    """Back from JSON text."""
    return json.loads(text)


def request_text(request: Request | None) -> str | None:
    """A GET without headers is its address; anything more is JSON."""
    if request is None:
        return None
    body = request.body.decode("latin-1") if request.body is not None else None
    return dumps([request.url, request.method, list(request.headers), body])


def request_of(text: str | None, url: str) -> Request:
    """Back from `request_text`."""
    if text is None:
        return Request(url)
    address, method, headers, body = loads(text)
    return Request(
        address,
        method,
        tuple((name, value) for name, value in headers),
        body.encode("latin-1") if body is not None else None,
    )


def add_all(tx: Connection, statement: TextClause, rows: Sequence[Mapping[str, Any]]) -> None:
    """Runs a statement once for each row, by the driver itself: it takes half as long as SQLAlchemy's way to it.

    The statement is one that stays, a constant of its module: how it is written for the driver is remembered.
    """
    if not rows:
        return
    written, names = _for_driver(statement, tx.dialect)
    if names:
        tx.exec_driver_sql(written, [tuple([row[name] for name in names]) for row in rows])
    else:
        tx.exec_driver_sql(written, [dict(row) for row in rows])


@lru_cache(maxsize=256)
def _for_driver(statement: TextClause, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """The statement's text and, where its parameters go by place, their names in order."""
    compiled = statement.compile(dialect=dialect)
    return compiled.string, tuple(compiled.positiontup or ()) if compiled.positional else ()


def evidence_text(hit: Hit) -> str:
    """The spans of a hit."""
    return dumps([[span.rule, span.field, span.start, span.end, span.text] for span in hit.spans])


def excerpt_text(hit: Hit) -> str:
    """What of a hit is shown: the excerpt, its marks, the title's marks."""
    return dumps([hit.excerpt.text, hit.excerpt.marks, hit.title_marks])


def hit_of(watchlist: str, score: float, evidence: str, shown: str) -> Hit:
    """A hit as it was recorded."""
    text, marks, title_marks = loads(shown)
    return Hit(
        watchlist,
        score,
        tuple(Span(*span) for span in loads(evidence)),
        Excerpt(text, tuple((start, end) for start, end in marks)),
        tuple((start, end) for start, end in title_marks),
    )
