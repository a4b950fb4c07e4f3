"""Edited watch-lists and the archive, on both databases: what is gained, lost, mailed, and what a death leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from archive_desk import START, ArchiveDesk, watchlist
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.pipeline import alerts, rematch
from policywatch.store import articles, views
from policywatch.store import rematch as rows

BODY = "示例部今天启动试点，首批遴选二十家单位参加，试点为期两年。"


@pytest.fixture
def desk(tmp_path):
    made = ArchiveDesk(tmp_path / "policywatch.sqlite")
    asyncio.run(made.rematch())
    yield made
    made.close()


def state(desk, name="量子"):
    return desk.db.read_now(rows.states)[name]


def changed(desk, name="量子", *, gained):
    return [one.article_id for one in desk.db.read_now(rows.changes, name, 10, gained=gained)]


def test_an_edit_gains_and_loses_quietly_and_both_are_kept(desk):
    stays = desk.come("量子科技与光量子专项", BODY)
    goes = desk.come("量子科技速读班招生", BODY)
    comes = desk.come("光量子芯片专项启动", BODY)
    desk.mailed()
    desk.edit(watchlist("量子", "量子科技", "光量子", none=["速读班"]))
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == {stays, comes}
    assert (changed(desk, gained=True), changed(desk, gained=False)) == ([comes], [goes])
    told = state(desk)
    assert (told.gained, told.lost, told.looked, told.applied_at, told.is_pending) == (1, 1, 3, START, False)
    assert desk.mailed() == []


def test_what_is_gained_quietly_is_no_news_in_a_feed(desk):
    old = desk.come("光量子芯片专项启动", BODY)
    desk.now += timedelta(days=3)
    new = desk.come("量子科技规划发布", BODY)
    desk.edit(watchlist("量子", "量子科技", "光量子"))
    asyncio.run(desk.rematch())
    told = desk.db.read_now(views.of_watchlist, "量子")
    assert [(story.article, at) for story, at in told] == [(new, desk.now), (old, START)]


def test_the_next_digest_has_what_is_gained_once_and_no_baseline(desk):
    desk.come("光量子芯片专项启动", BODY)
    desk.come("光量子旧闻", BODY, days=400, oldest=START - timedelta(days=7))
    desk.edit(watchlist("量子", "量子科技", "光量子"), mode="digest")
    asyncio.run(desk.rematch())
    assert [story.title for story in desk.mailed()] == ["光量子芯片专项启动"]
    asyncio.run(desk.rematch())
    assert desk.mailed() == []


def test_what_is_gained_for_the_digest_is_alerted_only_while_it_is_fresh(desk):
    subscription = SubscriptionSpec(
        id="m", to=["a@example.org"], watchlists="all", digest={"at": "0 8 * * *"}, alert={"min_score": 1}
    )
    desk.come("光量子芯片专项启动", BODY)
    desk.now += timedelta(days=5)
    fresh = desk.come("光量子测评开始", BODY)
    desk.plan = replace(desk.plan, subscriptions=(subscription,))
    desk.edit(watchlist("量子", "光量子"), mode="digest")
    asyncio.run(desk.rematch())
    mails = desk.db.write_now(alerts.due, desk.plan, subscription, desk.now)
    story = desk.rows(f"SELECT story_id FROM article WHERE id = {fresh}")[0][0]
    assert [[one.story for one in mail] for mail in mails] == [[story]]
    assert len(desk.mailed()) == 2


def test_a_story_that_waits_is_taken_back_when_it_is_on_no_list_any_more(desk):
    desk.come("量子科技速读班招生", BODY)
    both = desk.come("6G 与量子科技速读班", BODY)
    desk.edit(watchlist("量子", "量子科技", none=["速读班"]))
    asyncio.run(desk.rematch())
    assert [(story.article, [hit.watchlist for hit in story.hits]) for story in desk.mailed()] == [(both, ["6G"])]


def test_only_the_last_days_are_matched_anew(desk):
    desk.come("光量子芯片专项启动", BODY)
    desk.now += timedelta(days=31)
    young = desk.come("光量子测评开始", BODY)
    desk.edit(watchlist("量子", "量子科技", "光量子"))
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == {young}


def test_lists_that_are_as_they_were_cost_no_transaction(desk):
    before = desk.db.commits
    asyncio.run(desk.rematch())
    assert desk.db.commits == before


def test_off_leaves_the_archive_as_it_is(desk):
    desk.come("光量子芯片专项启动", BODY)
    desk.edit(watchlist("量子", "光量子"), mode="off")
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == set()
    assert desk.db.read_now(rows.pending) == []


def test_what_a_poll_that_was_under_way_recorded_by_older_rules_is_looked_at_again(desk):
    old = desk.plan
    desk.edit(watchlist("量子", "光量子"))
    asyncio.run(desk.rematch())
    new, desk.plan = desk.plan, old
    wrong, missed = desk.come("量子科技规划发布", BODY), desk.come("光量子芯片专项启动", BODY)
    desk.plan = new
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == {wrong}
    desk.now += rematch.UNDER_WAY + timedelta(seconds=1)
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == {missed}
    assert (state(desk).gained, state(desk).lost, state(desk).is_pending) == (1, 1, False)
    assert desk.db.read_now(rows.unsettled, desk.now + timedelta(days=1)) == []


def test_a_new_list_is_filled_and_one_that_came_back_catches_up(desk):
    first = desk.come("脑机接口专项启动", BODY)
    desk.edit(watchlist("脑机", "脑机接口"))
    asyncio.run(desk.rematch())
    assert desk.hits("脑机") == {first}
    whole = desk.plan
    desk.plan = replace(whole, watchlists=whole.watchlists[1:])
    asyncio.run(desk.rematch())
    second = desk.come("脑机接口临床试验", BODY)
    desk.plan = whole
    asyncio.run(desk.rematch())
    assert desk.hits("脑机") == {first, second}


def test_lists_that_had_hits_before_edits_were_noticed_are_taken_as_they_are(tmp_path):
    desk = ArchiveDesk(tmp_path / "policywatch.sqlite")
    desk.come("量子科技规划发布", BODY)
    asyncio.run(desk.rematch(until_done=False))
    assert [one.name for one in desk.db.read_now(rows.pending)] == ["6G"]
    desk.close()


def test_a_reprint_that_is_gained_joins_its_story(desk):
    text = BODY + "试点围绕算法库、算力调度和安全测评展开。" + "各地应当于12月25日前报送推荐名单，逾期不予受理。" * 2
    desk.come("示例部启动光量子云平台试点", text)
    desk.come("示例部启动光量子云平台试点_示例日报", text + "（完）", source="paper")
    assert len(desk.rows("SELECT id FROM story")) == 2
    desk.edit(watchlist("量子", "光量子"))
    asyncio.run(desk.rematch())
    assert len(desk.rows("SELECT DISTINCT story_id FROM article")) == 1


def test_kind_issuer_and_region_hold_as_when_the_article_came(desk):
    notice = desk.come("工业和信息化部关于开展量子科技试点申报的通知", BODY, source="ministry")
    desk.come("量子科技试点一周年", BODY)
    desk.edit(watchlist("申报", all=["量子科技", {"kind": ["申报", "通知"]}]))
    asyncio.run(desk.rematch())
    assert desk.hits("申报") == {notice}


def test_an_article_that_nobody_heard_of_is_read_as_a_document_when_a_rule_asks(desk):
    notice = desk.come("工业和信息化部关于开展光量子试点申报的通知", BODY, source="ministry")
    assert desk.rows("SELECT kind FROM document") == []
    desk.edit(watchlist("申报", all=["光量子", {"kind": ["申报", "通知"]}, {"issuer": "工信部"}]))
    asyncio.run(desk.rematch())
    assert desk.hits("申报") == {notice}
    assert len(desk.rows("SELECT kind FROM document")) == 1


def test_a_hit_in_a_text_that_is_no_longer_kept_is_not_lost(desk):
    in_text = desk.come("示例部发布规划", "规划支持量子科技研究。" + BODY)
    in_title = desk.come("量子科技规划发布", BODY)
    desk.db.write_now(articles.prune_texts, START + timedelta(days=1))
    desk.edit(watchlist("量子", "脑机接口"))
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == {in_text}
    assert changed(desk, gained=False) == [in_title]


def test_a_text_that_breaks_the_child_is_left_as_it_is(desk, monkeypatch):
    """The others of its batch are matched all the same."""
    numbers = [desk.come(f"光量子专项{number}", BODY) for number in range(3)]
    desk.edit(watchlist("量子", "光量子"))
    call = rematch.Rematcher._matched

    async def refusing(self, batch):
        real = self._sandbox.call

        async def breaks(subject, method, kept):
            if any(article.title == "光量子专项1" for article, _ in kept):
                raise rematch.errors.ParseError(subject, "too much", code="crashed")
            return await real(subject, method, kept)

        monkeypatch.setattr(self._sandbox, "call", breaks)
        try:
            return await call(self, batch)
        finally:
            monkeypatch.setattr(self._sandbox, "call", real)

    monkeypatch.setattr(rematch.Rematcher, "_matched", refusing)
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == {numbers[0], numbers[2]}
    assert not state(desk).is_pending


def test_what_was_begun_goes_on_where_it_stopped(desk, monkeypatch):
    """Each part is one transaction with how far it has come; a death between two of them repeats nothing."""
    monkeypatch.setattr(rematch, "BATCH", 2)
    numbers = {desk.come(f"光量子专项{number}", BODY + str(number)) for number in range(5)}
    desk.edit(watchlist("量子", "光量子"))
    part = rematch.Rematcher._part
    parts = []

    async def dies(self, lists):
        parts.append(await part(self, lists))
        if len(parts) in {1, 2}:
            raise KeyboardInterrupt
        return parts[-1]

    monkeypatch.setattr(rematch.Rematcher, "_part", dies)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(desk.rematch())
        assert state(desk).is_pending
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == numbers
    assert parts == [2, 2, 1]
    assert (state(desk).gained, state(desk).looked) == (5, 5)


def test_another_edit_meanwhile_begins_anew(desk, monkeypatch):
    monkeypatch.setattr(rematch, "BATCH", 1)
    first, second = desk.come("光量子专项", BODY), desk.come("脑机接口专项", BODY)
    desk.edit(watchlist("量子", "光量子"))
    asyncio.run(desk.rematch(until_done=False))
    old = desk.plan
    desk.edit(watchlist("量子", "脑机接口"))
    asyncio.run(desk.rematch())
    assert desk.hits("量子") == {second}
    # A process that still has the older rules does nothing until it has the newer ones.
    behind = rematch.Rematcher(old, desk.db, None, lambda: desk.now)
    assert not asyncio.run(behind.is_needed())
    assert first not in desk.hits("量子")
