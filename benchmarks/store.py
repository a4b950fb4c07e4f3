"""Articles into the store, a thousand in a transaction, before the search index.

The peer is the bare driver: its own executemany, of the same rows into the same tables, with nothing decided or looked
up. policywatch looks for what is there, opens a story for each article and marks it for the index.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.articles import articles as texts
from benchmarks.harness import Row
from policywatch.model import Article, TextState
from policywatch.store import articles, sources, values
from policywatch.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BATCH = 1000
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
_STORY = "INSERT INTO story (id, first_seen_at, head_id) VALUES (?, ?, ?)"
_ARTICLE = """
    INSERT INTO article (id, source, key, story_id, url, canonical_url, title, publisher, published_at, fetched_at,
        signature, text_state, is_baseline)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
_TEXT = "INSERT INTO article_text (article_id, body) VALUES (?, ?)"


def _batches() -> Iterator[list[Article]]:
    """Batches without end; every article is new."""
    bodies = texts(200)
    numbers = itertools.count(1)
    while True:
        yield [
            Article(
                source="s",
                key=f"{number:016x}",
                url=f"https://www.example.org/art/2026/{number}.html",
                canonical_url=f"https://www.example.org/art/2026/{number}.html",
                title=bodies[number % 200][:30],
                original_title=bodies[number % 200][:30],
                body=bodies[number % 200],
                original_body=bodies[number % 200],
                published=NOW,
                fetched_at=NOW,
                publisher="示例部",
                text_state=TextState.COMPLETE,
                signature=f"{number * 2654435761 % (1 << 64):016x}",
            )
            for number in itertools.islice(numbers, BATCH)
        ]


def _rows(batch: Sequence[Article]) -> tuple[list[Any], list[Any], list[Any]]:
    at = values.micros(NOW)
    ids = [int(one.key, 16) for one in batch]
    return (
        [(number, at, number) for number in ids],
        [
            (number, one.source, one.key, number, one.url, one.canonical_url, one.title, one.publisher, at, at,
             one.signature, one.text_state.value, 0)
            for number, one in zip(ids, batch, strict=True)
        ],
        [(number, one.body) for number, one in zip(ids, batch, strict=True)],
    )  # fmt: skip


def _store(place: Path | str) -> Database:
    db = Database.open(place)
    db.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], NOW)
    return db


def _ours(db: Database, batch: Sequence[Article]) -> None:
    db.write_now(articles.add, [articles.NewArticle(one) for one in batch])


def rows() -> list[Row]:
    """SQLite; and PostgreSQL where one is installed."""
    folder = tempfile.TemporaryDirectory(prefix="policywatch-bench-")
    _KEPT.append(folder)
    bare, ours = Path(folder.name) / "bare.sqlite", Path(folder.name) / "ours.sqlite"
    _store(bare).close()
    connection = sqlite3.connect(bare, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    db = _store(ours)
    theirs, mine = _batches(), _batches()

    def driver() -> None:
        stories, arts, bodies = _rows(next(theirs))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_STORY, stories)
        connection.executemany(_ARTICLE, arts)
        connection.executemany(_TEXT, bodies)
        connection.execute("COMMIT")

    found = [
        Row(
            name="Articles into SQLite",
            peer_name="sqlite3 executemany",
            peer=driver,
            ours=lambda: _ours(db, next(mine)),
            amount=BATCH,
            unit="articles",
            goal=0.7,
        )
    ]
    with contextlib.suppress(ImportError):
        found += _postgresql()
    return found


def _postgresql() -> list[Row]:
    """With the server that the tests start."""
    import psycopg  # noqa: PLC0415  # an extra
    from tests import postgres  # noqa: PLC0415

    if postgres.missing():
        return []
    server = postgres.server()
    address, other = server.database(), server.database()
    _store(address).close()
    connection = psycopg.connect(address)
    db = _store(other)
    theirs, mine = _batches(), _batches()

    def driver() -> None:
        stories, arts, bodies = _rows(next(theirs))
        with connection.cursor() as cursor:
            cursor.executemany(_STORY.replace("?", "%s"), stories)
            cursor.executemany(_ARTICLE.replace("?", "%s"), arts)
            cursor.executemany(_TEXT.replace("?", "%s"), bodies)
        connection.commit()

    return [
        Row(
            name="Articles into PostgreSQL",
            peer_name="psycopg executemany",
            peer=driver,
            ours=lambda: _ours(db, next(mine)),
            amount=BATCH,
            unit="articles",
            goal=0.8,
        )
    ]


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
