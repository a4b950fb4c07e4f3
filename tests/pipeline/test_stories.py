"""Stories in a real database: two sources, several days, late heads, stories that turn out to be one, restarts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from policywatch.articles.normalise import normalise
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher
from policywatch.model import RawItem, TextState
from policywatch.pipeline import record
from policywatch.pipeline.plan import Plan
from policywatch.pipeline.reading import matched
from policywatch.sources.base import SourceSpec
from policywatch.store import runs, sources, stories
from policywatch.store.db import Database

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
NAMES = {"ministry": "示例部", "wire": "示例产业网", "paper": "示例日报"}
HOSTS = {"ministry": "www.shili.gov.cn", "wire": "news.example.net", "paper": "paper.example.com"}
TITLE = "示例部启动量子科技云平台试点"
SENTENCES = (
    "示例部今天启动量子科技云平台试点，首批遴选二十家单位参加。",
    "试点围绕算法库、算力调度和安全测评展开，为期两年。",
    "各地应当于12月25日前报送推荐名单，逾期不予受理。",
    "示例部将组织专家对试点单位开展中期检查，并给予后续支持。",
    "高校和企业可以联合申报，牵头单位应当具备云服务资质。",
    "试点成果将通过公共平台向全行业开放，鼓励形成标准。",
)
BODY = "\n".join(SENTENCES)


class Desk:
    """A store that articles come into."""

    def __init__(self, folder) -> None:
        self.path = folder / "policywatch.sqlite"
        self.now = START
        self.plan = Plan(
            sources=tuple(
                SourceSpec(id=name, name=NAMES[name], kind="feed", url=f"https://{HOSTS[name]}/feed") for name in NAMES
            ),
            watchlists=(WatchlistSpec(name="量子", any=["量子科技"]),),
            subscriptions=(
                SubscriptionSpec(id="m", to=["a@example.org"], watchlists="all", digest={"at": "0 8 * * *"}),
            ),
            zone=ZoneInfo("Asia/Shanghai"),
            language="zh-CN",
            sender="news@example.org",
            channel="maildir",
        )
        self.matcher = Matcher(self.plan.watchlists)
        self.open()

    def open(self) -> None:
        self.db = Database.open(self.path)
        rows = [sources.SourceRow(spec.id, spec.name, spec.kind, spec.url, spec.url) for spec in self.plan.sources]
        self.db.write_now(sources.sync, rows, self.now)

    def article(self, source, slug, title=TITLE, body=BODY, publisher="", **raw):
        item = RawItem(
            key=slug,
            url=f"https://{HOSTS[source]}/{slug}",
            title=title,
            body=body,
            published=self.now,
            publisher=publisher,
            **raw,
        )
        return normalise(item, source=source, now=self.now, text_state=TextState.COMPLETE)

    def come(self, *articles) -> record.Recorded:
        found = [matched(self.matcher, one, NAMES[one.source]) for one in articles]
        (recorded,) = self.db.write_now(record.add_polls, self.plan, [record.Poll(found)], self.now)
        return recorded

    def mailed(self) -> list:
        """What the next digest holds; afterwards it is mailed."""

        def close(tx):
            run = runs.open_run(tx, "m", self.now.isoformat(), self.now, "digest", self.now)
            runs.claim(tx, run, "m")
            return runs.stories(tx, run, ["量子"])

        return self.db.write_now(close)

    def all(self) -> list:
        """Every story."""
        return self.db.read_now(
            lambda tx: runs.load(tx, [row.id for row in tx.execute(text("SELECT id FROM story ORDER BY id"))], ["量子"])
        )


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.db.close()


def test_034_reprints_of_three_days_are_one_story_mailed_once(desk):
    desk.come(desk.article("wire", "1", f"{TITLE}_示例产业网"))
    (first,) = desk.mailed()
    assert (first.reprints, first.also) == (0, ())
    desk.now += timedelta(days=1)
    assert desk.come(desk.article("paper", "2", "快讯：" + TITLE, "\n".join(SENTENCES[:4]))).reprints == 1
    desk.now += timedelta(days=1)
    desk.come(
        desk.article("paper", "3", "示例部啟動量子科技雲平臺試點", BODY.replace("启动", "啟動").replace("试点", "試點"))
    )
    assert desk.mailed() == []
    (story,) = desk.all()
    assert story.id == first.id
    assert story.reprints == 2
    assert [(one.source_name, one.url.rsplit("/")[-1]) for one in story.also] == [("示例日报", "2"), ("示例日报", "3")]


def test_the_issuing_bodys_page_takes_the_head_and_is_not_mailed_again(desk):
    desk.come(desk.article("wire", "1", publisher="示例部"))
    assert [one.source for one in desk.mailed()] == ["wire"]
    desk.now += timedelta(days=2)
    desk.come(desk.article("ministry", "2", publisher="示例部"))
    assert desk.mailed() == []
    (story,) = desk.all()
    assert (story.source, story.reprints) == ("ministry", 1)
    assert [one.source_name for one in story.also] == ["示例产业网"]


def test_the_earliest_of_two_reprints_stands_for_the_story(desk):
    desk.now += timedelta(days=1)
    desk.come(desk.article("paper", "1"))
    desk.now -= timedelta(days=1)
    desk.come(desk.article("wire", "2"))
    assert [one.source for one in desk.all()] == ["wire"]


LEFT, RIGHT = "\n".join(SENTENCES[:3]), "\n".join(SENTENCES[3:])


@pytest.mark.parametrize("is_mailed", [False, True])
def test_an_article_that_shows_two_stories_to_be_one_joins_them_without_a_second_mail(desk, is_mailed):
    """Each half of a text came by itself, under a title of its own; then comes the whole."""
    desk.come(desk.article("wire", "1", "量子科技云平台启动试点", LEFT))
    mails = len(desk.mailed()) if is_mailed else 0
    desk.come(desk.article("paper", "2", "量子科技试点成果向行业开放", RIGHT + "\n量子科技"))
    assert len(desk.all()) == 2
    desk.now += timedelta(days=1)
    desk.come(desk.article("ministry", "3", "示例部：量子科技云平台启动试点 成果向行业开放"))
    (story,) = desk.all()
    assert story.reprints == 2
    mails += len(desk.mailed())
    assert mails == 1


def test_two_stories_that_were_both_mailed_stay_mailed_when_they_become_one(desk):
    desk.come(desk.article("wire", "1", "量子科技云平台启动试点", LEFT))
    desk.come(desk.article("paper", "2", "量子科技试点成果向行业开放", RIGHT + "\n量子科技"))
    assert len(desk.mailed()) == 2
    desk.now += timedelta(days=1)
    desk.come(desk.article("ministry", "3", "示例部：量子科技云平台启动试点 成果向行业开放"))
    assert desk.mailed() == []
    assert len(desk.all()) == 1


def test_the_next_batch_and_the_next_month_are_news(desk):
    desk.come(desk.article("wire", "1", "首批量子科技试点名单公布", BODY))
    assert len(desk.mailed()) == 1
    desk.now += timedelta(days=3)
    desk.come(
        desk.article(
            "wire", "2", "第二批量子科技试点名单公布", BODY.replace("首批", "第二批").replace("12月25日", "1月25日")
        )
    )
    assert len(desk.mailed()) == 1
    assert len(desk.all()) == 2


def test_a_restart_forgets_no_story(desk):
    desk.come(desk.article("wire", "1"))
    desk.mailed()
    desk.db.close()
    desk.open()
    desk.now += timedelta(days=1)
    desk.come(desk.article("paper", "2", "快讯：" + TITLE))
    assert desk.mailed() == []
    assert [one.reprints for one in desk.all()] == [1]


def test_beyond_the_window_nothing_is_joined_and_its_traces_go(desk):
    desk.come(desk.article("wire", "1"))
    desk.now += timedelta(days=31)
    late = desk.article("paper", "2", "快讯：" + TITLE, BODY + "\n另据了解，试点将延续到明年。")
    assert desk.db.write_now(stories.prune, desk.now - timedelta(days=30)) == 1
    assert desk.db.read_now(lambda tx: tx.execute(text("SELECT count(*) FROM article_band")).scalar()) == 0
    desk.come(late)
    assert len(desk.all()) == 2


def test_a_changed_deadline_is_marked_and_not_mailed_again(desk):
    desk.come(desk.article("ministry", "1", publisher="示例部"))
    desk.mailed()
    desk.now += timedelta(days=1)
    desk.come(desk.article("ministry", "1", body=BODY.replace("12月25日", "1月15日"), publisher="示例部"))
    assert desk.mailed() == []
    (story,) = desk.all()
    assert story.change == "各地应当 12月25日 → 1月15日"


def test_034_an_edited_title_is_marked_and_its_punctuation_is_not(desk):
    desk.come(desk.article("ministry", "1", summary="x"))
    desk.mailed()
    for title, change in (
        (f"{TITLE}！ _ 示例部网", ""),
        ("示例部启动第二批量子科技云平台试点", f"{TITLE} → 示例部启动第二批量子科技云平台试点"),
    ):
        desk.now += timedelta(hours=1)
        desk.come(desk.article("ministry", "1", title))
        assert desk.mailed() == []
        assert [one.change for one in desk.all()] == [change]


def test_a_counter_of_views_in_the_text_changes_nothing(desk):
    desk.come(desk.article("wire", "1", body=BODY + "\n浏览次数：15"))
    desk.now += timedelta(hours=1)
    desk.come(desk.article("wire", "1", body=BODY + "\n浏览次数：1500"))
    assert [one.change for one in desk.all()] == [""]


VARIANTS = (
    ("wire", f"{TITLE}_示例产业网", BODY),
    ("paper", "快讯：" + TITLE, "\n".join(SENTENCES[:5])),
    ("ministry", TITLE, BODY),
    (
        "paper",
        "首批量子科技领军企业名单公布",
        "根据评审结果，首批三十家量子科技领军企业名单今天公布，详见附件所列，企业分布在八个省份。",
    ),
    (
        "wire",
        "第二批量子科技领军企业名单公布",
        "根据评审结果，第二批三十家量子科技领军企业名单今天公布，详见附件所列，企业分布在八个省份。",
    ),
)


def shape(desk) -> set:
    """The stories as sets of addresses, with the head of each."""
    rows = desk.db.read_now(
        lambda tx: tx.execute(
            text("SELECT story_id, url, article.id = head_id AS is_head FROM article JOIN story ON story.id = story_id")
        ).all()
    )
    found: dict[int, set] = {}
    for row in rows:
        found.setdefault(row.story_id, set()).add((row.url, bool(row.is_head)))
    return {frozenset(some) for some in found.values()}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(VARIANTS))), cuts=st.lists(st.booleans(), min_size=5, max_size=5))
def test_stories_do_not_depend_on_the_order_of_arrival_nor_on_batches(tmp_path_factory, order, cuts):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    try:
        batch = []
        for at in order:
            source, title, body = VARIANTS[at]
            batch.append(desk.article(source, str(at), title, body))
            if cuts[at]:
                desk.come(*batch)
                batch = []
        desk.come(*batch)
        found = shape(desk)
    finally:
        desk.db.close()
    assert sorted(sorted(url.rsplit("/", 1)[-1] for url, _ in some) for some in found) == [
        ["0", "1", "2"],
        ["3"],
        ["4"],
    ]
    heads = {url for some in found for url, is_head in some if is_head}
    assert len(heads) == 3
    assert all(sum(is_head for _, is_head in some) == 1 for some in found)
    # No publisher is named: the official host stands for the story, whenever it came.
    assert f"https://{HOSTS['ministry']}/2" in heads


def test_every_order_of_three_reprints_mails_once(tmp_path):
    for number, order in enumerate(permutations(range(3))):
        folder = tmp_path / str(number)
        folder.mkdir()
        desk = Desk(folder)
        try:
            mails = 0
            for at in order:
                source, title, body = VARIANTS[at]
                desk.come(desk.article(source, str(at), title, body))
                mails += len(desk.mailed())
                desk.now += timedelta(hours=7)
            assert mails == 1
        finally:
            desk.db.close()
