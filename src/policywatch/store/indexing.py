"""Keeps the search index behind the store: what changed waits in a queue, and is put in batch by batch.

Whoever writes an article, its text, its hits or its document says so in the same transaction (`want`). So nothing is
forgotten, and no poll waits for the index. What an article is as a document is read on the way, where nobody has read
it; articles that were put in before that was so are put in anew, some at a time while nothing else waits (`read_on`).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.store import grams, postings, workers
from policywatch.text.fold import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policywatch.model import Document

DAY_BITS = 20
"""A document is its day, and a number within it: a million articles a day."""
AT_ONCE = 8000
"""Numbers named in one statement; SQLite takes 32,766."""
_LOCK = 0x706F6C69
"""Held while documents get their numbers."""
_DAY = 86_400_000_000
_CHINA = 8 * 3_600_000_000
"""A day is China's: that is where what is kept was published."""

# Never DO NOTHING: the row must be locked, so that who takes it meanwhile waits and sees what is about to be written.
_AGAIN = "ON CONFLICT (article_id) DO UPDATE SET mark = search_queue.mark + 1"
_WANT = text(
    f"INSERT INTO search_queue (article_id, mark) SELECT id, 1 FROM article WHERE id IN :articles ORDER BY id {_AGAIN}"  # noqa: S608
).bindparams(bindparam("articles", expanding=True))
_WANT_GONE = text(f"INSERT INTO search_queue (article_id, mark) VALUES (:article, 1) {_AGAIN}")  # noqa: S608
# One that waits anyway will be read then. Mark 0: it is found already, but not yet by what it is as a document.
_WANT_READ = text(
    """
    INSERT INTO search_queue (article_id, mark) SELECT id, 0 FROM article WHERE id IN :articles ORDER BY id
    ON CONFLICT (article_id) DO NOTHING
    """
).bindparams(bindparam("articles", expanding=True))
_OLDER = text(
    """
    SELECT id FROM article WHERE id < :position AND text_state <> 'awaiting' ORDER BY id DESC LIMIT :limit
    """
)
_WANT_ALL = text(f"INSERT INTO search_queue (article_id, mark) SELECT id, 1 FROM article WHERE id > 0 {_AGAIN}")  # noqa: S608
_TAKE = text(
    """
    SELECT search_queue.article_id, mark, article.source, article.title, body, coalesce(published_at, fetched_at) AS at,
        document.kind, region, level
    FROM search_queue LEFT JOIN article ON article.id = search_queue.article_id
    LEFT JOIN article_text ON article_text.article_id = article.id
    LEFT JOIN document ON document.article_id = article.id
    ORDER BY search_queue.article_id DESC LIMIT :limit
    """
)
_HITS = text("SELECT article_id, watchlist FROM hit WHERE article_id IN :articles").bindparams(
    bindparam("articles", expanding=True)
)
_ISSUERS = text("SELECT article_id, name FROM document_issuer WHERE article_id IN :articles").bindparams(
    bindparam("articles", expanding=True)
)
_TAKEN = text("DELETE FROM search_queue WHERE article_id = :article AND mark = :mark RETURNING article_id")
_THERE = text("SELECT document, article_id, words, facets FROM search_text WHERE article_id IN :articles").bindparams(
    bindparam("articles", expanding=True)
)
_LAST = text("SELECT max(document) FROM search_text WHERE document >= :first AND document < :before")
_FORGET = text("DELETE FROM search_text WHERE document IN :documents").bindparams(
    bindparam("documents", expanding=True)
)
_KEEP = text(
    "INSERT INTO search_text (document, article_id, words, facets) VALUES (:document, :article, :words, :facets)"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An article on its way into the index; one without a day is no longer in the store."""

    article_id: int
    mark: int
    day: int | None
    words: bytes
    facets: str
    tokens: frozenset[str]

    def read_as(self, document: Document) -> Entry:
        """The same, found by what has been read of it now."""
        was = set(self.facets.split())
        mine = {facet for facet in was if facet[0] not in _OF_DOCUMENT} | _facets(
            document.kind, document.region, document.level, document.issuers
        )
        return replace(self, facets=" ".join(sorted(mine)), tokens=(self.tokens - was) | mine)


_OF_DOCUMENT = "krvi"
"""Kinds of facets that tell what an article is."""


def _facets(kind: str, region: str, level: str, issuers: Iterable[str]) -> set[str]:
    given = (("k", kind), ("r", region), ("v", level))
    found = {grams.facet(what, value) for what, value in given if value}
    return found.union(*(grams.issuer(folded(name)) for name in issuers))


def want(tx: Connection, articles: Iterable[int]) -> None:
    """Has articles put into the index anew."""
    ids = sorted(set(articles))
    for at in range(0, len(ids), AT_ONCE):
        tx.execute(_WANT, {"articles": ids[at : at + AT_ONCE]})


def want_gone(tx: Connection, articles: Iterable[int]) -> None:
    """Has articles that are no longer in the store taken out of the index."""
    rows = [{"article": article} for article in sorted(set(articles))]
    if rows:
        tx.execute(_WANT_GONE, rows)


def want_all(tx: Connection) -> None:
    """Has the whole archive put into the index anew."""
    tx.execute(_WANT_ALL)


def waiting(tx: Connection) -> int:
    """How many articles the index has not caught up with."""
    found: int = tx.execute(text("SELECT count(*) FROM search_queue WHERE mark > 0")).scalar_one()
    return found


def unread(tx: Connection) -> int:
    """How many articles can be found, but not yet by kind, region and issuing body."""
    found: int = tx.execute(
        text("SELECT waiting + (SELECT count(*) FROM search_queue WHERE mark = 0) FROM search_reading")
    ).scalar_one()
    return found


def is_any_waiting(tx: Connection) -> bool:
    """Whether there is something to put in, or to read."""
    return tx.execute(text("SELECT 1 FROM search_queue LIMIT 1")).first() is not None or is_any_unread(tx)


def is_any_unread(tx: Connection) -> bool:
    """Whether there are articles that `read_on` has not come to."""
    return tx.execute(text("SELECT 1 FROM search_reading WHERE position > 0")).first() is not None


def read_on(tx: Connection, limit: int) -> None:
    """Has the next older articles put in anew, with what they are as documents.

    How far it has come lies in the same transaction.
    """
    workers.alone(tx, _LOCK)
    position: int = tx.execute(text("SELECT position FROM search_reading")).scalar_one()
    if not position:
        return
    ids = list(tx.execute(_OLDER, {"position": position, "limit": limit}).scalars())
    if ids:
        tx.execute(_WANT_READ, {"articles": ids})
    is_last = len(ids) < limit
    tx.execute(
        # Retention may have let go of some that were counted.
        text(
            "UPDATE search_reading SET position = :position, "
            "waiting = CASE WHEN :is_last = 1 OR waiting < :count THEN 0 ELSE waiting - :count END"
        ),
        {"position": 0 if is_last else ids[-1], "is_last": int(is_last), "count": len(ids)},
    )


def take(tx: Connection, limit: int) -> list[Entry]:
    """What is to be put in next, the newest first, read and folded. Changes nothing."""
    rows = tx.execute(_TAKE, {"limit": limit}).all()
    ids = [row.article_id for row in rows if row.title is not None]
    facets: dict[int, set[str]] = {article: set() for article in ids}
    if ids:
        for row in tx.execute(_HITS, {"articles": ids}):
            facets[row.article_id].add(grams.facet("l", row.watchlist))
        for row in tx.execute(_ISSUERS, {"articles": ids}):
            facets[row.article_id] |= _facets("", "", "", (row.name,))
    entries = []
    for row in rows:
        if row.title is None:
            entries.append(Entry(row.article_id, row.mark, None, b"", "", frozenset()))
            continue
        mine = facets[row.article_id] | {grams.facet("s", row.source)} | _facets(row.kind, row.region, row.level, ())
        title, body = grams.alike(folded(row.title).replace("\0", " ")), grams.alike(folded(row.body or ""))
        entries.append(
            Entry(
                row.article_id,
                row.mark,
                max(0, (row.at + _CHINA) // _DAY),
                packed(title, body),
                " ".join(sorted(mine)),
                frozenset(grams.of_article(title, body) | mine),
            )
        )
    return entries


def put(tx: Connection, entries: Sequence[Entry]) -> int:
    """Puts articles in, in the place of what was known of them; gives how many.

    One that changed again since it was taken is left to the next batch.
    """
    return len(put_in(tx, entries))


def put_in(tx: Connection, entries: Sequence[Entry]) -> list[Entry]:
    """As `put`; gives those that were put in."""
    workers.alone(tx, _LOCK)
    mine = [
        entry
        for entry in entries
        if tx.execute(_TAKEN, {"article": entry.article_id, "mark": entry.mark}).first() is not None
    ]
    if not mine:
        return []
    index = postings.of(tx)
    there = {row.article_id: row for row in tx.execute(_THERE, {"articles": [entry.article_id for entry in mine]})}
    if there:
        index.remove(tx, {row.document: _tokens(bytes(row.words), row.facets) for row in there.values()})
        tx.execute(_FORGET, {"documents": [row.document for row in there.values()]})
    numbers = {
        entry.article_id: there[entry.article_id].document
        for entry in mine
        if entry.article_id in there and there[entry.article_id].document >> DAY_BITS == entry.day
    }
    last: dict[int, int] = {}
    # In the order in which they came, so that within a day the newest is the highest.
    kept = sorted((entry for entry in mine if entry.day is not None), key=lambda entry: entry.article_id)
    for entry in kept:
        assert entry.day is not None
        if entry.article_id not in numbers:
            numbers[entry.article_id] = last[entry.day] = _next(tx, entry.day, last, numbers)
    if kept:
        index.add(tx, {numbers[entry.article_id]: entry.tokens for entry in kept})
        tx.execute(
            _KEEP,
            [
                {
                    "document": numbers[entry.article_id],
                    "article": entry.article_id,
                    "words": entry.words,
                    "facets": entry.facets,
                }
                for entry in kept
            ],
        )
    return mine


def _next(tx: Connection, day: int, last: dict[int, int], numbers: dict[int, int]) -> int:
    """A free number of a day."""
    if day not in last:
        first = day << DAY_BITS
        found: int | None = tx.execute(_LAST, {"first": first, "before": (day + 1) << DAY_BITS}).scalar()
        kept = [number for number in numbers.values() if number >> DAY_BITS == day]
        last[day] = max(first - 1 if found is None else found, *kept, first - 1)
    return last[day] + 1


def packed(title: str, body: str) -> bytes:
    """What is looked at to see whether a phrase stands there, and what the index is told when the article goes."""
    return zlib.compress(f"{title}\0{body}".encode("utf-8", "surrogatepass"), 1)


def unpacked(words: bytes) -> tuple[str, str]:
    """Folded title and body."""
    title, _, body = zlib.decompress(words).decode("utf-8", "surrogatepass").partition("\0")
    return title, body


def _tokens(words: bytes, facets: str) -> set[str]:
    return grams.of_article(*unpacked(words)) | set(facets.split())
