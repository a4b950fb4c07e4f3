"""What is old or too much goes bit by bit, with all that hangs on it, and does not come back as news."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from policywatch.model import (
    Article,
    Attachment,
    Deadline,
    Document,
    Excerpt,
    Hit,
    Message,
    Outcome,
    Receipt,
    TextState,
)
from policywatch.pipeline import index, record, retention
from policywatch.pipeline.plan import Plan
from policywatch.store import articles, documents, hits, outbox, query, runs, search, sources, stories
from policywatch.store import retention as rows
from policywatch.store.db import Database

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=1000)
AGE = timedelta(days=100)


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


def article(number: int, at: datetime, body: str = "关于补贴的正文") -> Article:
    return Article(
        source="s", key=f"{number:016x}", url=f"https://a/{number}", canonical_url=f"https://a/{number}",
        title=f"补贴{number}", original_title=f"补贴{number}", body=body, original_body=body, published=at, fetched_at=at,
        publisher="", text_state=TextState.COMPLETE, signature=f"{number:016x}",
        attachments=(Attachment("附件.pdf", "https://a/1.pdf", "pdf"),),
    )  # fmt: skip


def add(db, number: int, at: datetime, body: str = "关于补贴的正文", **entry) -> articles.Added:
    (added,) = db.write_now(articles.add, [articles.NewArticle(article(number, at, body), **entry)])
    return added


def dress(db, added: articles.Added, number: int) -> None:
    """Gives an article one row in every table that may refer to it."""
    db.write_now(hits.add, [(added.article_id, Hit("氢能", 50.0, (), Excerpt()))], OLD)
    document = Document(
        kind="通知", numbers=("1号",), issuers=("部",), deadlines=(Deadline(OLD.date(), "申报", "今日"),)
    )
    db.write_now(documents.put, [documents.Row(added.article_id, document)])
    db.write_now(stories.keep, [stories.Kept(added.article_id, b"x", (number,))], OLD)
    db.write_now(articles.mark_text_changed, added.article_id, OLD, "改")
    db.write_now(runs.add_due, [runs.Due("m", added.story_id, 50.0)], OLD)


def keep(db, age=AGE, size=None):
    async def work():
        dropped = await retention.keep_within(db, age, size, lambda: NOW)
        await index.catch_up(db)
        return dropped

    return asyncio.run(work())


def count(db, table):
    return db.read_now(lambda tx: tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_what_is_old_goes_with_all_that_hangs_on_it(db):
    old, young = add(db, 1, OLD), add(db, 2, NOW)
    waits = add(db, 3, OLD)
    for number, one in enumerate((old, young, waits)):
        dress(db, one, number)
    run = db.write_now(runs.open_run, "m", "slot", OLD, "digest", OLD)
    db.write_now(runs.claim, run, "m", [old.story_id, young.story_id])
    db.write_now(runs.close, run, "closed", 2)
    keep(db, None)
    dropped = keep(db)
    assert dropped == retention.Dropped(articles=1)
    for table, left in {
        "article": 2, "story": 2, "hit": 2, "document": 2, "deadline": 2, "article_text": 2, "attachment": 2, "due": 2,
        "article_change": 2, "article_band": 2, "search_text": 2, "article_gone": 1, "digest_run": 1,
    }.items():  # fmt: skip
        assert count(db, table) == left, table
    found = db.read_now(search.search, query.parsed("补贴"), search.Filters(), newest=True)
    assert [match.story.id for match in found.matches] == [young.story_id, waits.story_id]


def test_another_article_stands_for_what_is_left_of_a_story(db):
    old = add(db, 1, OLD, standing=0)
    young = add(db, 2, NOW, story_id=old.story_id)
    keep(db)
    (story,) = db.read_now(runs.load, [old.story_id], ())
    assert (story.article, story.reprints) == (young.article_id, 0)


def test_what_was_let_go_of_does_not_come_again_as_news(db):
    add(db, 1, OLD)
    keep(db)
    plan = Plan((), (), (), None, "zh-CN", "a@example.org", "maildir")
    found = [(article(number, OLD), ()) for number in (1, 2)]
    (recorded,) = db.write_now(record.add_polls, plan, [record.Poll(found)], NOW)
    assert recorded.new == 1
    assert bytes.fromhex(f"{1:016x}") in db.read_now(sources.known_keys, "s")


def test_old_mails_go_and_stay_known_as_sent(db):
    run = db.write_now(runs.open_run, "m", "slot", OLD, "digest", OLD)
    messages = [Message(f"{name}@x.org", f"<{name}>", "s", b"mail") for name in ("sent", "waits")]
    db.write_now(outbox.add, run, messages, "smtp", OLD)
    one, _ = sorted(db.write_now(outbox.claim, OLD), key=lambda one: one.message.recipient)
    db.write_now(outbox.settle, one.id, one.attempt, Receipt(Outcome.SENT, "reply", 250), next_at=None, at=OLD)
    assert keep(db).mails == 1
    assert db.read_now(outbox.counts) == {"sending": 1}
    assert db.write_now(runs.open_run, "m", "slot", OLD, "digest", NOW) is None


def test_the_size_is_kept_by_letting_go_of_the_oldest_texts_then_articles(sqlite):
    for number in range(300):
        add(sqlite, number, OLD + timedelta(days=number), chr(0x4E00 + number) * 3000)
    young = add(sqlite, 1000, NOW, "新" * 3000)
    asyncio.run(index.catch_up(sqlite))
    full = sqlite.read_now(rows.used_bytes)
    texts = keep(sqlite, None, full - 500_000)
    assert texts.texts > 0
    assert (texts.articles, texts.is_over) == (0, False)
    assert sqlite.read_now(rows.used_bytes) <= full - 500_000
    rest = keep(sqlite, None, 1)
    assert (rest.articles, rest.is_over) == (300, True)
    assert count(sqlite, "article") == 1
    assert sqlite.read_now(articles.body_of, young.article_id) == "新" * 3000


def test_room_that_was_let_go_of_is_used_again(sqlite):
    """Round after round of as many articles: the file stays as large as it was after the second."""
    sizes = []
    for turn in range(4):
        for start in range(0, 400, 100):
            entries = [
                articles.NewArticle(article(turn * 400 + start + number, OLD, chr(0x4E00 + number) * 2000))
                for number in range(100)
            ]
            sqlite.write_now(articles.add, entries)
        keep(sqlite)
        sizes.append(sqlite.read_now(lambda tx: tx.execute(text("PRAGMA page_count")).scalar_one()))
    assert sizes[3] <= sizes[1] * 1.1


def test_104_a_large_archive_is_pruned_without_holding_up_writers(db):
    """No write beside it waits a second. `make torture`: a million articles."""
    total = 1_000_000 if os.environ.get("POLICYWATCH_TORTURE") else 4000
    for start in range(0, total, 1000):
        entries = [articles.NewArticle(article(start + number, OLD, "文" * 100)) for number in range(1000)]
        db.write_now(articles.add, entries)
    # Without the index: what is measured is letting go of articles.
    db.write_now(lambda tx: tx.execute(text("DELETE FROM search_queue WHERE article_id > 0")))
    waits = []

    async def work():
        done = asyncio.create_task(retention.keep_within(db, AGE, None, lambda: NOW))
        number = 0
        while not done.done():
            begun = time.monotonic()
            await db.write(runs.subscribe, [f"s{number}"], NOW)
            waits.append(time.monotonic() - begun)
            number += 1
            await asyncio.wait({done}, timeout=0.005)
        return await done

    assert asyncio.run(work()).articles == total
    assert count(db, "article") == 0
    assert max(waits) < 1.0
