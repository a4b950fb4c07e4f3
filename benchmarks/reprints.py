"""Finding reprints among articles of 1,224 characters, one in ten a reprint with edits: policywatch against datasketch.

Both make the sketches of texts that are folded already, look each up among those before it, and keep it. datasketch's
MinHash has 128 permutations and its LSH a threshold of 0.6, shingles of five characters, a batch a text. policywatch is
measured with the same work, and with all that it does for a story: sentences, numbers, titles, the comparison. Then
100,000 articles stand in a real store, and more come in, as polls bring them.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from datasketch import MinHash, MinHashLSH
from sqlalchemy import text as sql

from benchmarks.articles import articles
from benchmarks.harness import Fact, Row
from policywatch.articles import minhash, profile, titles
from policywatch.articles.cluster import Clusters
from policywatch.articles.likeness import Telling
from policywatch.articles.normalise import normalise
from policywatch.model import RawItem, TextState
from policywatch.pipeline.gather import gather
from policywatch.store import articles as article_rows
from policywatch.store import sources, stories
from policywatch.store.db import Database
from policywatch.text.fold import folded
from policywatch.text.table import codes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

COUNT = 1000
STORED = 100_000
GOAL = 20
NOW = datetime(2026, 11, 25, tzinfo=UTC)
_Texts = list[tuple[str, int | None]]


def texts(count: int = COUNT, seed: int = 9) -> _Texts:
    """Articles, each with the number of the one that it reprints: up to two sentences anew, a site's line before it."""
    dice = random.Random(seed)  # the same in every run
    fresh = articles(count, seed=31)
    made: _Texts = []
    for number, one in enumerate(fresh):
        if number > 20 and dice.random() < 0.1:
            of = dice.randrange(number)
            while made[of][1] is not None:
                of = dice.randrange(number)
            sentences = made[of][0].split("。")
            for _ in range(dice.randint(0, 2)):
                sentences[dice.randrange(len(sentences))] = dice.choice(one.split("。"))
            head = "来源:某某日报 责任编辑:张三\n\n" if dice.random() < 0.5 else ""
            made.append((head + "。".join(sentences), of))
        else:
            made.append((folded(one), None))
    return made


def rows() -> Iterator[Row]:
    """Speeds; raises AssertionError where fewer than 99 of 100 reprints are found that datasketch finds."""
    made = texts()
    bodies = [body for body, _ in made]
    theirs, ours = _datasketch(bodies), _sketched(bodies)
    found = [number for number, other in enumerate(theirs) if other is not None]
    assert sum(ours[number] is not None for number in found) >= 0.99 * len(found)
    right = [number for number, (_, of) in enumerate(made) if of is not None]
    assert sum(ours[number] is not None for number in right) >= 0.99 * len(right)
    peer = "datasketch MinHash(128) + LSH"
    yield Row(
        "sketch, look up, keep", peer, partial(_datasketch, bodies), partial(_sketched, bodies), COUNT, "articles", GOAL
    )
    yield Row(
        "the same, to stories", peer, partial(_datasketch, bodies), partial(_clustered, bodies), COUNT, "articles", 4
    )


def _datasketch(bodies: Sequence[str]) -> list[int | None]:
    index = MinHashLSH(threshold=0.6, num_perm=128)
    found: list[int | None] = []
    for number, body in enumerate(bodies):
        sketch = MinHash(num_perm=128)
        sketch.update_batch([shingle.encode() for shingle in {body[at : at + 5] for at in range(len(body) - 4)}])
        near = index.query(sketch)
        found.append(min(near) if near else None)
        if not near:
            index.insert(number, sketch)
    return found


def _sketched(bodies: Sequence[str]) -> list[int | None]:
    index: dict[int, int] = {}
    sketches: list[np.ndarray] = []
    found: list[int | None] = []
    for number, body in enumerate(bodies):
        sketch = minhash.sketch(codes_of(body))
        sketches.append(sketch)
        bands = minhash.bands(sketch).tolist()
        near = {other for band in bands if (other := index.get(band)) is not None}
        alike = [other for other in sorted(near) if minhash.likeness(sketches[other], sketch) >= 0.5]
        found.append(alike[0] if alike else None)
        if not alike:
            for band in bands:
                index.setdefault(band, number)
    return found


def _clustered(bodies: Sequence[str]) -> Clusters:
    clusters = Clusters()
    for body in bodies:
        clusters.add(Telling(titles.parsed.__wrapped__(body[:24]), profile.of_folded(body), None))
    return clusters


def facts() -> Iterator[Fact]:
    """What 100,000 articles in the store cost."""
    with tempfile.TemporaryDirectory() as room:
        db = Database.open(Path(room) / "policywatch.sqlite")
        try:
            db.write_now(sources.sync, [sources.SourceRow("s", "s", "feed", "https://a/", "f")], NOW)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for first in range(0, STORED, 5000):
                db.write_now(_fill, first, 5000)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            yield Fact("memory for 100,000 articles", grown / STORED, "KiB an article", 2.5)
            size = db.read_now(_size)
            yield Fact("in the database, bands and profile", size / STORED / 1024, "KiB an article", 2.5)
            spent = _arriving(db)
            yield Fact("gathering, with 100,000 in the store, polls of ten", spent / COUNT * 1e6, "µs an article", 1000)
        finally:
            db.close()


def _size(tx: Connection) -> int:
    found: int = tx.execute(
        sql("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'article_band%' OR name LIKE 'article_profile%'")
    ).scalar_one()
    return found


def _fill(tx: Connection, first: int, count: int) -> None:
    dice = np.random.default_rng(first)
    added = article_rows.add(tx, [article_rows.NewArticle(_article(first + at, "")) for at in range(count)])
    kept = []
    for one in added:
        sketch, sentences, templates = (
            dice.integers(0, 1 << 32, size=size, dtype=np.uint32) for size in (minhash.BINS, 24, 24)
        )
        made = profile.Profile(sketch, sentences, templates)
        title = dice.integers(-(1 << 62), 1 << 62, size=2).tolist()
        kept.append(stories.Kept(one.article_id, made.packed(), (*made.bands, *title)))
    stories.keep(tx, kept, NOW)


def _article(number: int, body: str):  # noqa: ANN202
    raw = RawItem(key=str(number), url=f"https://a/{number}", title=f"第{number}号公报发布", published=NOW)
    article = normalise(raw, source="s", now=NOW, text_state=TextState.COMPLETE)
    return replace(article, profile=profile.of_folded(body).packed())


def _arriving(db: Database) -> float:
    """Seconds that a thousand articles take to be gathered; reading and adding them is not counted."""
    spent = 0.0
    bodies = texts()
    for first in range(0, COUNT, 10):
        some = [_article(STORED + first + at, body) for at, (body, _) in enumerate(bodies[first : first + 10])]

        def arrive(tx: Connection, some: list[object] = some) -> float:
            added = article_rows.add(tx, [article_rows.NewArticle(one) for one in some])
            begin = time.perf_counter()
            gather(
                tx,
                [(one.article_id, one.story_id, article) for one, article in zip(added, some, strict=True)],
                timedelta(days=30),
                NOW,
            )
            return time.perf_counter() - begin

        spent += db.write_now(arrive)
    return spent
