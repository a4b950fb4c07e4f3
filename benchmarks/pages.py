"""How long pages take at 100,000 articles of 500 sources in a year, 33,000 of them on lists, and 50,000 mails.

The median of 15 answers of the whole application, one after the other, without a network. Articles have a text of some
200 characters and stand in the index. The workshop may look at the archive for two seconds, and has them on top.
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
from policywatch.pipeline.saved import SearchSpec
from policywatch.sources.base import SourceSpec
from policywatch.store import indexing, values
from policywatch.web.pages.workshop import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

ARTICLES, SOURCES, HITS, MAILS = 100_000, 500, 30_000, 50_000
ANSWERS = 15
MOST = 50.0
"""Milliseconds."""
FIRST = 1_000_000
"""Number of the oldest article."""
PATHS = (
    "/",
    "/sources",
    "/sources/s7",
    "/subscriptions",
    "/subscriptions/morning",
    "/drafts",
    "/outbox",
    "/feeds",
    "/archive",
    "/archive?q=量子+申报",
    "/archive?q=title:管理办法&watchlist=量子科技&order=newest",
    f"/story/{FIRST + ARTICLES // 2}",
    "/watchlists",
    "/watchlists/量子科技",
    "/workshop",
    "/workshop?rule=量子+管理办法&days=30",
    "/feeds/watchlist/量子科技.atom",
    "/feeds/search/drafts.atom",
    "/feeds/search/recent.atom",
)
SEARCHES = (
    SearchSpec(id="drafts", query="量子 管理办法 OR 征求意见"),
    SearchSpec(id="recent", watchlist="量子科技", since="90d"),
)
SUBJECTS = ("量子科技", "低空经济", "生物制造", "脑机接口", "人形机器人", "氢能", "深海装备")
FORMS = ("专项申报工作的通知", "管理办法", "行动计划", "征求意见的公告", "揭榜挂帅项目的名单")


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
        house.plan = replace(house.plan, sources=(*house.plan.sources, *sources), searches=SEARCHES)
        while entries := house.db.read_now(indexing.take, 500):
            house.db.write_now(indexing.put, entries)
        client = TestClient(house.app, base_url="http://127.0.0.1")
        for path in PATHS:
            took = []
            for number in range(ANSWERS):
                # A feed is kept for each name that it is asked for under, and would be built only once.
                host = {"host": f"127.0.0.1:{8000 + number}"}
                started = time.perf_counter()
                answer = client.get(path, headers=host)
                took.append((time.perf_counter() - started) * 1000)
                assert answer.status_code == 200, path
            most = MOST + SECONDS * 1000 if path.startswith("/workshop?") else MOST
            yield Fact(f"{path}, median", statistics.median(took), "ms", most)


def _many(tx: Connection, now: int) -> None:
    """A year of articles, each its own story."""
    year = 365 * 86_400 * 1_000_000
    tx.execute(
        text(
            "INSERT INTO source (id, name, kind, url, fingerprint, is_active, first_seen_at, next_poll_at) "
            "VALUES (:id, :id, 'feed', 'https://it.example.org/', 'f', 1, 1, :now)"
        ),
        [{"id": f"s{one}", "now": now + 1} for one in range(SOURCES)],
    )
    numbers = [
        {
            "id": FIRST + one,
            "at": now - year + year * one // ARTICLES,
            "source": f"s{one % SOURCES}",
            "key": f"{one:016x}",
            "title": _title(one),
        }
        for one in range(ARTICLES)
    ]
    tx.execute(text("INSERT INTO story (id, head_id, first_seen_at) VALUES (:id, :id, :at)"), numbers)
    tx.execute(
        text(
            "INSERT INTO article (id, source, key, story_id, url, canonical_url, title, publisher, published_at, "
            "fetched_at, signature, text_state, is_baseline) VALUES (:id, :source, :key, :id, 'https://it.example.org/', "
            "'', :title, '示例部', :at, :at, :key, 'complete', 0)"
        ),
        numbers,
    )
    tx.execute(
        text("INSERT INTO article_text (article_id, body) VALUES (:id, :body)"),
        [{"id": FIRST + one, "body": _body(one)} for one in range(ARTICLES)],
    )
    indexing.want_all(tx)
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


def _title(number: int) -> str:
    return f"关于{SUBJECTS[number % len(SUBJECTS)]}{FORMS[number % len(FORMS)]}（第{number}号）"


def _body(number: int) -> str:
    """Some 200 characters in three paragraphs."""
    subject, other = SUBJECTS[number % len(SUBJECTS)], SUBJECTS[number // 7 % len(SUBJECTS)]
    sentence = "为贯彻落实国家有关部署，加快培育新质生产力，现就有关事项通知如下，请各单位结合实际认真执行。"
    return f"{sentence}\n\n支持{subject}与{other}融合发展，{sentence}\n\n联系人：示例处 {number}。{sentence}"
