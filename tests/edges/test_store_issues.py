"""What is kept of mailed digests, and what feeds are made from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from policywatch.model import Article, Hit, Issue, Request, TextState
from policywatch.store import articles, hits, issues, runs, schema, sources, views
from policywatch.store.db import Database

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def db(tmp_path):
    made = Database.open(tmp_path / "policywatch.sqlite")
    made.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], NOW)
    yield made
    made.close()


def mail(db, subscription: str, number: int, *languages: str) -> None:
    at = NOW + timedelta(hours=number)

    def close(tx):
        run = runs.open_run(tx, subscription, f"slot {number}", at, "digest", at)
        issues.keep(
            tx, run, [Issue("", at, language, f"{language} {number}", "<p>x</p>", "x") for language in languages]
        )

    db.write_now(close)


def test_an_issue_is_read_back_in_the_wanted_language_else_in_one_that_there_is(db):
    mail(db, "m", 1, "en", "zh-CN")
    mail(db, "m", 2, "fr", "de")
    mail(db, "other", 3, "en")
    assert [one.subject for one in db.read_now(issues.newest, "m", "zh-CN")] == ["de 2", "zh-CN 1"]
    first = db.read_now(issues.newest, "m", "en")[-1]
    assert first == Issue("slot 1", NOW + timedelta(hours=1), "en", "en 1", "<p>x</p>", "x")


def test_the_newest_issues_of_each_subscription_are_kept(db):
    mail(db, "rare", 0, "en")
    for number in range(issues.KEPT + 5):
        mail(db, "m", number, "en", "zh-CN")
    found = db.read_now(issues.newest, "m", "en")
    assert [one.slot for one in found] == [f"slot {number}" for number in range(issues.KEPT + 4, 4, -1)]
    assert len(db.read_now(issues.newest, "rare", "en")) == 1
    count = db.read_now(lambda tx: tx.execute(text("SELECT count(*) FROM digest_text")).scalar())
    assert count == 2 * issues.KEPT + 1


def test_a_run_without_mail_keeps_nothing_and_costs_nothing(db):
    mail(db, "m", 1, "en")
    mail(db, "m", 2)
    assert [one.slot for one in db.read_now(issues.newest, "m", "en")] == ["slot 1"]


def add(db, number: int, *, seen: datetime = NOW) -> tuple[Article, int, int]:
    url = f"https://a/{number}"
    article = Article(
        "s", f"{number:016x}", url, url, f"标题{number}", f"标题{number}", "文", "文", NOW, seen, "", TextState.COMPLETE, f"{number:016x}"
    )  # fmt: skip
    (added,) = db.write_now(articles.add, [articles.NewArticle(article, detail=Request(url))])
    return article, added.article_id, added.story_id


def test_a_story_is_new_to_a_list_when_it_was_matched_not_when_it_was_seen(db):
    """A feed whose newest change lay before its last answer would be a 304 to who had that."""
    (_, late, _), (_, early, _) = add(db, 1), add(db, 2, seen=NOW + timedelta(minutes=1))
    db.write_now(hits.add, [(early, Hit("量子", 1.0, ()))], NOW + timedelta(minutes=2))
    db.write_now(hits.add, [(late, Hit("量子", 1.0, ()))], NOW + timedelta(minutes=9))
    found = db.read_now(views.of_watchlist, "量子")
    assert [(story.title, at - NOW) for story, at in found] == [
        ("标题1", timedelta(minutes=9)),
        ("标题2", timedelta(minutes=2)),
    ]


def test_a_title_that_its_source_edited_changes_a_story_and_not_its_place(db):
    (first, article, story), (_, other, other_story) = add(db, 1), add(db, 2)
    for number, (one, its_story) in enumerate([(article, story), (other, other_story)]):
        db.write_now(hits.add, [(one, Hit("量子", 1.0, ()))], NOW + timedelta(minutes=number))
        db.write_now(runs.add_due, [runs.Due("m", its_story, 1.0)], NOW + timedelta(minutes=number))
    db.write_now(articles.mark_changed, article, first, NOW + timedelta(hours=1))
    for found in (db.read_now(views.of_watchlist, "量子"), db.read_now(views.of_subscription, "m", ["量子"])):
        assert [(one.id, at - NOW) for one, at in found] == [
            (other_story, timedelta(minutes=1)),
            (story, timedelta(hours=1)),
        ]


def test_a_subscription_shows_what_is_due_and_what_was_sent_newest_first(db):
    for number in range(5):
        _, article, story = add(db, number)
        db.write_now(hits.add, [(article, Hit("量子", 1.0, ())), (article, Hit("储能", 2.0, ()))], NOW)
        db.write_now(runs.add_due, [runs.Due("m" if number else "other", story, 1.0)], NOW + timedelta(minutes=number))
        if number == 2:
            run = db.write_now(runs.open_run, "m", "slot", NOW, "digest", NOW)
            db.write_now(runs.claim, run, "m")
    found = db.read_now(views.of_subscription, "m", ["量子"], limit=3)
    assert [story.title for story, _ in found] == ["标题4", "标题3", "标题2"]
    assert [hit.watchlist for hit in found[0][0].hits] == ["量子"]


def test_every_commit_is_counted_and_nothing_else(db):
    before = db.commits
    db.read_now(views.of_watchlist, "量子")
    assert db.commits == before
    db.write_now(runs.subscribe, ["m"], NOW)
    assert db.commits == before + 1

    def fail(_tx):
        raise ValueError

    with pytest.raises(ValueError):
        db.write_now(fail)
    assert db.commits == before + 1


def test_a_database_of_the_first_version_gets_the_table_and_keeps_what_it_has(tmp_path):
    """The steps from the first tables, on data."""
    path = tmp_path / "policywatch.sqlite"
    with create_engine(f"sqlite:///{path}").begin() as tx:
        command.upgrade(schema._config(tx), "0001")
        for statement in (
            (
                "INSERT INTO source (id, name, kind, url, fingerprint, is_active, first_seen_at, next_poll_at) "
                "VALUES ('s', 'x', 'feed', 'https://a/', 'f', 1, 1, 1)"
            ),
            "INSERT INTO story (id, head_id, first_seen_at) VALUES (1, 1, 1)",
            (
                "INSERT INTO article (id, source, key, story_id, url, canonical_url, title, publisher, fetched_at, "
                "signature, text_state, is_baseline) VALUES (1, 's', 'k', 1, '', '', 't', '', 1, '', 'complete', 0)"
            ),
            """INSERT INTO hit VALUES (1, '量子', 1.0, '[]', '["",[],[]]', 1)""",
            "INSERT INTO due VALUES ('m', 1, 1.0, 1, NULL)",
        ):
            tx.execute(text(statement))
    again = Database.open(tmp_path / "policywatch.sqlite")
    try:
        assert len(again.read_now(views.of_subscription, "m", ["量子"])) == 1
        mail(again, "m", 1, "en")
        assert len(again.read_now(issues.newest, "m", "en")) == 1
    finally:
        again.close()
    assert (tmp_path / "policywatch.sqlite.before-0001").exists()
