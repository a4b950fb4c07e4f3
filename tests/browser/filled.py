"""A store with something of everything that a page can show, and the application served from it on loopback.

    with filled.opened(folder) as house:            # a store, a plan, a clock that stands still
        with filled.served(house.site()) as address:    # http://127.0.0.1:<port>
            ...

With `hostile=...` that text stands in everything that comes from outside: names, titles, errors, excerpts.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import uvicorn
from sqlalchemy import text

from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.model import (
    Article,
    Deadline,
    Document,
    Excerpt,
    Hit,
    Moved,
    SourceHistory,
    Span,
    TextState,
    Trouble,
)
from policywatch.pipeline import documents
from policywatch.pipeline.digest import Digester
from policywatch.pipeline.plan import Plan
from policywatch.pipeline.saved import SearchSpec
from policywatch.sources.base import SourceSpec
from policywatch.store import articles, hits, recipients, runs, sources
from policywatch.store.db import Database
from policywatch.web.app import build
from webs import TEMPLATES, site_of

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
"""Wednesday, 10:00 in China."""
LISTS = ("量子科技", "低空经济", "生物制造")
TITLES = {
    "量子科技": ("关于组织开展量子科技专项申报工作的通知", "量子计算重大项目启动", "量子通信骨干网建设方案印发"),
    "低空经济": ("低空经济发展条例（征求意见稿）公开征求意见", "首批低空航线公布", "无人驾驶航空器管理细则"),
    "生物制造": ("生物制造中试平台建设指南", "合成生物学产业行动计划", "生物制造标准体系建设方案"),
}
_STATES = (
    ("sent", ""),
    ("failed", "550 5.1.1 no such mailbox"),
    ("retry", "no connection: timed out"),
    ("unknown", "the link died after the final dot"),
)


@dataclass
class House:
    """A filled policywatch."""

    db: Database
    plan: Plan
    renderer: Renderer
    now: datetime = NOW
    faults: tuple[str, ...] = ()
    more: dict = field(default_factory=dict)

    def site(self):
        return site_of(self.plan, self.db, self.renderer, lambda: self.now, faults=lambda: self.faults, **self.more)

    @property
    def app(self):
        return build(self.site())


@contextlib.contextmanager
def opened(where: Path | str, *, hostile: str = "", days: int = 12, public_url: str | None = None):
    """A filled house in a folder or a database; closed at the end."""
    place = where if isinstance(where, str) else (where / "policywatch.sqlite" if where.is_dir() else where)
    db = Database.open(place)
    house = House(db, _plan(hostile, public_url), Renderer(jinja2.FileSystemLoader(TEMPLATES), is_shipped=True))
    try:
        _fill(house, hostile, days)
        yield house
    finally:
        db.close()


@contextlib.contextmanager
def served(app):
    """The application behind uvicorn in a thread of its own; gives its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        # The socket listens before the thread does: whoever connects waits in its queue.
        listening.listen(64)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def _plan(hostile: str, public_url: str | None) -> Plan:
    def source(number: str, name: str, kind: str = "feed", **more) -> SourceSpec:
        return SourceSpec(id=number, name=name + hostile, kind=kind, url=f"https://{number}.example.org/list", **more)

    return Plan(
        sources=(
            source("ministry", "示例部"),
            source("city", "示例市工业和信息化局", "listpage", options={"item": "ul.list li"}),
            source("agency", "示例通讯社"),
            source("silent", "示例产业网"),
            source("gone", "示例园区管委会"),
            source("moved", "示例研究院"),
            source("new", "示例省科技厅"),
        ),
        watchlists=tuple(WatchlistSpec(name=name, any=[name]) for name in (*LISTS, "空清单")),
        subscriptions=(
            SubscriptionSpec(
                id="morning",
                name=f"产业早报{hostile}"[:200],
                to=[
                    {"address": "li.wei@example.org", "language": "zh-CN"},
                    {"address": "reader@example.org", "language": "en"},
                    {"address": "paused@example.org", "language": "zh-CN"},
                    {"address": "stopped@example.org", "language": "zh-CN"},
                ],
                watchlists="all",
                digest={"at": "30 8 * * mon-fri"},
            ),
            SubscriptionSpec(
                id="weekly",
                name="量子周报",
                to=["team@example.org"],
                watchlists=["量子科技"],
                digest={"at": "0 9 * * mon"},
                review=True,
                review_for="48h",
                feed={"token": "a-token-that-only-readers-know-0001"},
            ),
            SubscriptionSpec(
                id="flash", name="快讯", to=["duty@example.org"], watchlists=["低空经济"], alert={"min_score": 60}
            ),
        ),
        searches=(SearchSpec(id="quantum", name=f"量子申报{hostile}"[:200], query="量子"),),
        zone=ZoneInfo("Asia/Shanghai"),
        language="zh-CN",
        sender="policywatch <news@example.org>",
        channel="maildir",
        public_url=public_url,
    )


def _fill(house: House, hostile: str, days: int) -> None:
    db, plan = house.db, house.plan
    first = NOW - timedelta(days=days)
    db.write_now(
        sources.sync,
        [
            sources.SourceRow(spec.id, spec.name, spec.kind, spec.url, "f", f"{spec.id}.example.org")
            for spec in plan.sources
        ],
        first,
    )
    db.write_now(runs.subscribe, [one.id for one in plan.subscriptions], first)
    number = 0
    for day in range(days):
        at = first + timedelta(days=day + 1, minutes=-40)
        for watchlist in LISTS[: 1 + (day * 7) % len(LISTS)]:
            number += 1
            title = f"{TITLES[watchlist][number % 3]}（第{number}期）{hostile}"
            source = ("ministry", "city", "agency")[number % 3]
            publish(db, number, title, watchlist, source, at, hostile, deadline=number % 3)
        if day == days - 2:
            _close(house, at)
    _sources(db, hostile)
    _outbox(db, hostile)


def publish(
    db: Database,
    number: int,
    title: str,
    watchlist: str,
    source: str,
    at: datetime,
    hostile: str = "",
    *,
    deadline: int = 0,
) -> int:
    """A matched article that waits for the subscriptions; gives its story."""
    body = f"{title}。为加快发展{watchlist}，示例部决定组织开展申报工作，请于截止日期前提交材料。{hostile}"
    key = f"{number:016x}"
    url = f"https://{source}.example.org/{number}"
    ends = (at + timedelta(days=14 + deadline)).astimezone(ZoneInfo("Asia/Shanghai")).date()
    document = Document(
        numbers=(f"示例发〔2026〕{number}号",),
        issuers=("示例部",),
        kind="通知",
        region="中国",
        deadlines=(Deadline(ends, "申报", f"请于{ends.month}月{ends.day}日前提交"),) if deadline else (),
    )
    article = Article(
        source, key, url, url, title, title, body, body, at - timedelta(hours=1), at, "示例部", TextState.COMPLETE, key,
        document=document,
    )  # fmt: skip
    begin = title.find(watchlist)
    span = Span(watchlist, "title" if begin >= 0 else "body", max(begin, 0), max(begin, 0) + len(watchlist), watchlist)
    hit = Hit(watchlist, 70.0, (span,), Excerpt(body[:80], ((0, 4),)))

    def add(tx):
        (added,) = articles.add(tx, [articles.NewArticle(article)])
        documents.keep(tx, [(added.article_id, article)])
        hits.add(tx, [(added.article_id, hit)], at)
        due = [
            "morning",
            *(["weekly"] if watchlist == "量子科技" else []),
            *(["flash"] if watchlist == "低空经济" else []),
        ]
        runs.add_due(tx, [runs.Due(one, added.story_id, 70.0) for one in due], at)
        return added.story_id

    return db.write_now(add)


def _close(house: House, at: datetime) -> None:
    digester = Digester(house.plan, house.db, house.renderer, lambda: at)
    for subscription in house.plan.subscriptions[:2]:
        # In a thread: a browser that is driven from this one has a loop in it.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda one: asyncio.run(digester.close_now(one)), subscription).result()


def _sources(db: Database, hostile: str) -> None:
    hour = timedelta(hours=1)
    history = SourceHistory(items=20, dated=20, last_new_at=NOW - 2 * hour, gaps=(86_400,) * 6)
    for name in ("ministry", "city"):
        db.write_now(
            sources.record_successes,
            [sources.Success(name, NOW - hour / 2, NOW + hour / 2, {}, {}, 20, NOW - 2 * hour, history)],
        )
    failing = SourceHistory(
        fault="http_403", fault_times=4, trouble=Trouble.BLOCKED.value, trouble_since=NOW - 50 * hour
    )
    refused = sources.Failure(
        "agency", NOW - hour, NOW + 3 * hour, f"the server refuses to answer (HTTP 403){hostile}", failing
    )
    for _ in range(4):
        db.write_now(sources.record_failure, refused)
    silent = SourceHistory(
        last_new_at=NOW - timedelta(days=40), trouble=Trouble.SILENT.value, trouble_since=NOW - timedelta(days=20)
    )
    db.write_now(
        sources.record_successes, [sources.Success("silent", NOW - hour, NOW + hour, {}, {}, 12, None, silent)]
    )
    gone = SourceHistory(
        fault="http_410", fault_times=3, gone_since=NOW - timedelta(days=9), trouble=Trouble.GONE.value
    )
    db.write_now(
        sources.record_failure, sources.Failure("gone", NOW - hour, NOW + hour, "the page is gone (HTTP 410)", gone)
    )
    moved = SourceHistory(moved=Moved("https://moved.example.org/new", 9, NOW - timedelta(days=9), is_settled=True))
    db.write_now(sources.record_successes, [sources.Success("moved", NOW - hour, NOW + hour, {}, {}, 5, None, moved)])


def _outbox(db: Database, hostile: str) -> None:
    """The mails of the first digest in one state each, and what its readers decided."""

    def settle(tx):
        rows = tx.execute(text("SELECT id FROM message WHERE state = 'pending' ORDER BY id")).all()
        for row, (state, why) in zip(rows, _STATES, strict=False):
            tx.execute(
                text(
                    "UPDATE message SET state = :state, last_error = :why, attempts = 1, next_at = NULL WHERE id = :id"
                ),
                {"state": state, "why": why + (hostile if why else ""), "id": row.id},
            )
        recipients.decide(tx, "morning", recipients.key("paused@example.org"), "paused", NOW + timedelta(weeks=2), NOW)
        recipients.decide(tx, "morning", recipients.key("stopped@example.org"), "stopped", None, NOW)

    db.write_now(settle)
