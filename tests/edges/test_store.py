"""The store on a real SQLite file: batches, locks, slots, the outbox, damage."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text

import postgres
from policywatch import errors
from policywatch.commands import storage
from policywatch.model import (
    Article,
    Excerpt,
    Hit,
    Message,
    Outcome,
    Receipt,
    Request,
    Span,
    TextState,
    Validators,
)
from policywatch.store import articles, hits, outbox, runs, schema, sources, stories, views
from policywatch.store.db import Database

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def db(place):
    yield from opened(place)


@pytest.fixture
def sqlite(tmp_path):
    yield from opened(tmp_path / "policywatch.sqlite")


def opened(place):
    made = Database.open(place)
    made.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], NOW)
    yield made
    made.close()


def article(number: int, **changes) -> Article:
    values = {
        "source": "s",
        "key": f"{number:016x}",
        "url": f"https://a/{number}",
        "canonical_url": f"https://a/{number}",
        "title": f"標題{number}",
        "original_title": f"標(biāo)題{number}",
        "body": "正文",
        "original_body": "正文",
        "published": NOW,
        "fetched_at": NOW,
        "publisher": "示例部",
        "text_state": TextState.COMPLETE,
        "signature": f"{number:016x}",
    }
    return Article(**{**values, **changes})


def add(db, number: int, **options):
    changes = options.pop("article", {})
    (added,) = db.write_now(articles.add, [articles.NewArticle(article(number, **changes), **options)])
    return added


HIT = Hit("量子", 70.0, (Span("量子", "title", 0, 2, "量子"),), Excerpt("关于量子的话", ((2, 4),)), ((0, 2),))


def story(db, number: int, hit: Hit = HIT) -> int:
    added = add(db, number)
    db.write_now(hits.add, [(added.article_id, hit)], NOW)
    return added.story_id


def test_what_was_written_is_read_back_whole(db):
    wanted = story(db, 1)
    ((found, _),) = db.read_now(views.of_watchlist, "量子")
    assert found.id == wanted
    assert (found.title, found.was_repaired, found.source_name, found.reprints) == ("標題1", True, "示例部", 0)
    assert found.hits == (HIT,)
    assert found.published == NOW


def test_the_stories_of_a_direction_are_those_of_its_members_too(db):
    wanted = {story(db, 1), story(db, 2, Hit("光伏", 30.0, ()))}
    story(db, 3, Hit("别的", 30.0, ()))
    found = [story for story, _ in db.read_now(views.of_watchlist, "未来能源", members=("光伏", "量子"))]
    assert {one.id for one in found} == wanted
    assert db.read_now(views.of_watchlist, "未来能源") == []


@pytest.mark.parametrize("limit", [1, 3, 7, 40])
def test_the_newest_stories_of_a_list_are_the_same_however_many_hits_share_a_moment(db, limit):
    """Hits are read in parts; a part may end among many of one moment, and a story may have hits of several."""
    dice = random.Random(limit)
    found: dict[int, int] = {}
    for number in range(60):
        at = dice.choice([3, 3, 3, 5, 8])
        into = dice.choice([None, None, *found]) if found else None
        added = add(db, number, story_id=into) if into else add(db, number)
        name = dice.choice(["量子", "光伏"])
        hit = Hit(name, 50.0, (Span(name, "title", 0, 2, name),), Excerpt(name, ()))
        db.write_now(hits.add, [(added.article_id, hit)], NOW + timedelta(minutes=at))
        found[added.story_id] = max(at, found.get(added.story_id, 0))
    wanted = sorted(found, key=lambda story: (found[story], story), reverse=True)[:limit]
    told = db.read_now(views.of_watchlist, "量子", limit, members=["光伏"])
    assert [(story.id, at) for story, at in told] == [(one, NOW + timedelta(minutes=found[one])) for one in wanted]


def test_the_weeks_of_a_list_count_each_story_once_and_no_history(db):
    story(db, 1)
    old = story(db, 2)
    both = add(db, 3)
    db.write_now(hits.add, [(both.article_id, HIT), (both.article_id, Hit("光伏", 30.0, ()))], NOW)
    db.write_now(hits.add, [(add(db, 4, baseline=True).article_id, HIT)], NOW)
    db.write_now(
        lambda tx: tx.execute(
            text("UPDATE story SET first_seen_at = first_seen_at - :back WHERE id = :id"),
            {"back": 8 * 86_400_000_000, "id": old},
        )
    )
    db.write_now(lambda tx: tx.execute(text("UPDATE hit SET matched_at = matched_at - 1")))
    lists = {"未来": ["量子", "光伏"], "光伏": ["光伏"], "空": ["没有"]}
    found = db.read_now(views.weekly, lists, 3, NOW + timedelta(hours=1))
    assert [(one.watchlist, one.weeks) for one in found] == [
        ("未来", (0, 1, 2)),
        ("光伏", (0, 0, 1)),
        ("空", (0, 0, 0)),
    ]
    assert db.read_now(views.weekly, lists, 1, NOW + timedelta(days=30))[0].weeks == (0,)


def test_the_texts_of_articles_are_given_by_number(db):
    added = add(db, 1)
    assert db.read_now(views.bodies, [added.article_id, 999]) == {added.article_id: "正文"}


def test_an_article_is_added_once(db):
    first, second = add(db, 1), add(db, 1)
    assert first.is_new
    assert not second.is_new
    assert second.article_id == first.article_id


def test_known_finds_by_key_address_and_signature(db):
    add(db, 1)
    for other in (
        article(1, canonical_url="x", signature="x"),
        article(2, canonical_url="https://a/1", signature="x"),
        article(3, canonical_url="x", signature=f"{1:016x}"),
    ):
        assert [row.key for row in db.read_now(articles.known, [other])] == [f"{1:016x}"]
    assert db.read_now(articles.known, [article(9)]) == []


def test_an_awaited_text_is_due_postponed_and_settled(db):
    request = Request("https://a/api", "POST", (("x", "y"),), b"\xff")
    awaited = {"text_state": TextState.AWAITING, "body": "摘要", "original_body": "摘要"}
    added = add(db, 1, article=awaited, detail=request, next_text_at=NOW)
    (row,) = db.read_now(articles.awaiting, NOW, 10)
    assert (row.request, row.title, row.summary, row.tries) == (request, "標(biāo)題1", "摘要", 0)
    assert db.read_now(articles.awaiting, NOW, 10, exclude=[added.article_id]) == []
    db.write_now(articles.postpone_text, added.article_id, next_at=NOW + timedelta(hours=1), error="no answer")
    assert db.read_now(articles.awaiting, NOW, 10) == []
    assert db.read_now(articles.awaiting, NOW + timedelta(hours=1), 10)[0].tries == 1
    db.write_now(articles.update_text, added.article_id, article(1))
    assert db.read_now(articles.awaiting, NOW + timedelta(hours=2), 10) == []


def test_a_story_is_due_once_for_each_subscription(db):
    one = story(db, 1)
    db.write_now(runs.add_due, [runs.Due("morning", one, 30.0), runs.Due("other", one, 30.0)], NOW)
    db.write_now(runs.add_due, [runs.Due("morning", one, 60.0)], NOW)
    db.write_now(runs.add_due, [runs.Due("morning", one, 50.0)], NOW)
    assert db.read_now(runs.waiting, "morning") == [(one, 60.0)]
    assert db.read_now(runs.waiting, "other") == [(one, 30.0)]
    run = db.write_now(runs.open_run, "morning", "a", NOW, "digest", NOW)
    assert db.write_now(runs.claim, run, "morning") == 1
    assert db.write_now(runs.open_run, "morning", "a", NOW, "digest", NOW) is None
    db.write_now(runs.add_due, [runs.Due("morning", one, 90.0)], NOW)
    assert db.read_now(runs.waiting, "morning") == []
    assert [one.id for one in db.read_now(runs.stories, run, ["量子"])] == [one]


def test_085_writers_that_commit_in_any_order_leave_each_story_in_exactly_one_run(db):
    """Stories become due while slots close; each is claimed by one run."""
    ids = [story(db, number) for number in range(60)]

    async def writer(mine):
        for one in mine:
            await db.write(runs.add_due, [runs.Due("m", one, 1.0)], NOW)

    def close(tx, number):
        run = runs.open_run(tx, "m", str(number), NOW, "digest", NOW)
        runs.claim(tx, run, "m")
        return [story.id for story in runs.stories(tx, run, ["量子"])]

    async def everything():
        closing = [db.write(close, number) for number in range(20)]
        done = await asyncio.gather(*(writer(ids[at::8]) for at in range(8)), *closing)
        return [*done[8:], await db.write(close, 99)]

    claimed = [one for run in asyncio.run(everything()) for one in run]
    assert sorted(claimed) == sorted(ids)


def test_only_the_write_that_fails_fails(db):
    """Calls that share a transaction do not share a fault."""

    def bad(tx):
        tx.execute(text("INSERT INTO subscription VALUES ('bad', 1)"))
        raise ValueError("mine")

    async def together():
        return await asyncio.gather(
            *(db.write(runs.subscribe, [f"s{number}"], NOW) for number in range(5)),
            db.write(bad),
            *(db.write(runs.subscribe, [f"t{number}"], NOW) for number in range(5)),
            return_exceptions=True,
        )

    results = asyncio.run(together())
    assert [type(result) for result in results if result is not None] == [ValueError]
    seen = db.read_now(lambda tx: tx.execute(text("SELECT id FROM subscription ORDER BY id")).scalars().all())
    assert seen == sorted([f"s{number}" for number in range(5)] + [f"t{number}" for number in range(5)])


def test_a_result_is_handed_back_only_after_the_commit(sqlite):
    sqlite.write_now(runs.subscribe, ["x"], NOW)
    other = sqlite3.connect(sqlite.name)
    assert other.execute("SELECT count(*) FROM subscription").fetchone() == (1,)
    other.close()


def test_098_a_locked_database_loses_nothing_and_blocks_nobody(sqlite):
    """While another process holds the lock the loop goes on, the wait can be seen, and every write arrives after."""
    other = sqlite3.connect(sqlite.name, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    async def work():
        writes = [asyncio.create_task(sqlite.write(runs.subscribe, [f"s{number}"], NOW)) for number in range(50)]
        lags, seen = [], 0.0
        loop = asyncio.get_running_loop()
        end = loop.time() + 7
        while loop.time() < end:
            before = loop.time()
            await asyncio.sleep(0.01)
            lags.append(loop.time() - before - 0.01)
            seen = max(seen, sqlite.busy_seconds)
        other.execute("COMMIT")
        await asyncio.gather(*writes)
        return max(lags), seen

    lag, seen = asyncio.run(work())
    other.close()
    assert lag < 0.5
    assert seen > 5
    assert sqlite.longest_wait > 5
    assert sqlite.busy_seconds == 0
    assert sqlite.read_now(lambda tx: tx.execute(text("SELECT count(*) FROM subscription")).scalar()) == 50


def test_099_writers_in_a_race_never_see_a_busy_database(db):
    """Eight threads write and read at once; every transaction that writes begins with BEGIN IMMEDIATE."""
    faults = []

    def race(worker):
        try:
            for number in range(150):
                db.write_now(runs.subscribe, [f"{worker}-{number}"], NOW)
                db.read_now(runs.first_seen, f"{worker}-{number}")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=race, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert db.read_now(lambda tx: tx.execute(text("SELECT count(*) FROM subscription")).scalar()) == 1200


def test_099_no_write_transaction_is_deferred(sqlite):
    statements = []

    def look(tx):
        tx.connection.dbapi_connection.set_trace_callback(statements.append)

    sqlite.write_now(look)
    sqlite.write_now(runs.subscribe, ["x"], NOW)
    assert [line for line in statements if line.startswith("BEGIN")] == ["BEGIN IMMEDIATE"]


def test_a_reader_cannot_write(db):
    with pytest.raises(errors.StoreError, match="cannot be written"):
        db.read_now(runs.subscribe, ["x"], NOW)


def test_094_the_file_is_held_by_one(tmp_path):
    path = tmp_path / "policywatch.sqlite"
    first = Database.open(path)
    started = time.monotonic()
    with pytest.raises(errors.StoreBusyError, match=f"process {os.getpid()}"):
        Database.open(path)
    assert time.monotonic() - started < 5
    reader = Database.open(path, read_only=True)
    assert reader.read_now(outbox.counts) == {}
    reader.close()
    first.close()
    Database.open(path).close()


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from policywatch.model import Article, TextState
from policywatch.store import articles, indexing, runs, sources
from policywatch.store.db import Database
db = Database.open(Path(sys.argv[1]))
now = datetime.now(UTC)
db.write_now(sources.sync, [sources.SourceRow("s", "s", "feed", "https://a/", "f")], now)
number = 0
while True:
    name = f"{sys.argv[2]}-{number}"
    key = f"{int(sys.argv[2]):08x}{number:08x}"
    article = Article("s", key, "https://a/" + key, "https://a/" + key, name, name, "text" * 100, "text" * 100, now, now, "",
        TextState.COMPLETE, key)
    db.write_now(articles.add, [articles.NewArticle(article)])
    db.write_now(indexing.put, db.read_now(indexing.take, 10))
    db.write_now(runs.subscribe, [name], now)
    print(number, flush=True)
    number += 1
"""


def test_095_killed_while_writing_the_file_is_whole_and_every_acknowledged_write_is_there(tmp_path):
    """At 3 points of a write load, with the index behind it; 1,000 with `make torture`."""
    path = tmp_path / "policywatch.sqlite"
    for turn in range(1000 if os.environ.get("POLICYWATCH_TORTURE") else 3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(turn)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(20 + 7 * turn % 50):
            line = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        acknowledged = [line, *process.stdout.readlines()]
        process.wait()
        process.stdout.close()
        last = max(int(line) for line in acknowledged if line.strip())
        db = Database.open(path)
        count = db.read_now(
            lambda tx, prefix: tx.execute(
                text("SELECT count(*) FROM subscription WHERE id LIKE :p"), {"p": prefix}
            ).scalar(),
            f"{turn}-%",
        )
        assert count >= last + 1
        found = db.read_now(
            lambda tx, prefix: tx.execute(
                text("SELECT count(*) FROM article WHERE title LIKE :p"), {"p": prefix}
            ).scalar(),
            f"{turn}-%",
        )
        assert found >= last + 1
        assert db.read_now(lambda tx: tx.execute(text("PRAGMA integrity_check")).scalar()) == "ok"
        assert db.read_now(lambda tx: tx.execute(text("PRAGMA foreign_key_check")).all()) == []
        db.close()


@pytest.mark.parametrize("damage", ["head", "middle"])
def test_101_a_damaged_file_is_refused_and_left_alone(tmp_path, damage):
    path = tmp_path / "policywatch.sqlite"
    made = Database.open(path)
    made.write_now(lambda tx: [runs.subscribe(tx, [f"{'x' * 200}{number}"], NOW) for number in range(500)])
    made.close()
    raw = bytearray(path.read_bytes())
    at = 0 if damage == "head" else len(raw) // 2
    raw[at : at + 4096] = b"\xa5" * 4096
    path.write_bytes(raw)
    with pytest.raises(errors.StoreError, match="damaged"):
        Database.open(path)
    assert path.read_bytes() == bytes(raw)


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "policywatch.sqlite"
    made = Database.open(path)
    made.write_now(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    made.close()
    with pytest.raises(errors.StoreError, match="newer policywatch"):
        Database.open(path)


def test_a_backup_is_made_before_a_migration(tmp_path, monkeypatch):
    path = tmp_path / "policywatch.sqlite"
    made = Database.open(path)
    made.write_now(runs.subscribe, ["kept"], NOW)
    made.close()
    taken = []

    def upgrade(connection, name, *, before):
        before("0001")
        taken.append(name)

    monkeypatch.setattr(schema, "upgrade", upgrade)
    Database.open(path).close()
    assert taken
    copy = sqlite3.connect(tmp_path / "policywatch.sqlite.before-0001")
    assert copy.execute("SELECT id FROM subscription").fetchall() == [("kept",)]
    copy.close()


def test_102_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.StoreError, match="cannot be made"):
        Database.open(tmp_path / "file" / "policywatch.sqlite")
    with pytest.raises(errors.StoreError, match="not there yet"):
        Database.open(tmp_path / "none.sqlite", read_only=True)


def test_sources_follow_the_configuration_and_keep_their_history(db):
    state = db.read_now(sources.due, NOW)[0]
    validators = {"https://a/": Validators('W/"x, y"', "yesterday")}
    later = NOW + timedelta(hours=1)
    success = sources.Success("s", NOW, later, validators, {"https://a/": "h"}, 3, NOW)
    db.write_now(sources.record_successes, [success])
    assert db.read_now(sources.due, NOW) == []
    state = db.read_now(sources.due, later)[0]
    assert (state.validators, state.body_hashes, state.cursor.last_success_at) == (validators, {"https://a/": "h"}, NOW)
    db.write_now(sources.record_failure, sources.Failure("s", later, later, "no answer"))
    (status,) = db.read_now(sources.statuses)
    assert (status.failures, status.last_error, status.last_success_at) == (1, "no answer", NOW)
    assert db.read_now(sources.due, later)[0].validators == validators
    db.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://b/", "other")], later)
    assert db.read_now(sources.due, later)[0].validators == {}
    db.write_now(sources.sync, [], later)
    assert db.read_now(sources.due, later) == []
    db.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://b/", "other")], later)
    assert db.read_now(sources.due, later)[0].cursor.last_success_at == NOW


def outgoing(db, number: int = 1) -> list[outbox.Claimed]:
    run = db.write_now(runs.open_run, "m", f"slot{number}", NOW, "digest", NOW)
    messages = [Message(f"{at}@x.org", f"<{number}-{at}@x>", "s", b"bytes\r\n") for at in range(2)]
    db.write_now(outbox.add, run, messages, "smtp", NOW)
    db.write_now(outbox.add, run, messages, "smtp", NOW)
    return db.write_now(outbox.claim, NOW, 10)


def test_a_message_is_claimed_by_one_and_settled_by_who_claimed_it(db):
    one, two = outgoing(db)
    assert db.write_now(outbox.claim, NOW, 10) == []
    assert one.message.content == b"bytes\r\n"
    assert db.write_now(outbox.stage, one.id, one.attempt, "dot")
    assert not db.write_now(outbox.stage, one.id, one.attempt + 1, "dot")
    sent = Receipt(Outcome.SENT, "reply", 250)
    assert not db.write_now(outbox.settle, one.id, one.attempt + 1, sent, next_at=None, at=NOW)
    assert db.write_now(outbox.settle, one.id, one.attempt, sent, next_at=None, at=NOW)
    later = NOW + timedelta(minutes=5)
    assert db.write_now(outbox.settle, two.id, two.attempt, Receipt(Outcome.RETRY, "rcpt", 451), next_at=later, at=NOW)
    assert db.write_now(outbox.claim, NOW, 10) == []
    (again,) = db.write_now(outbox.claim, later, 10)
    assert (again.id, again.attempt) == (two.id, 2)
    assert db.read_now(outbox.counts) == {"sending": 1, "sent": 1}


def test_057_what_a_dead_process_was_sending_is_taken_up(db):
    """Before the dot: again. After it: once more, then parked for somebody to look at; never silently dropped."""
    one, two = outgoing(db)
    db.write_now(outbox.stage, one.id, one.attempt, "dot")
    later = NOW + outbox.LEASE
    assert db.write_now(outbox.recover, later) == [one.id, two.id]
    again = db.write_now(outbox.claim, later, 10)
    assert len(again) == 2
    db.write_now(outbox.stage, one.id, 2, "dot")
    db.write_now(outbox.recover, later + outbox.LEASE)
    assert db.read_now(outbox.counts) == {"retry": 1, "unknown": 1}
    assert db.read_now(outbox.recent)[0].last_error


def test_old_texts_go_and_their_articles_stay(db):
    add(db, 1)
    assert db.write_now(articles.prune_texts, NOW) == 0
    assert db.write_now(articles.prune_texts, NOW + timedelta(days=1)) == 1
    assert db.read_now(articles.known, [article(1)])


def test_the_migrations_carry_every_table_as_strict(sqlite):
    tables = sqlite.read_now(
        lambda tx: tx.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
    )
    assert all(
        "STRICT" in row.sql
        for row in tables
        # SQLite's own: its statistics, and the parts of a table of FTS5.
        if row.name != "alembic_version" and not row.name.startswith(("sqlite_", "search_index"))
    )
    assert Path(sqlite.name).exists()


def test_articles_of_one_batch_may_share_a_story_and_what_is_there_stays(db):
    """Two new ones, a reprint of the second, and one that the store has: in the order of the batch."""
    there = add(db, 3)
    batch = [
        articles.NewArticle(article(1)),
        articles.NewArticle(article(2)),
        articles.NewArticle(article(4), like=1),
        articles.NewArticle(article(3)),
    ]
    first, second, reprint, known = db.write_now(articles.add, batch)
    assert [one.is_new for one in (first, second, reprint, known)] == [True, True, True, False]
    assert reprint.story_id == second.story_id != first.story_id
    assert (known.article_id, known.story_id) == (there.article_id, there.story_id)
    stories = db.read_now(lambda tx: tx.execute(text("SELECT id, head_id FROM story ORDER BY id")).all())
    assert dict(stories) == {
        there.story_id: there.article_id,
        first.story_id: first.article_id,
        second.story_id: second.article_id,
    }
    assert db.read_now(lambda tx: tx.execute(text("SELECT count(*) FROM article")).scalar()) == 4


@pytest.mark.skipif(bool(postgres.missing()), reason=str(postgres.missing()))
def test_a_store_moves_from_sqlite_to_postgresql_and_back_whole(tmp_path, sqlite):
    """Every row of every table arrives, what the database numbers goes on after them, a second copy is refused."""
    wanted = story(sqlite, 1)
    sqlite.write_now(runs.subscribe, ["m"], NOW)
    run = sqlite.write_now(runs.open_run, "m", "slot", NOW, "digest", NOW)
    sqlite.write_now(outbox.add, run, [Message("a@example.org", "<1@x>", "s", b"\x00\xffmail\r\n")], "smtp", NOW)
    sqlite.close()
    address = postgres.server().database()
    back = tmp_path / "back.sqlite"
    try:
        counts = storage.copy(sqlite.name, address, lambda *_: None)
        assert counts["message"] == counts["article"] == counts["digest_run"] == 1
        moved = Database.open(address)
        ((found, _),) = moved.read_now(views.of_watchlist, "量子")
        assert (found.id, found.hits) == (wanted, (HIT,))
        assert story(moved, 2) > wanted
        moved.close()
        with pytest.raises(errors.StoreError, match="not empty"):
            storage.copy(sqlite.name, address, lambda *_: None)
        storage.copy(address, str(back), lambda *_: None)
    finally:
        postgres.server().drop(address)
    again = Database.open(back)
    assert [row.message.content for row in again.write_now(outbox.claim, NOW)] == [b"\x00\xffmail\r\n"]
    assert {one.id for one, _ in again.read_now(views.of_watchlist, "量子")} == {wanted, wanted + 1}
    again.close()


def test_whatever_names_a_story_follows_it_when_two_become_one(db):
    """A table with a story's number that the merge forgot would hold it back, or lose what somebody said of the story."""
    tables = MetaData()
    db.read_now(tables.reflect)
    naming = {
        table.name for table in tables.tables.values() for key in table.foreign_keys if key.column.table.name == "story"
    }
    assert {"article", "due", "reminder", "verdict"} <= naming
    first, second = story(db, 1), story(db, 2)
    db.write_now(stories.merge, second, first)
    moved = {found[1] for sql in map(str, stories._MERGE) if (found := re.search(r"UPDATE (\w+) SET story_id", sql))}
    assert naming <= moved
