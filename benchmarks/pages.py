"""How long pages take at 100,000 articles of 500 sources in a year, 30,000 of them on lists, and 50,000 mails.

The median of 15 answers of the whole application, one after the other, without a network.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from starlette.testclient import TestClient

from benchmarks.harness import Fact
from policywatch.sources.base import SourceSpec
from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

ARTICLES, SOURCES, HITS, MAILS = 100_000, 500, 30_000, 50_000
ANSWERS = 15
MOST = 50.0
"""Milliseconds."""
PATHS = ("/", "/sources", "/sources/s7", "/subscriptions", "/subscriptions/morning", "/drafts", "/outbox", "/feeds")


def rows() -> Iterator[Fact]:
    """None: there is no peer."""
    return iter(())


def facts() -> Iterator[Fact]:
    """One for each page."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from browser import filled  # noqa: PLC0415  # found by the line above

    with tempfile.TemporaryDirectory() as folder, filled.opened(Path(folder)) as house:
        house.db.write_now(_many, values.micros(house.now) or 0)
        sources = [SourceSpec(id=f"s{one}", kind="feed", url="https://it.example.org/") for one in range(SOURCES)]
        house.plan = replace(house.plan, sources=(*house.plan.sources, *sources))
        client = TestClient(house.app, base_url="http://127.0.0.1")
        for path in PATHS:
            took = []
            for _ in range(ANSWERS):
                started = time.perf_counter()
                answer = client.get(path)
                took.append((time.perf_counter() - started) * 1000)
                assert answer.status_code == 200, path
            yield Fact(f"{path}, median", statistics.median(took), "ms", MOST)


def _many(tx: Connection, now: int) -> None:
    """A year of articles, each its own story."""
    year, first = 365 * 86_400 * 1_000_000, 1_000_000
    tx.execute(
        text(
            "INSERT INTO source (id, name, kind, url, fingerprint, is_active, first_seen_at, next_poll_at) "
            "VALUES (:id, :id, 'feed', 'https://it.example.org/', 'f', 1, 1, :now)"
        ),
        [{"id": f"s{one}", "now": now + 1} for one in range(SOURCES)],
    )
    numbers = [
        {
            "id": first + one,
            "at": now - year + year * one // ARTICLES,
            "source": f"s{one % SOURCES}",
            "key": f"{one:016x}",
        }
        for one in range(ARTICLES)
    ]
    tx.execute(text("INSERT INTO story (id, head_id, first_seen_at) VALUES (:id, :id, :at)"), numbers)
    tx.execute(
        text(
            "INSERT INTO article (id, source, key, story_id, url, canonical_url, title, publisher, published_at, "
            "fetched_at, signature, text_state, is_baseline) VALUES (:id, :source, :key, :id, 'https://it.example.org/', "
            "'', '关于组织开展专项申报工作的通知', '示例部', :at, :at, :key, 'complete', 0)"
        ),
        numbers,
    )
    every = ARTICLES // HITS
    tx.execute(
        text(
            "INSERT INTO hit (article_id, watchlist, score, evidence, excerpt, matched_at) "
            "VALUES (:id, '量子科技', 70.0, '[]', '[\"\", [], []]', :at)"
        ),
        numbers[::every],
    )
    tx.execute(
        text("INSERT INTO deadline (article_id, day, kind, words, place) VALUES (:id, :day, '申报', '', 0)"),
        [{"id": one["id"], "day": f"2026-{1 + place % 12:02}-15"} for place, one in enumerate(numbers[::every])],
    )
    tx.execute(
        text(
            "INSERT INTO message (run_id, recipient, channel, message_id, subject, state, created_at, settled_at) "
            "VALUES (1, :key, 'maildir', :key, '早报', 'sent', :at, :at)"
        ),
        numbers[:MAILS],
    )
