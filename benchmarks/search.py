"""The archive's search at 100,000 articles: words of one to four characters, with the stories and excerpts of a page.

The peer looks through every text, which is what is left to a reader whose index (FTS5 with trigrams or words) cannot find
a Chinese word of two characters.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from benchmarks.harness import Fact, Row
from policywatch.model import Article, TextState
from policywatch.pipeline import index
from policywatch.store import articles, documents, query, search, sources
from policywatch.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

ARTICLES = 100_000
A_DAY = 300
LENGTH = 1224
"""Characters of an article: the mean of Chinese policy news."""
WORDS = 60_000
QUERIES = 400
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PEER_ARTICLES = 2000
"""Texts that the peer looks through in a call; its speed is told for as many articles as there are."""


@dataclass(frozen=True, slots=True)
class _Archive:
    db: Database
    words: dict[int, list[str]]
    """By their length, as often as they stand in the texts."""
    seconds: float
    """That the index took."""


def _vocabulary(dice: random.Random) -> list[str]:
    signs = [chr(0x4E00 + 5 * number) for number in range(3500)]
    rare = list(itertools.accumulate(1 / (number + 10) for number in range(len(signs))))
    lengths = (1, 2, 2, 2, 2, 3, 4)
    return ["".join(dice.choices(signs, cum_weights=rare, k=dice.choice(lengths))) for _ in range(WORDS)]


@cache
def _archive() -> _Archive:
    """Articles of words whose frequencies fall as those of a language do; the same in every run."""
    dice = random.Random(3)  # the same texts in every run
    vocabulary = _vocabulary(dice)
    weights = list(itertools.accumulate(1 / (number + 5) for number in range(WORDS)))
    folder = tempfile.TemporaryDirectory(prefix="policywatch-bench-")
    db = Database.open(Path(folder.name) / "policywatch.sqlite")
    # Kept until the interpreter ends; the folder goes with it.
    _FOLDERS.append(folder)
    db.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], NOW)
    seconds = 0.0
    for start in range(0, ARTICLES, 1000):
        entries = []
        for number in range(start, start + 1000):
            words = "".join(dice.choices(vocabulary, cum_weights=weights, k=LENGTH // 2))[: LENGTH + 20]
            at = NOW - timedelta(days=number // A_DAY)
            entries.append(articles.NewArticle(_article(number, words[:20], words[20:], at)))
        db.write_now(articles.add, entries)
        begun = time.perf_counter()
        asyncio.run(index.catch_up(db))
        seconds += time.perf_counter() - begun
    drawn = [*dice.choices(vocabulary, cum_weights=weights, k=QUERIES * 20), *dice.choices(vocabulary, k=QUERIES * 20)]
    words = {length: [word for word in drawn if len(word) == length] for length in (1, 2, 3, 4)}
    return _Archive(db, {length: dice.sample(some, QUERIES) for length, some in words.items()}, seconds)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def _article(number: int, title: str, body: str, at: datetime) -> Article:
    return Article(
        source="s",
        key=f"{number:016x}",
        url=f"https://a/{number}",
        canonical_url=f"https://a/{number}",
        title=title,
        original_title=title,
        body=body,
        original_body=body,
        published=at,
        fetched_at=at,
        publisher="示例部",
        text_state=TextState.COMPLETE,
        signature=f"{number:016x}",
    )


def facts() -> Iterator[Fact]:
    """The slow end of the answers, in milliseconds; and how long the index takes for an article."""
    archive = _archive()
    for newest in (False, True):
        for length, words in archive.words.items():
            taken = []
            for word in words:
                wanted = query.parsed(word)
                begun = time.perf_counter()
                archive.db.read_now(search.search, wanted, search.Filters(), newest=newest)
                taken.append((time.perf_counter() - begun) * 1000)
            p95 = statistics.quantiles(taken, n=20)[-1]
            order = "newest first" if newest else "titles first"
            yield Fact(f"p95 of words of {length} characters, {order}", p95, "ms", 5)
    for name, filters in _filters(archive.db):
        taken = []
        for _ in range(100):
            begun = time.perf_counter()
            archive.db.read_now(search.search, query.parsed(""), filters)
            taken.append((time.perf_counter() - begun) * 1000)
        yield Fact(f"p95 of all {name}, without words", statistics.quantiles(taken, n=20)[-1], "ms", 5)
    yield Fact("Reading and indexing one article", archive.seconds / ARTICLES * 1000, "ms", 5)


def _filters(db: Database) -> Iterator[tuple[str, search.Filters]]:
    """Each kind of filter on its own."""
    (region, *_) = db.read_now(documents.regions)
    yield "of a region", search.Filters(regions=(region,))
    yield "of a region without any", search.Filters(regions=("新加坡",))
    yield "of a kind", search.Filters(kinds=("新闻", "其他"))
    yield "of a body that there is not", search.Filters(issuer="示例")


def rows() -> list[Row]:
    """A word of two characters."""
    archive = _archive()
    words = itertools.cycle(archive.words[2])

    def scan(tx: Connection, word: str) -> int:
        found: int = tx.execute(
            text("SELECT count(*) FROM article_text WHERE article_id <= :last AND instr(body, :word) > 0"),
            {"last": PEER_ARTICLES, "word": word},
        ).scalar_one()
        return found

    # In the peer's row one call stands for this share of a whole look.
    return [
        Row(
            name="A word of two characters",
            peer_name=f"a look through {PEER_ARTICLES:,} texts",
            peer=lambda: archive.db.read_now(scan, next(words)),
            ours=lambda: archive.db.read_now(search.search, query.parsed(next(words)), search.Filters()),
            amount=1,
            unit="queries",
            goal=1,
        )
    ]
