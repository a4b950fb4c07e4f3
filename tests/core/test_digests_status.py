"""Is it working: Today and the sources, in words."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from selectolax.lexbor import LexborHTMLParser

import webs
from digests_samples import SLOT
from policywatch.digests.calendar import Calendar
from policywatch.digests.schedule import Plain
from policywatch.digests.status import NextDigest, StatusView
from policywatch.digests.timetable import Timetable
from policywatch.model import SourceStatus

NOW = SLOT + timedelta(minutes=42)


def source(number=1, **changes):
    values = {
        "id": f"s{number}",
        "name": f"来源 {number}",
        "kind": "feed",
        "url": f"https://s{number}.example.org/",
        "last_poll_at": NOW - timedelta(minutes=10),
        "last_success_at": NOW - timedelta(minutes=10),
        "next_poll_at": NOW + timedelta(minutes=50),
        "articles": 1204,
    }
    return SourceStatus(**{**values, **changes})


def page(language="zh-CN", draw=webs.today, **values):
    return LexborHTMLParser(draw(StatusView(NOW, ZoneInfo("Asia/Shanghai"), **values), language))


def text(tree):
    return " ".join(tree.css_first("main").text(separator=" ").split())


def test_all_that_there_is_stands_on_the_pages():
    every = [source(), source(2, last_poll_at=None, last_success_at=None, articles=0)]
    told = text(
        page(
            sources=every,
            digests=[NextDigest("早报", SLOT + timedelta(days=1), 3), NextDigest("快讯", None)],
            outbox={"sent": 1412, "pending": 2, "retry": 1},
        )
    )
    for words in (
        "一切正常",
        "11月23日 周一 09:12",
        "早报 11月24日 周二 08:30 3 条",
        "快讯 只发快讯 0 条",
        "2 待发",
        "1,412 已送达服务器",
        "1 稍后重试",
        "查看全部 2 个来源",
    ):
        assert words in told, words
    tree = page(draw=webs.sources, sources=every)
    for words in ("来源 1 正常 1,204 09:02 09:02 10:02", "来源 2 尚未读过 0 – – 10:02"):
        assert words in text(tree), words
    assert tree.css_first("th a").attributes["href"] == "/sources/s1"


@pytest.mark.parametrize(
    ("language", "headline"),
    [
        ("zh-CN", "1 个来源没有读到、2 封邮件没有送达"),
        ("en", "1 source cannot be read, 2 mails were not delivered"),
    ],
)
def test_trouble_stands_in_the_headline_and_failing_sources_first(language, headline):
    every = [source(1), source(2, failures=4, last_error="HTTP 500", last_success_at=NOW - timedelta(days=3))]
    tree = page(language, sources=every, outbox={"failed": 1, "unknown": 1})
    assert tree.css_first("h1").text() == headline
    said = [node.text() for node in tree.css("[aria-labelledby=trouble] .fault")]
    assert (len(said), said[-1]) == (3, "HTTP 500")
    tree = page(language, webs.sources, sources=every)
    rows = tree.css("tbody tr")
    assert rows[0].css_first(".fault").text() == "HTTP 500"
    assert "failing" in rows[0].attributes["class"]
    assert len(tree.css(".fault")) == 1


def test_an_old_error_of_a_source_that_recovered_is_not_shown():
    for draw in (webs.today, webs.sources):
        assert "HTTP 500" not in text(page(draw=draw, sources=[source(last_error="HTTP 500")]))


def test_an_empty_house_says_what_is_missing():
    told = text(page("en"))
    for words in ("no subscriptions yet", "No mail yet", "no sources yet", "no watch-lists yet"):
        assert words in told


@pytest.mark.parametrize(
    ("language", "advice"),
    [
        ("zh-CN", "（HTTP 403）"),
        ("en", "it refuses to be read (HTTP 403). Ask the site, or look for its feed or another page."),
    ],
)
def test_a_source_in_trouble_says_what_to_change(language, advice):
    tree = page(language, sources=[source(failures=3, last_error="HTTP 403", trouble="blocked")])
    assert advice in tree.css_first(".fault").text()
    assert tree.css_first(".rows a").attributes["href"] == "/sources/s1"


@pytest.mark.parametrize(("state", "why"), [("unknown", "Perhaps it arrived"), ("failed", "refused it for good")])
def test_mail_that_was_given_up_needs_attention(state, why):
    tree = page("en", outbox={state: 2, "retry": 1, "sent": 5})
    (row,) = tree.css("[aria-labelledby=trouble] li")
    assert why in row.text()
    assert row.css_first("a").attributes["href"] == f"/outbox?state={state}"
    assert not page("en", outbox={"retry": 1, "sent": 5}).css("[aria-labelledby=trouble]")


def test_what_is_to_be_typed_is_set_as_code_and_nothing_else_becomes_markup():
    tree = page("en", sources=[source(trouble="gone"), source(2, failures=1, last_error="`<b>x</b>`")])
    assert [node.text() for node in tree.css(".fault code")] == ["url", "enabled: false", "<b>x</b>"]
    assert "`" not in text(tree)
    assert not tree.css(".fault b")


@pytest.mark.parametrize("draw", [webs.today, webs.sources])
def test_038_nothing_from_outside_becomes_markup_and_no_style_stands_inline(draw):
    """The page is served under a policy that allows its own sheet only."""
    payload = '"><script>alert(1)</script>'
    tree = page(
        draw=draw,
        sources=[source(name=payload, url="javascript:alert(1)", failures=1, last_error=payload)],
        digests=[NextDigest(payload, NOW)],
        outbox={payload: 1},
    )
    assert not tree.css("script, style, [style], [onclick], a[href^=javascript]")
    assert payload in text(tree)


@pytest.mark.parametrize(
    ("language", "when", "year", "draft"),
    [
        ("zh-CN", "工作日 08:30（Asia/Shanghai）", "2027 年的节假日安排还不知道", "等待放行：早报 <b>"),
        ("en", "working days at 08:30 (Asia/Shanghai)", "public holidays of 2027 are not known", "release: 早报 <b>"),
    ],
)
def test_schedules_drafts_and_unknown_holidays_are_said(language, when, year, draft):
    zone = ZoneInfo("Asia/Shanghai")
    timetable = Timetable((Plain.parse("workday at 08:30"),), zone, Calendar())
    coming = NextDigest("早报", timetable.next(NOW), 3, timetable)
    view = StatusView(NOW, zone, digests=[coming], unknown_year=2027, drafts=["早报 <b>"])
    tree = LexborHTMLParser(webs.today(view, language))
    assert tree.css_first("td small").text() == when
    warnings = [node.text() for node in tree.css("li.trouble")]
    assert len(warnings) == 2
    assert year in warnings[0]
    assert draft in warnings[1]
