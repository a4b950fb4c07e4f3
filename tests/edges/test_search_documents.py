"""Every article is read as a document on its way into the index: the filters by those find all that is kept.

Also what came in before that was so: bit by bit, behind what is new, and on from where it was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, event, text

from archive_desk import NAMES, ArchiveDesk
from policywatch.pipeline import index
from policywatch.pipeline.reading import Reader
from policywatch.sandbox.pool import Sandbox
from policywatch.store import articles, documents, indexing, query, schema, search
from policywatch.store.db import Database
from policywatch.store.postgresql import parsed
from policywatch.web.pages import archive as archive_page
from webs import TEMPLATES, site_of

NOTICE = "关于申报2026年度海洋牧场示范项目的通知"
BODY = "各区水务局：\n\n现组织申报海洋牧场示范项目。\n\n深圳市海洋发展局\n2026年11月20日"


@pytest.fixture
def desk(place):
    made = ArchiveDesk(place)
    yield made
    made.close()


def found(db: Database, wanted: str = "", **filters: object) -> list[str]:
    results = db.read_now(search.search, query.parsed(wanted), search.Filters(**filters), limit=100)
    return [match.story.title for match in results.matches]


def unread(db: Database) -> tuple[int, int]:
    results = db.read_now(search.search, query.parsed(""), search.Filters())
    return results.waiting, results.unread


def catch_up(db: Database) -> int:
    return asyncio.run(index.catch_up(db))


def as_before(desk: ArchiveDesk, *, is_read: int = 0) -> None:
    """The archive as a version left it that read only what matched; it was in the index all the same."""

    def forget(tx):
        for table in ("document_number", "document_issuer", "deadline", "relation", "document"):
            tx.execute(text(f"DELETE FROM {table} WHERE article_id > :read"), {"read": is_read})
        tx.execute(text("DELETE FROM search_queue WHERE article_id > 0"))
        indexing.want_all(tx)

    desk.db.write_now(forget)
    while entries := desk.db.read_now(indexing.take, 50):
        desk.db.write_now(indexing.put, entries)
    desk.db.write_now(
        lambda tx: tx.execute(
            text("UPDATE search_reading SET position = (SELECT max(id) + 1 FROM article), waiting = :count"),
            {"count": tx.execute(text("SELECT count(*) FROM article")).scalar_one()},
        )
    )


def test_an_article_that_no_list_wants_is_found_by_what_it_is(desk):
    desk.come(NOTICE, BODY, "ministry")
    desk.come("示例市举行运动会", "比赛在周日举行。")
    assert catch_up(desk.db) == 2
    assert desk.rows("SELECT count(*) FROM hit") == [(0,)]
    for filters in (
        {"regions": ("广东",)},
        {"regions": ("深圳市",)},
        {"kinds": ("申报",)},
        {"levels": ("市", "区县")},
        {"issuer": "海洋发展"},
        {"regions": ("广东",), "kinds": ("申报", "公示"), "issuer": "深圳市海洋发展局"},
    ):
        assert found(desk.db, **filters) == [NOTICE], filters
        assert found(desk.db, "海洋牧场", **filters) == [NOTICE], filters
    for filters in ({"regions": ("北京",)}, {"kinds": ("批复",)}, {"levels": ("省",)}, {"issuer": "外交"}):
        assert found(desk.db, **filters) == [], filters


def test_what_a_list_wants_stays_as_it_was_read_when_it_matched(desk):
    """Then the tags of its page were there too; they are not kept."""
    matched = desk.come("关于支持量子科技的通知", "各单位：\n\n请遵照执行。")
    before = desk.rows("SELECT * FROM document")
    catch_up(desk.db)
    assert desk.rows("SELECT * FROM document") == before
    assert [row[0] for row in before] == [matched]


def test_a_text_that_changes_is_read_again_and_one_that_goes_is_not(desk):
    article = desk.come(NOTICE, BODY, "ministry")
    catch_up(desk.db)
    edited = BODY.replace("深圳市海洋发展局", "厦门市海洋发展局").replace("水务局", "有关单位")

    def edit(tx):
        tx.execute(text("UPDATE article_text SET body = :body WHERE article_id = :id"), {"body": edited, "id": article})
        indexing.want(tx, [article])

    desk.db.write_now(edit)
    catch_up(desk.db)
    assert found(desk.db, issuer="厦门") == found(desk.db, regions=("福建",)) == [NOTICE]
    assert found(desk.db, issuer="深圳") == found(desk.db, regions=("广东",)) == []
    desk.db.write_now(articles.prune_texts, desk.now + timedelta(days=1))
    catch_up(desk.db)
    assert found(desk.db, "有关单位") == []
    assert found(desk.db, issuer="厦门") == [NOTICE]


def test_what_changes_while_it_is_read_keeps_nothing_of_the_old_reading(desk):
    article = desk.come(NOTICE, BODY, "ministry")

    async def read(unread):
        rows = await index.here(unread)
        if len(reads := [*reads_, 1]) == 1:
            await desk.db.write(indexing.want, [article])
            await desk.db.write(
                lambda tx: tx.execute(text("UPDATE article SET title = '关于海洋牧场的公示' WHERE id > 0"))
            )
        reads_[:] = reads
        return rows

    reads_: list[int] = []
    asyncio.run(index.catch_up(desk.db, read))
    assert len(reads_) == 2
    assert desk.rows("SELECT kind FROM document") == [("公示",)]
    assert found(desk.db, kinds=("申报",)) == []
    assert found(desk.db, kinds=("公示",)) == ["关于海洋牧场的公示"]


@pytest.mark.parametrize("asked", ["财政", "財政", "深圳市财政局", "局", "  财政局 "])
def test_a_body_is_found_by_any_part_of_its_name_however_many_there_are(desk, asked):
    names = [f"示例{number}县财政局" for number in range(120)] + ["深圳市财政局"]

    def issue(tx):
        rows = []
        for article, name in zip(ids, names, strict=True):
            rows.append(documents.Row(article, documents.Document(kind="通知", issuers=(name, "示例大学"))))
        documents.put(tx, rows)

    ids = [desk.come(f"题{number}", "文") for number in range(len(names))]
    desk.db.write_now(issue)
    catch_up(desk.db)
    results = desk.db.read_now(search.search, query.parsed(""), search.Filters(issuer=asked), limit=500)
    holding = [name for name in names if asked.strip().replace("財", "财") in name]
    assert len(results.matches) == len(holding) > 0


def test_a_part_of_a_name_must_stand_together(desk):
    one = desk.come("甲", "文")
    document = documents.Document(kind="通知", issuers=("工业和信息化部", "European Commission"))
    desk.db.write_now(documents.put, [documents.Row(one, document)])
    catch_up(desk.db)
    for part in ("工信部", "信息化", "european", "COMMISSION", "部"):
        assert found(desk.db, issuer=part) == ["甲"], part
    for part in ("工业信息化", "化和", "工业和信息化部科技司", "%", "_"):
        assert found(desk.db, issuer=part) == [], part


def test_regions_stand_in_their_order_and_are_each_named_once(desk):
    for region in ("美国", "深圳市", "中国", "广东省", "北京市", "广东省", "", "阿根廷", "广州市"):
        one = desk.come(f"题{region}{desk.count}", "文")
        desk.db.write_now(documents.put, [documents.Row(one, documents.Document(kind="通知", region=region))])
    expected = ["中国", "北京市", "广东省", "广州市", "深圳市", "美国", "阿根廷"]
    assert desk.db.read_now(documents.regions) == expected
    assert desk.db.read_now(documents.regions_within, ["广东"]) == ["广东省", "广州市", "深圳市"]


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"regions": ("广东",)},
        {"kinds": ("申报", "通知")},
        {"levels": ("市",)},
        {"issuer": "海洋"},
        {"regions": ("广东",), "kinds": ("申报",), "levels": ("市",), "issuer": "局"},
    ],
)
def test_no_filter_looks_through_the_whole_archive(tmp_path, filters):
    """Every statement of a search goes by an index, on the database that plans without statistics."""
    desk = ArchiveDesk(tmp_path / "policywatch.sqlite")
    desk.come(NOTICE, BODY, "ministry")
    catch_up(desk.db)
    asked: list[tuple[str, object]] = []

    def heard(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        assert found(desk.db, **filters) == [NOTICE]
    finally:
        event.remove(Engine, "before_cursor_execute", heard)
    whole = []
    with contextlib.closing(sqlite3.connect(desk.place)) as raw:
        for statement, parameters in asked:
            plan = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            whole += [line[3] for line in plan if line[3].startswith("SCAN")]
    desk.close()
    # A recursion's own rows, the one row of how far the reading is, what waits, and the index of tokens by its tokens.
    small = {"SCAN found", "SCAN search_reading", "SCAN search_queue"}
    assert [line for line in whole if line not in small and "VIRTUAL TABLE INDEX" not in line] == []


# --- what came in before ------------------------------------------------------------------------------------------


def test_older_articles_are_read_behind_what_is_new(desk):
    for number in range(50):
        desk.come(f"{NOTICE}（{number}）", BODY, "ministry")
    as_before(desk)
    assert found(desk.db, regions=("广东",)) == []
    assert len(found(desk.db, "海洋牧场")) == 50
    assert unread(desk.db) == (0, 50)
    assert desk.db.read_now(indexing.is_any_waiting)

    desk.db.write_now(indexing.read_on, 20)
    assert unread(desk.db) == (0, 50), "what is about to be read is found by its words already"
    new = desk.come("刚到的公示", "公示期五天。")
    assert unread(desk.db) == (1, 50)
    assert desk.db.read_now(indexing.take, 1)[0].article_id == new
    assert catch_up(desk.db) == 21
    assert unread(desk.db) == (0, 30)
    newest = [f"{NOTICE}（{number}）" for number in range(49, 29, -1)]
    assert found(desk.db, regions=("广东",)) == newest

    assert asyncio.run(index.read_on(desk.db)) == 30
    assert unread(desk.db) == (0, 0)
    assert not desk.db.read_now(indexing.is_any_waiting)
    assert len(found(desk.db, regions=("广东",))) == 50
    assert asyncio.run(index.read_on(desk.db)) == 0


def test_a_run_ends_in_time_and_the_next_one_goes_on(desk):
    for number in range(25):
        desk.come(f"{NOTICE}（{number}）", BODY, "ministry")
    as_before(desk)
    assert asyncio.run(index.read_on(desk.db, seconds=0)) == 0
    assert asyncio.run(index.read_on(desk.db, seconds=1e-9)) <= index.OLD_AT_ONCE
    asyncio.run(index.read_on(desk.db))
    assert len(found(desk.db, issuer="海洋发展局")) == 25


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from policywatch.pipeline import index
from policywatch.store import indexing
from policywatch.store.db import Database
where, left = sys.argv[1], [int(sys.argv[2])]
index.OLD_AT_ONCE = 3
db = Database.open(where if "://" in where else Path(where))
write = db.write
async def counted(*given):
    done = await write(*given)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
db.write = counted
asyncio.run(index.read_on(db))
"""
"""Dies after so many transactions: after one, articles wait to be read; after two, they have been."""


@pytest.mark.parametrize("writes", [1, 2, 5])
def test_what_is_killed_in_the_middle_goes_on_where_it_was(desk, writes):
    for number in range(12):
        desk.come(f"{NOTICE}（{number}）", BODY, "ministry")
    as_before(desk)
    desk.close()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(desk.place), str(writes)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    desk.db = Database.open(desk.place)
    done = writes // 2 * 3
    assert len(found(desk.db, regions=("广东",))) == done
    assert unread(desk.db) == (0, 12 - done)
    assert asyncio.run(index.read_on(desk.db)) + catch_up(desk.db) == 12 - done
    assert len(found(desk.db, regions=("广东",))) == 12
    assert unread(desk.db) == (0, 0)
    numbers = desk.rows("SELECT document FROM search_text")
    assert len(numbers) == len(set(numbers)) == 12


def test_an_archive_of_before_is_read_after_its_migration(place):
    """Laid down as the version before left it; what it had read of matched articles stays."""
    engine = create_engine(parsed(place) if isinstance(place, str) else f"sqlite:///{place}")
    with engine.begin() as tx:
        if isinstance(place, str):
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
        command.upgrade(schema._config(tx), "0008")
        tx.execute(
            text(
                "INSERT INTO source (id, name, kind, url, fingerprint, is_active, first_seen_at, next_poll_at) "
                "VALUES ('s', '部', 'feed', 'x', 'f', 1, 1, 1)"
            )
        )
        for number, state in ((1, "complete"), (2, "complete"), (3, "awaiting")):
            tx.execute(text("INSERT INTO story (id, first_seen_at) VALUES (:number, 1)"), {"number": number})
            tx.execute(
                text(
                    """
                    INSERT INTO article (id, source, key, story_id, url, canonical_url, title, publisher, published_at,
                        fetched_at, signature, text_state, is_baseline, listed, standing)
                    VALUES (:number, 's', :key, :number, 'https://www.shili.gov.cn/', '', :title, '', 1, 1, :key,
                        :state, 0, '', 3)
                    """
                ),
                {"number": number, "key": f"{number:016x}", "title": NOTICE, "state": state},
            )
            tx.execute(text("UPDATE story SET head_id = :number WHERE id = :number"), {"number": number})
            tx.execute(
                text("INSERT INTO article_text (article_id, body) VALUES (:number, :body)"),
                {"number": number, "body": BODY},
            )
        tx.execute(
            text("INSERT INTO document (article_id, kind, region, level, name) VALUES (2, '批复', '福建省', '省', '')")
        )
    engine.dispose()
    db = Database.open(place)
    assert unread(db) == (0, 2)
    assert asyncio.run(index.read_on(db)) == 2
    told = db.read_now(lambda tx: tx.execute(text("SELECT article_id, kind FROM document ORDER BY 1")).all())
    assert [tuple(row) for row in told] == [(1, "申报"), (2, "批复")]
    assert len(found(db, regions=("广东",))) == len(found(db, regions=("福建",))) == 1
    assert unread(db) == (0, 0)
    db.close()


# --- hostile texts ------------------------------------------------------------------------------------------------


class Fragile(Reader):
    """Lives in the child, and dies of one article."""

    def documents_of(self, articles):
        if any(one.title.startswith("毒") for one in articles):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().documents_of(articles)


def test_an_article_that_breaks_the_reading_process_holds_nothing_up(desk, monkeypatch):
    here = Path(__file__).parent
    paths = (here, here.parent, os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, paths)))
    for title in (f"{NOTICE}一", "毒", f"{NOTICE}二"):
        desk.come(title, BODY, "ministry")

    async def run() -> None:
        sandbox = Sandbox(f"{__name__}:Fragile", lambda: ((),))
        try:
            assert await index.catch_up(desk.db, index.in_child(sandbox)) == 3
        finally:
            await sandbox.close()

    asyncio.run(run())
    assert found(desk.db, kinds=("申报",)) == [f"{NOTICE}二", f"{NOTICE}一"]
    assert found(desk.db, "毒") == ["毒"]
    assert not desk.db.read_now(indexing.is_any_waiting)


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_still_to_be_read(desk):
    import jinja2
    from starlette.testclient import TestClient

    from policywatch.digests.render import Renderer
    from policywatch.web.app import build

    site = site_of(desk.plan, desk.db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: desk.now)
    client = TestClient(build(site), base_url="http://127.0.0.1")
    desk.come(NOTICE, BODY, "ministry")
    as_before(desk)
    asked = {"region": "广东省", "q": "海洋"}
    page = client.get("/archive", params=asked).text
    assert "另有 1 篇旧文章的地区、文种、层级和发文机关还没有读完" in page
    assert "另有 1 篇刚到" not in page
    assert "Of one older article region" in client.get("/archive", params={**asked, "lang": "en"}).text
    told = client.get("/archive", params=asked, headers={"accept": "application/json"}).json()
    assert (told["waiting"], told["unread"], told["rows"]) == (0, 1, [])
    asyncio.run(index.read_on(desk.db))
    told = client.get("/archive", params=asked, headers={"accept": "application/json"}).json()
    assert told["unread"] == 0
    assert [(row["kind"], row["region"]) for row in told["rows"]] == [("申报", "深圳市")]
    assert "还没有读完" not in client.get("/archive", params=asked).text
    assert archive_page.PAGE == 12
    assert NAMES["ministry"] == told["rows"][0]["source"]
