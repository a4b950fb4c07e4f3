"""Brings the search index up to the store, a little at a time, so that no poll waits for it.

On the way every article is read as a document, unless it was read when it matched: so the filters by kind, region and
issuing body find all that is kept. Articles of before are read from the newest to the oldest, while nothing else waits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from policywatch import errors, logs
from policywatch.model import Document
from policywatch.pipeline import documents, facts
from policywatch.store import documents as document_rows
from policywatch.store import indexing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from policywatch.model import Unread
    from policywatch.sandbox.pool import Sandbox
    from policywatch.store.db import Database
    from policywatch.store.documents import Row
    from policywatch.store.indexing import Entry

    Reads = Callable[[Sequence[Unread]], Awaitable[Sequence[Document]]]
    """Reads articles as documents."""

AT_ONCE = 50
"""Articles of one transaction: measured, a twentieth of a second."""
OLD_AT_ONCE = 20
"""Of those that are put in anew: what was known of them goes first, which takes as long again."""
BUDGET = 10.0
"""Seconds for which one run reads articles of before; the next one goes on."""

_log = logs.get("index")


async def here(unread: Sequence[Unread]) -> Sequence[Document]:
    """Reads them in this process."""
    return await asyncio.to_thread(lambda: [facts.of_kept(one) for one in unread])


def in_child(sandbox: Sandbox) -> Reads:
    """Reads them in a limited child, as whatever comes from outside; of one that breaks it nothing is known."""

    async def read(unread: Sequence[Unread]) -> Sequence[Document]:
        try:
            found: Sequence[Document] = await sandbox.call("the archive", "documents_of", list(unread))
        except errors.ParseError as error:
            if len(unread) == 1:
                _log.warning("not read as a document", article=unread[0].article_id, error=str(error))
                return [Document()]
            half = len(unread) // 2
            return [*await read(unread[:half]), *await read(unread[half:])]
        return found

    return read


async def catch_up(db: Database, read: Reads = here) -> int:
    """Puts in what waits until nothing does; gives how many articles. Folding is done by a reader."""
    count = 0
    while (taken := await db.read(_take))[0]:
        count += await _put(db, read, *taken)
    return count


async def read_on(db: Database, read: Reads = here, seconds: float = BUDGET) -> int:
    """Reads older articles for some seconds, while nothing newer waits; gives how many were put in anew."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    count = 0
    while loop.time() < until and await db.read(indexing.is_any_unread):
        await db.write(indexing.read_on, OLD_AT_ONCE)
        count += await catch_up(db, read)
    return count


def _take(tx: Connection) -> tuple[list[Entry], list[Unread]]:
    entries = indexing.take(tx, AT_ONCE)
    return entries, document_rows.unread(tx, [one.article_id for one in entries])


async def _put(db: Database, read: Reads, entries: Sequence[Entry], unread: Sequence[Unread]) -> int:
    read_as = await read(unread) if unread else ()
    rows = {
        one.article_id: documents.row(one.article_id, one.title, of) for one, of in zip(unread, read_as, strict=True)
    }
    known = [one.read_as(rows[one.article_id].document) if one.article_id in rows else one for one in entries]
    count: int = await db.write(_record, known, rows)
    return count


def _record(tx: Connection, entries: Sequence[Entry], rows: Mapping[int, Row]) -> int:
    # One that changed meanwhile is not put in, and what was read of it is not kept.
    done = indexing.put_in(tx, entries)
    document_rows.record(tx, [rows[one.article_id] for one in done if one.article_id in rows], is_by_index=True)
    return len(done)
