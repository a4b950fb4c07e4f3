"""Policy documents from the article to the digest: kept, brought together, narrowed by, reminded of."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
from sqlalchemy import text

from policywatch.articles.normalise import normalise
from policywatch.digests import remind
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Hit, RawItem, TextState
from policywatch.pipeline import documents, facts, record
from policywatch.pipeline.digest import Digester
from policywatch.pipeline.plan import Plan
from policywatch.store import documents as rows
from policywatch.store import runs, sources
from policywatch.store.db import Database

TOP = Path(__file__).parents[2]
START = datetime(2026, 11, 2, 1, tzinfo=UTC)  # a Monday
CALL = "粤科函〔2026〕9号\n申报截止时间为2026年12月1日。\n广东省科学技术厅\n2026年10月30日"
DRAFT = "请于2026年11月20日前反馈意见。\n国家能源局\n2026年10月30日"
FINAL = "国能规〔2026〕7号\n本办法自2027年1月1日起施行。\n国家能源局\n2026年10月31日"
EXPLAINED = "国家能源局印发《新型储能安全管理办法》（国能规〔2026〕7号），现解读如下。"


def as_read(article):
    """With what it is, as the reading process adds it."""
    return replace(article, document=facts.of(article))


class Desk:
    """A database, a plan and a clock."""

    def __init__(self, folder: Path, *subscriptions: dict) -> None:
        self.now = START
        self.db = Database.open(folder / "policywatch.sqlite")
        self.plan = Plan(
            sources=(),
            watchlists=(WatchlistSpec.model_validate({"name": "储能"}),),
            subscriptions=tuple(
                SubscriptionSpec.model_validate(
                    {"id": "m", "to": "a@example.org", "watchlists": "all", "digest": {"at": "30 8 * * *"}, **given}
                )
                for given in subscriptions or ({},)
            ),
            zone=ZoneInfo("Asia/Shanghai"),
            language="zh-CN",
            sender="news@example.org",
            channel="maildir",
        )
        row = sources.SourceRow("s", "示例", "feed", "https://example.gov.cn/", "f")
        self.db.write_now(sources.sync, [row], START)
        self.db.write_now(runs.subscribe, [one.id for one in self.plan.subscriptions], START)
        self.digester = Digester(
            self.plan, self.db, Renderer(jinja2.FileSystemLoader([str(TOP / "templates")])), lambda: self.now
        )

    def add(self, key: str, title: str, body: str) -> None:
        raw = RawItem(key, f"https://www.example.gov.cn/{key}", title, published=self.now, body=body)
        article = as_read(normalise(raw, source="s", now=self.now, text_state=TextState.COMPLETE))
        found = [(article, (Hit("储能", 50.0, ()),))]
        self.db.write_now(record.add_polls, self.plan, [record.Poll(found)], self.now)

    def story(self, number: int):
        (found,) = self.db.read_now(runs.load, [number], ["储能"])
        return found

    def preview(self, subscription: int = 0):
        return self.db.read_now(self.digester.preview, self.plan.subscriptions[subscription])

    def close(self, subscription: int = 0):
        return asyncio.run(self.digester.close_now(self.plan.subscriptions[subscription]))


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.db.close()


def test_a_document_is_read_back_as_it_was_kept(desk):
    desk.add("call", "关于组织申报2026年储能项目的通知", CALL)
    found = desk.story(1).document
    assert (found.numbers, found.issuers, found.kind) == (("粤科函〔2026〕9号",), ("广东省科学技术厅",), "申报")
    assert (found.region, found.level, found.written) == ("广东省", "省", date(2026, 10, 30))
    assert [(one.date, one.kind, one.text) for one in found.deadlines] == [
        (date(2026, 12, 1), "申报", "申报截止时间为2026年12月1日")
    ]


def test_an_article_that_is_read_again_replaces_its_document(desk):
    desk.add("call", "关于组织申报2026年储能项目的通知", CALL)
    raw = RawItem(
        "call", "https://www.example.gov.cn/call", "关于组织申报储能项目的通知", body=CALL.replace("12月1日", "12月9日")
    )
    article = as_read(normalise(raw, source="s", now=START, text_state=TextState.COMPLETE))
    desk.db.write_now(documents.keep, [(1, article)])
    assert [one.date for one in desk.story(1).document.deadlines] == [date(2026, 12, 9)]


def test_draft_final_text_and_interpretation_find_one_another(desk):
    desk.add("draft", "关于公开征求《新型储能安全管理办法（征求意见稿）》意见的通知", DRAFT)
    desk.add("final", "国家能源局关于印发《新型储能安全管理办法》的通知", FINAL)
    desk.add("why", "《新型储能安全管理办法》解读", EXPLAINED)
    desk.add("other", "关于组织申报2026年储能项目的通知", CALL)
    links = {number: [(one.how, one.story) for one in desk.story(number).related] for number in (1, 2, 3, 4)}
    assert links == {
        1: [("正文", 2), ("解读", 3)],
        2: [("征求意见稿", 1), ("解读", 3)],
        3: [("征求意见稿", 1), ("正文", 2)],
        4: [],
    }


def test_an_interpretation_finds_its_document_by_number_alone(desk):
    desk.add("final", "国家能源局关于印发《储能安全办法》的通知", FINAL)
    desk.add("why", "专家解读：守住储能安全底线", EXPLAINED)
    assert [(one.how, one.story) for one in desk.story(1).related] == [("解读", 2)]
    assert [(one.how, one.story) for one in desk.story(2).related] == [("正文", 1)]


def test_a_subscription_gets_only_the_documents_it_wants(tmp_path):
    desk = Desk(
        tmp_path,
        {"id": "all"},
        {"id": "calls", "only": {"kinds": ["申报"], "regions": ["广东"]}},
        {"id": "energy", "only": {"issuers": "国家能源局"}},
    )
    try:
        desk.add("call", "关于组织申报2026年储能项目的通知", CALL)
        desk.add("draft", "关于公开征求《新型储能安全管理办法（征求意见稿）》意见的通知", DRAFT)
        waiting = {
            one.id: [story for story, _ in desk.db.read_now(runs.waiting, one.id)] for one in desk.plan.subscriptions
        }
        assert waiting == {"all": [1, 2], "calls": [1], "energy": [2]}
    finally:
        desk.db.close()


def reminded_of(digest):
    """Stories of before that stand in what closes soon, and in no group."""
    new = {story.id for group in digest.groups for story in group.stories}
    return [one.story.id for one in digest.closing if one.story.id not in new]


def test_a_digest_reminds_of_a_deadline_as_often_as_it_should_and_no_more(desk):
    desk.add("call", "关于组织申报2026年储能项目的通知", CALL)
    reminded = {}
    for day in range(1, 31):
        desk.now = START + timedelta(days=day)
        reminded[desk.now.astimezone(ZoneInfo("Asia/Shanghai")).date()] = reminded_of(desk.preview())
        desk.close()
        assert reminded_of(desk.preview()) == []  # what a slot told is not told again
    assert [day for day, stories in reminded.items() if stories] == [date(2026, 11, 24), date(2026, 11, 30)]
    kept = desk.db.read_now(lambda tx: tx.execute(text("SELECT day, days FROM reminder ORDER BY days")).all())
    assert [tuple(row) for row in kept] == [("2026-12-01", 1), ("2026-12-01", 7)]


def test_nobody_is_reminded_of_a_story_that_the_same_digest_brings(desk):
    desk.now = datetime(2026, 11, 25, 1, tzinfo=UTC)
    desk.add("call", "关于组织申报2026年储能项目的通知", CALL)
    assert (desk.preview().story_count, reminded_of(desk.preview())) == (1, [])
    desk.close()
    desk.now += timedelta(days=1)
    assert reminded_of(desk.preview()) == []  # its seven days were up before it was known


def test_remind_may_be_turned_off(tmp_path):
    desk = Desk(tmp_path, {"remind": []})
    try:
        desk.add("call", "关于组织申报2026年储能项目的通知", CALL)
        desk.close()
        desk.now = datetime(2026, 11, 30, 2, tzinfo=UTC)
        assert reminded_of(desk.preview()) == []
    finally:
        desk.db.close()


def test_a_digest_that_comes_late_reminds_then():
    """Deadline on Tuesday 10th, digests on Friday 6th and Monday 9th: three days before falls on the Saturday."""
    day = date(2026, 11, 10)
    first, told = remind.due([(5, day)], [3], set(), today=date(2026, 11, 6), fresh=())
    assert (first, told) == ((), ())
    late, told = remind.due([(5, day)], [3], set(), today=date(2026, 11, 9), fresh=())
    assert late == (5,)
    assert remind.due([(5, day)], [3], {(one.story, one.day, one.days) for one in told}, today=day, fresh=()) == (
        (),
        (),
    )


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"only": {}}, "says nothing"),
        ({"only": {"kinds": ["通报"]}}, "no kind of document"),
        ({"only": {"regions": ["海淀区"]}}, "no region"),
        ({"remind": [7, 7]}, "stands twice"),
        ({"remind": [90]}, "less than or equal to 60"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, what):
    entry = {"id": "m", "to": "a@example.org", "watchlists": "all", "digest": {"at": "30 8 * * *"}}
    with pytest.raises(ValueError, match=what):
        SubscriptionSpec.model_validate({**entry, **given})


def test_the_days_that_are_asked_for_are_included(desk):
    desk.add("call", "关于组织申报2026年储能项目的通知", CALL)
    found = desk.db.read_now(rows.closing, "m", date(2026, 12, 1), date(2026, 12, 1))
    assert [(one.story_id, one.day) for one in found] == [(1, date(2026, 12, 1))]
    assert desk.db.read_now(rows.closing, "m", date(2026, 12, 2), date(2026, 12, 31)) == []
