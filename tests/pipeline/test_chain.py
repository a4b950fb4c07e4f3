"""From poll to outbox with a real database, a fake web and a clock of its own."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest

from policywatch import errors
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Page, Validators
from policywatch.pipeline.digest import Digester
from policywatch.pipeline.plan import Plan
from policywatch.pipeline.poll import Poller
from policywatch.pipeline.reading import Reader
from policywatch.pipeline.templates import UserRenderer
from policywatch.pipeline.texts import TextReader
from policywatch.sources.base import SourceSpec
from policywatch.store import outbox, runs, sources, views
from policywatch.store.db import Database

TOP = Path(__file__).parents[2]
CHINA = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday, 08:00 in China
LIST = "https://example.org/list/"
FEED = "https://example.net/feed"
COLUMN = "https://example.com/policy/index.htm"
LONG = "示例部今天启动了量子科技专项，支持量子计算和量子通信的研究，首批项目二十个，为期三年，由示例大学牵头实施，企业和高校均可参加。"


class FakeWeb:
    """Answers what was put; an exception is raised. Notes what was asked, with which validators."""

    def __init__(self) -> None:
        self.pages: dict[str, object] = {}
        self.asked: list[tuple[str, Validators | None]] = []

    async def fetch(self, request, validators=None):
        self.asked.append((request.url, validators))
        answer = self.pages.get(request.url, errors.FetchError(request.url, "HTTP 404", code="http_status", status=404))
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Page):
            return answer
        return Page(
            request.url,
            200,
            {"content-type": "text/html; charset=utf-8", "etag": f'"{hash(answer)}"'},
            answer.encode(),
            START,
        )


class InProcess:
    """The sandbox's place without a child: the same object, the same calls."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def call(self, _subject, method, *arguments):
        return getattr(self._reader, method)(*arguments)


def listing(*rows: tuple[str, str, str]) -> str:
    return (
        "<ul class=l>"
        + "".join(f"<li><a href='{url}'>{title}</a><span>{day}</span></li>" for url, title, day in rows)
        + "</ul>"
    )


def rss(*items: tuple[str, str, str]) -> str:
    return (
        "<rss version='2.0'><channel><title>t</title>"
        + "".join(
            f"<item><title>{title}</title><link>{url}</link><guid>{url}</guid><description>{body}</description></item>"
            for url, title, body in items
        )
        + "</channel></rss>"
    )


def article(title: str, body: str = LONG) -> str:
    return f"<title>{title}</title><h1>{title}</h1><div id=zoom><p>{body}</p><p>{'办公室负责解释。' * 5}</p></div>"


class Chain:
    """A policywatch without sockets and children."""

    def __init__(self, place, **feed) -> None:
        self.now = START
        self.web = FakeWeb()
        self.plan = Plan(
            sources=(
                SourceSpec(
                    id="list", name="示例部", kind="listpage", url=LIST, options={"item": "ul.l li", "date": "span"}
                ),
                SourceSpec(id="column", name="示例局", kind="xinhua", url=COLUMN),
                SourceSpec(
                    id="feed", name="示例网", kind="feed", url=FEED, **{"options": {"full_text": "never"}, **feed}
                ),
            ),
            watchlists=(WatchlistSpec(name="量子", any=["量子科技"]), WatchlistSpec(name="脑机接口")),
            subscriptions=(
                SubscriptionSpec(
                    id="m", to=["a@example.org", "b@example.org"], watchlists=["量子"], digest={"at": "30 8 * * *"}
                ),
                SubscriptionSpec(id="now", to=["c@example.org"], watchlists="all", alert={"min_score": 70}),
            ),
            zone=CHINA,
            language="zh-CN",
            sender="policywatch <news@example.org>",
            channel="maildir",
        )
        self.db = Database.open(place)
        clock = lambda: self.now  # noqa: E731
        sandbox = InProcess(Reader(self.plan.watchlists))
        self.sandbox = sandbox
        self.poller = Poller(self.plan, self.db, self.web, sandbox, clock, rng=random.Random(1))
        self.texts = TextReader(self.plan, self.db, self.web, sandbox, clock)
        renderer = Renderer(jinja2.FileSystemLoader(TOP / "templates"))
        self.digester = Digester(self.plan, self.db, renderer, clock)
        self.db.write_now(
            sources.sync,
            [sources.SourceRow(spec.id, spec.name, spec.kind, spec.url, spec.url) for spec in self.plan.sources],
            self.now,
        )
        self.db.write_now(runs.subscribe, [one.id for one in self.plan.subscriptions], self.now)

    def poll(self, *only: str):
        async def work():
            polled = await self.poller.poll_due(only or None)
            texts = await self.texts.read_due()
            return {one.source: one for one in polled}, texts

        return asyncio.run(work())

    def close(self):
        return asyncio.run(self.digester.close_due())

    def mails(self):
        rows = self.db.write_now(outbox.claim, self.now, 100)
        return [message_from_bytes(row.message.content, policy=policy.default) for row in rows]

    def waiting(self, subscription: str = "m") -> int:
        return len(self.db.read_now(runs.waiting, subscription))


@pytest.fixture
def chain(tmp_path):
    made = Chain(tmp_path / "policywatch.sqlite")
    yield made
    made.db.close()


def fill(chain, *names: str, day: str = "2026-11-23") -> None:
    chain.web.pages[FEED] = rss()
    chain.web.pages[LIST] = listing(*((f"{name}.html", f"量子科技专项{name}", day) for name in names))
    for name in names:
        chain.web.pages[f"{LIST}{name}.html"] = article(f"量子科技专项{name}", f"第{name}号。{LONG}")


def test_a_new_article_is_read_matched_and_mailed_once(chain):
    fill(chain, "a")
    chain.poll()
    assert chain.waiting() == 1
    chain.now = START + timedelta(minutes=31)
    closed = {one.subscription: one for one in chain.close()}
    assert (closed["m"].stories, closed["m"].messages) == (1, 2)
    assert closed["now"].kind == "alert"
    mails = chain.mails()
    assert sorted(str(mail["To"]) for mail in mails) == ["a@example.org", "b@example.org", "c@example.org"]
    assert all("量子科技专项a" in mail.get_body(("plain",)).get_content() for mail in mails)
    chain.now += timedelta(hours=2)
    chain.poll()
    assert chain.close() == []
    assert chain.mails() == []


def test_084_missed_slots_merge_into_one_and_lose_nothing(chain):
    fill(chain, "a")
    chain.poll()
    chain.now = START + timedelta(days=3, hours=1)
    fill(chain, "a", "b", day="2026-11-25")
    chain.poll("list")
    (closed,) = [one for one in chain.close() if one.subscription == "m"]
    assert closed.stories == 2
    assert closed.slot == "2026-11-26T00:30:00Z"
    assert [one for one in chain.close() if one.subscription == "m"] == []


def test_a_slot_before_the_subscription_is_not_owed(chain):
    fill(chain, "a")
    chain.poll()
    chain.now = START + timedelta(minutes=20)
    assert [one for one in chain.close() if one.subscription == "m"] == []


def test_037_the_first_list_of_a_source_is_a_baseline(chain):
    """What is older than the backfill is kept and matched, and mailed to nobody."""
    fill(chain, "old", day="2026-10-01")
    chain.web.pages[FEED] = rss(("https://example.net/1", "量子科技旧闻", "量子科技"))
    polled, _ = chain.poll()
    assert polled["list"].new == polled["feed"].new == 1
    assert chain.waiting() == 0
    assert len(chain.db.read_now(views.of_watchlist, "量子")) == 2
    # After the baseline the same source may publish under an older day.
    chain.now += timedelta(hours=2)
    fill(chain, "old", "late", day="2026-11-10")
    chain.poll("list")
    assert chain.waiting() == 1


def test_an_undated_item_of_a_first_list_is_news_if_its_page_says_so(chain):
    chain.web.pages[FEED] = rss()
    chain.web.pages[LIST] = listing(("new.html", "量子科技甲", ""), ("old.html", "量子科技乙", ""))
    chain.web.pages[f"{LIST}new.html"] = (
        article("量子科技甲", LONG) + '<meta name="PubDate" content="2026-11-22 10:00">'
    )
    chain.web.pages[f"{LIST}old.html"] = (
        article("量子科技乙", f"乙{LONG}") + '<meta name="PubDate" content="2020-01-01">'
    )
    chain.poll()
    assert chain.waiting() == 1


def test_an_article_whose_page_fails_is_matched_on_its_title_after_three_tries(chain):
    fill(chain, "a")
    page = chain.web.pages.pop(f"{LIST}a.html")
    for wait in (timedelta(0), timedelta(minutes=6), timedelta(minutes=31)):
        assert chain.waiting() == 0
        chain.now += wait
        asyncio.run(chain.poller.poll_due())
        asyncio.run(chain.texts.read_due())
    assert chain.waiting() == 1
    (story,) = chain.db.read_now(runs.preview, "m", ["量子"])
    assert story.text_state == "not_read"
    chain.web.pages[f"{LIST}a.html"] = page
    assert asyncio.run(chain.texts.read_due()).read == 0


def test_a_reprint_joins_its_story_and_is_not_mailed_again(chain):
    fill(chain, "a")
    chain.poll()
    chain.now = START + timedelta(minutes=31)
    chain.close()
    chain.mails()
    ((story, _),) = chain.db.read_now(views.of_watchlist, "量子")
    chain.web.pages[FEED] = rss((f"{LIST}a.html?utm_source=x", "转载：量子科技专项", LONG))
    chain.now += timedelta(hours=2)
    chain.poll("feed")
    assert chain.waiting() == 0
    ((same, _),) = chain.db.read_now(views.of_watchlist, "量子")
    assert (same.id, same.title, same.reprints) == (story.id, story.title, 1)


def test_036_a_list_that_is_emptied_and_restored_mails_nothing_again(chain):
    fill(chain, "a", "b")
    chain.poll()
    assert chain.waiting() == 2
    chain.now += timedelta(hours=2)
    whole = chain.web.pages[LIST]
    chain.web.pages[LIST] = "<p>maintenance</p>"
    polled, _ = chain.poll("list")
    assert polled["list"].status == "error"
    assert "ul.l li" in polled["list"].error
    chain.web.pages[LIST] = whole.replace("2026-11-23", "2026-11-24")
    chain.now += timedelta(hours=2)
    polled, _ = chain.poll("list")
    assert polled["list"].new == 0
    assert chain.waiting() == 2


def test_006_an_unchanged_answer_costs_no_reading(chain):
    fill(chain, "a")
    chain.poll()
    first = dict(chain.web.asked)
    assert first[LIST] is None
    chain.now += timedelta(hours=2)
    polled, _ = chain.poll("list")
    assert polled["list"].status == "unchanged"
    chain.web.pages[LIST] = Page(LIST, 304, {"etag": '"newer"'}, b"", chain.now)
    chain.now += timedelta(hours=2)
    polled, _ = chain.poll("list")
    assert polled["list"].status == "unchanged"
    chain.poll("list")
    assert chain.web.asked[-1][1].etag == '"newer"'


def test_014_a_failing_source_is_asked_ever_more_rarely_and_recovers(chain):
    chain.web.pages[FEED] = errors.FetchError(FEED, "the server did not answer", code="timeout")
    chain.web.pages[LIST] = listing(("a.html", "甲", "2026-11-23"))
    asked = 0
    for _ in range(7 * 24 * 12):
        polled, _ = chain.poll()
        asked += "feed" in polled
        chain.now += timedelta(minutes=5)
    assert 8 <= asked <= 20
    (feed,) = [one for one in chain.db.read_now(sources.statuses) if one.id == "feed"]
    assert feed.last_error == "the server did not answer"
    chain.web.pages[FEED] = rss()
    chain.poll("feed")
    (feed,) = [one for one in chain.db.read_now(sources.statuses) if one.id == "feed"]
    assert (feed.failures, feed.last_error) == (0, "")


def test_012_a_source_is_left_alone_until_the_moment_it_asked_for(chain):
    later = START + timedelta(hours=9)
    chain.web.pages[FEED] = errors.FetchError(FEED, "HTTP 429", code="http_status", status=429, retry_after=later)
    chain.web.pages[LIST] = listing(("a.html", "甲", "2026-11-23"))
    chain.poll()
    chain.now = later - timedelta(minutes=1)
    assert "feed" not in chain.poll()[0]
    chain.now = later + timedelta(minutes=1)
    assert "feed" in chain.poll()[0]


def test_044_an_article_that_breaks_the_reader_does_not_stop_the_others(chain):
    fill(chain, "a", "b")
    chain.web.pages[f"{LIST}a.html"] = RuntimeError("a fault in the program")
    chain.poll()
    assert chain.waiting() == 1


def test_a_preview_claims_nothing(chain):
    fill(chain, "a")
    chain.poll()
    digest = chain.db.read_now(chain.digester.preview, chain.plan.subscriptions[0])
    assert digest.story_count == 1
    assert "量子科技专项a" in chain.digester.rendered(digest, "en").text
    assert chain.waiting() == 1


def records(*names: str) -> str:
    rows = [
        {"title": f"量子科技{name}", "publishUrl": f"{name}.html", "publishTime": "2026-11-23 07:00"} for name in names
    ]
    return json.dumps({"datasource": rows})


def test_a_column_that_only_names_its_list_is_followed_though_it_never_changes(chain):
    data = COLUMN.replace("index.htm", "ds_0123456789abcdef.json")
    chain.web.pages[COLUMN] = "<ul data='datasource:0123456789abcdef'></ul>"
    chain.web.pages[data] = records("a")
    chain.web.pages |= {
        COLUMN.replace("index.htm", f"{name}.html"): article(f"量子科技{name}", f"{name}{LONG}") for name in "ab"
    }
    first, texts = chain.poll("column")
    assert (first["column"].new, texts.read) == (1, 1)
    chain.now += timedelta(hours=2)
    chain.web.pages[data] = records("b", "a")
    assert chain.poll("column")[0]["column"].new == 1
    chain.now += timedelta(hours=2)
    assert chain.poll("column")[0]["column"].new == 0


def test_older_pages_are_read_when_a_source_is_filled_and_never_again(chain):
    def numbered(number: int, *rows: tuple[str, str, str]) -> str:
        return listing(*rows) + f"<a href='p{number + 1}.html'>下一页</a>"

    chain.web.pages[LIST] = numbered(1, ("a.html", "量子科技一号通知", "2026-11-22"))
    chain.web.pages[f"{LIST}p2.html"] = numbered(2, ("b.html", "量子科技二号通知", "2026-11-21"))
    chain.web.pages[f"{LIST}p3.html"] = numbered(3, ("c.html", "量子科技三号通知", "2026-10-01"))
    assert chain.poll("list")[0]["list"].new == 3
    asked = [url for url, _ in chain.web.asked]
    assert f"{LIST}p3.html" in asked
    assert f"{LIST}p4.html" not in asked, "nothing on the third page was young enough to go on"
    chain.now += timedelta(hours=2)
    chain.web.asked.clear()
    chain.web.pages[LIST] = numbered(1, ("d.html", "量子科技四号通知", "2026-11-23"))
    assert chain.poll("list")[0]["list"].new == 1
    assert f"{LIST}p2.html" not in [url for url, _ in chain.web.asked]


def test_034_an_edited_entry_of_a_list_has_its_page_read_again_and_mails_nothing(chain):
    """What changed in title and text stands with the story; a title that a list merely cuts short changes nothing."""
    page = f"{LIST}a.html"
    chain.web.pages[FEED] = rss()
    chain.web.pages[LIST] = listing(("a.html", "关于量子科技专项申报的通知", "2026-11-23"))
    chain.web.pages[page] = article("关于量子科技专项申报的通知", f"申报截止日期为11月30日。{LONG}")
    chain.poll()
    chain.now = START + timedelta(minutes=31)
    chain.close()
    sent = len(chain.mails())
    assert sent == 3
    chain.now += timedelta(hours=2)
    chain.web.pages[LIST] = listing(("a.html", "关于量子科技专项申报…", "2026-11-23"))
    asked = [url for url, _ in chain.web.asked].count(page)
    chain.poll("list")
    assert [url for url, _ in chain.web.asked].count(page) == asked
    chain.now += timedelta(hours=2)
    chain.web.pages[LIST] = listing(("a.html", "关于量子科技专项申报延期的通知", "2026-11-23"))
    chain.web.pages[page] = article("关于量子科技专项申报延期的通知", f"申报截止日期为12月15日。{LONG}")
    chain.poll("list")
    chain.now += timedelta(days=1)
    chain.close()
    assert chain.mails() == []
    ((story, _),) = chain.db.read_now(views.of_watchlist, "量子")
    assert story.title == "关于量子科技专项申报延期的通知"
    assert story.text_state == "complete"
    title = "关于量子科技专项申报的通知 → 关于量子科技专项申报延期的通知"
    assert story.change == f"{title}；申报截止 11月30日 → 12月15日"


def test_a_page_that_cannot_be_read_again_keeps_its_text(chain):
    fill(chain, "a")
    chain.poll()
    chain.now += timedelta(hours=2)
    chain.web.pages[LIST] = listing(("a.html", "量子科技专项a延期", "2026-11-23"))
    del chain.web.pages[f"{LIST}a.html"]
    for _ in range(4):
        chain.poll("list")
        chain.now += timedelta(hours=1)
    ((story, _),) = chain.db.read_now(views.of_watchlist, "量子")
    assert (story.title, story.text_state) == ("量子科技专项a延期", "complete")
    assert story.change == "量子科技专项a → 量子科技专项a延期"


def test_124_a_template_that_raises_costs_no_mail_and_the_operator_hears_of_it(tmp_path):
    """The mail goes by the shipped template with a note; 0 lost, and nothing is sent twice."""
    own = tmp_path / "templates"
    own.mkdir()
    (own / "digest.html.j2").write_text("{{ 1 // 0 }}")
    chain = Chain(tmp_path / "policywatch.sqlite")
    chain.plan = replace(chain.plan, operator="op@example.org")
    renderer = UserRenderer(str(own), str(TOP / "templates"))
    chain.digester = Digester(chain.plan, chain.db, renderer, lambda: chain.now)
    try:
        fill(chain, "a", "b")
        chain.poll()
        chain.now = START + timedelta(minutes=31)
        (closed,) = [one for one in chain.close() if one.subscription == "m"]
        assert closed.stories == 2
        mails = {str(mail["To"]): mail.get_body(("plain",)).get_content() for mail in chain.mails()}
        assert {"a@example.org", "b@example.org", "op@example.org"} <= set(mails)
        for to in ("a@example.org", "b@example.org"):
            assert all(told in mails[to] for told in ("量子科技专项a", "量子科技专项b", "自带模板"))
        assert "digest.html.j2, line 1" in mails["op@example.org"]
        assert chain.close() == []
        assert chain.mails() == []
    finally:
        renderer.close()
        chain.db.close()
