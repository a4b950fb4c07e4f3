"""Reprints: titles taken apart, profiles of texts, what changed, and stories in any order of arrival."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch.articles import changes, cluster_trial, minhash, numerals, profile, standing, stories, titles
from policywatch.articles.cluster import Clusters
from policywatch.articles.likeness import Likeness, Telling, compared
from policywatch.articles.normalise import normalise
from policywatch.model import Document, RawItem, TextState

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
WORDS = "量子计算平台试点示范项目申报评审企业高校联合攻关材料装备软件标准检测认证服务应用推广资金支持人才培养安全绿色低碳数据网络"


def sentence(dice: random.Random) -> str:
    return "".join(dice.choice(WORDS) for _ in range(dice.randint(18, 40))) + "。"


def text(seed: int, sentences: int = 12) -> str:
    dice = random.Random(seed)
    return "\n".join(sentence(dice) for _ in range(sentences))


def telling(title: str, body: str = "", published: datetime | None = NOW) -> Telling:
    return Telling(titles.parsed(title), profile.of(body), published)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("关于开展试点工作的通知", "关于开展试点工作的通知_示例产业网"),
        ("关于开展试点工作的通知", "关于开展试点工作的通知-示例新闻网-示例网"),
        ("关于开展试点工作的通知", "示例部：关于开展试点工作的通知"),
        ("关于开展试点工作的通知", "【转载】关于开展试点工作的通知（附全文）"),
        ("关于开展试点工作的通知", "重磅！關於開展試點工作的通知"),
        ("“试点”工作 启动", "试点工作启动"),
        ("Regulator opens consultation", "Regulator opens consultation | Example News"),
    ],
)
def test_what_a_site_puts_around_a_title_is_no_part_of_it(one, other):
    assert titles.parsed(one).core == titles.parsed(other).core


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("首批试点名单公布", "第二批试点名单公布"),
        ("5月出口同比增长", "六月出口同比增长"),
        ("2025年度项目申报指南发布", "2026年度项目申报指南发布"),
        ("四川：加快建设现代化产业体系", "甘肃：加快建设现代化产业体系"),
        ("《试点管理办法（征求意见稿）》", "《试点管理办法》"),
        ("《试点管理办法》解读", "《试点管理办法》"),
        ("试点申报延期的公告", "试点申报的公告"),
        ("C919完成首飞", "C929完成首飞"),
        ("Industrial output rose in May", "Industrial output rose in June"),
    ],
)
def test_titles_of_one_template_are_told_apart(one, other):
    assert titles.differ(titles.parsed(one), titles.parsed(other))
    assert titles.differ(titles.parsed(other), titles.parsed(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("前七个月新设企业增长", "前7个月新设企业增长"),
        ("首批试点名单公布", "第一批试点名单公布"),
        ("低空物流航线突破百条 日均配送两万单", "低空物流航线突破百条"),
        ("中国-东盟博览会开幕", "中国—东盟博览会开幕"),
    ],
)
def test_titles_of_one_thing_are_not(one, other):
    assert not titles.differ(titles.parsed(one), titles.parsed(other))


@pytest.mark.parametrize(
    ("written", "value"),
    [("12", "12"), ("012", "12"), ("1,234.5", "1234.5"), ("十二", "12"), ("二〇二六", "2026"), ("三千五百", "3500"),
     ("两万", "20000"), ("一亿二千万", "120000000"), ("十", "10"), ("一百零五", "105"), ("亿" * 30, "亿" * 30)],
)  # fmt: skip
def test_numerals_have_one_spelling(written, value):
    assert numerals.value(written) == value


def test_the_sketch_estimates_what_two_texts_share():
    """Within four standard errors of the true share of shingles."""
    dice = np.random.default_rng(3)
    for share in (0.2, 0.5, 0.8, 1.0):
        estimates = []
        for _ in range(40):
            common = dice.integers(0x4E00, 0x9FA5, size=int(900 * share), dtype=np.uint32)
            rest = [dice.integers(0x4E00, 0x9FA5, size=900 - len(common), dtype=np.uint32) for _ in range(2)]
            one, other = (minhash.sketch(np.concatenate([common, part])) for part in rest)
            estimates.append(minhash.likeness(one, other))
        true = share / (2 - share)
        assert abs(float(np.mean(estimates)) - true) < 0.04


def test_edited_texts_meet_in_a_band():
    """Of 400 texts of which two sentences in ten were written anew, at least 99 of 100 meet."""
    met = 0
    for seed in range(400):
        dice = random.Random(seed)
        lines = text(seed, 15).split("\n")
        edited = list(lines)
        for _ in range(2):
            edited[dice.randrange(1, 15)] = sentence(dice)
        one, other = (set(profile.of("\n".join(some)).bands[: minhash.BANDS]) for some in (lines, edited))
        met += bool(one & other)
    assert met >= 396


def test_texts_that_share_nothing_meet_in_no_band():
    found = [set(profile.of(text(seed)).bands) for seed in range(200)]
    assert sum(len(some) for some in found) == len(set().union(*found))


@pytest.mark.parametrize(
    "body", ["\ufdfa" * 60_000, "\n" * 60_000, "首批" * 60_000, "万" * 60_000, "(记者" * 20_000, ""]
)
def test_odd_and_endless_texts_have_profiles_too(body):
    made = profile.of(body)
    assert len(made.packed()) <= 4 + 4 * (minhash.BINS + 2 * profile.SENTENCES)
    assert titles.parsed(body).core in titles.parsed(body).pieces or not titles.parsed(body).core


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.text(max_size=80))
def test_any_text_has_a_profile_that_can_be_packed(body, title):
    made = profile.of(body)
    back = profile.unpacked(made.packed())
    for name in ("sketch", "sentences", "templates"):
        assert (getattr(made, name) == getattr(back, name)).all()
    assert all(-(1 << 63) <= band < 1 << 63 for band in stories.bands(Telling(titles.parsed(title), back, None)))
    assert changes.of_text(body, body) == changes.of_title(title, title) == ""


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200), st.text(max_size=200))
def test_it_does_not_matter_which_of_two_is_named_first(one, other, body, text_):
    a, b = telling(one, body), telling(other, text_)
    assert compared(a, b) is compared(b, a)
    changes.of_title(one, other)
    changes.of_text(body, text_)


def variants(number: int) -> list[Telling]:
    """Six reprints of one text: whole, cut, without a part, its first sentences, with the site's lines, retitled."""
    dice = random.Random(number)
    title = f"示例部第{number}号" + "".join(dice.choice(WORDS) for _ in range(16))
    lines = text(1000 + number, 10).split("\n")
    bodies = [
        lines,
        lines[:6],
        lines[:4] + lines[5:],
        lines[:2],
        ["来源：示例网 浏览：15", *lines, "责任编辑：甲"],
        lines,
    ]
    made = [telling(title, "\n".join(some), NOW + timedelta(days=at % 3)) for at, some in enumerate(bodies)]
    made[-1] = telling(f"快讯：{title}_示例网", "\n".join(lines))
    return made


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_clustering_does_not_depend_on_the_order_of_arrival(dice):
    everything = [(number, one) for number in range(6) for one in variants(number)]
    dice.shuffle(everything)
    clusters = Clusters()
    numbers = [clusters.add(one) for _, one in everything]
    found: dict[int, set[int]] = {}
    for number, (group, _) in zip(numbers, everything, strict=True):
        found.setdefault(clusters.story(number), set()).add(group)
    assert sorted(map(sorted, found.values())) == [[group] for group in range(6)]


def test_an_article_that_fits_two_issues_of_a_template_does_not_make_them_one():
    """The guard of the union: what must be told apart stays apart, whatever comes between."""
    body = "协会公布数据，{}月装车量{}吉瓦时，其中磷酸铁锂电池占比八成。\n产业链上下游企业保持平稳运行，出口继续增长。"
    may, june = telling("5月装车量公布", body.format(5, 31)), telling("6月装车量公布", body.format(6, 35))
    between = telling("装车量公布", "产业链上下游企业保持平稳运行，出口继续增长。")
    assert compared(may, june) is Likeness.DIFFERENT
    for order in ((may, june, between), (between, may, june), (may, between, june)):
        clusters = Clusters()
        at = {id(one): clusters.add(one) for one in order}
        assert clusters.story(at[id(may)]) != clusters.story(at[id(june)])


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("申报截止日期为11月30日。", "申报截止日期为12月15日。", "申报截止 11月30日 → 12月15日"),
        ("支持资金共3000万元，分两年下达。", "支持资金共5000万元，分两年下达。", "支持资金 3000万元 → 5000万元"),
        ("依据《试点管理办法》组织实施评审工作。", "依据《示范管理办法》组织实施评审工作。", "依据 《试点管理办法》 → 《示范管理办法》"),
        ("申报截止日期为11月30日。", "申报截止日期为11月30日！ ", ""),
        ("申报截止日期为11月30日。", "申報截止日期為11月30日。", ""),
        ("申报截止日期为11月30日。\n浏览次数：18", "申报截止日期为11月30日。\n浏览次数：1892", ""),
        ("申报截止日期为11月30日。\n来源：甲网", "申报截止日期为11月30日。\n来源：乙网 责任编辑：丙", ""),
        ("申报截止日期为11月30日。更多内容请看附件所列各项要求。", "申报截止日期为11月30日。", ""),
        ("", "申报截止日期为11月30日。", ""),
    ],
)  # fmt: skip
def test_what_matters_in_an_edited_text_is_named(before, after, what):
    assert changes.of_text(before, after) == what


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("试点名单公布", "试点名单公布！", ""),
        ("试点名单公布", "试点名单公布_示例新闻网", ""),
        ("关于公布量子计算试点名单的公告", "关于公布量子计算试点名…", ""),
        ("首批试点名单公布", "第二批试点名单公布", "首批试点名单公布 → 第二批试点名单公布"),
        ("试点名单公布", "试点名单公布（更正）", "试点名单公布 → 试点名单公布（更正）"),
    ],
)
def test_what_matters_in_an_edited_title_is_named(before, after, what):
    assert changes.of_title(before, after) == what


@pytest.mark.parametrize(
    ("url", "publisher", "source", "issuers", "step"),
    [
        ("https://www.shili.gov.cn/a", "示例部", "示例部 通知", (), 0),
        ("https://www.shili.gov.cn/a", "来源：示例部办公厅", "示例部", (), 0),
        ("https://www.shili.gov.cn/a", "", "示例部", ("示例部",), 0),
        ("https://news.example.com/a", "示例网", "示例网", (), 1),
        ("https://www.shili.gov.cn/a", "", "示例部", (), 2),
        ("https://news.example.com/a", "", "示例网", (), 3),
        ("https://www.shili.gov.cn/a", "别的部", "示例部", (), 4),
        ("https://news.example.com/a", "示例部", "示例网", (), 5),
        ("https://gov.cn.example.com/a", "", "示例网", (), 3),
    ],
)
def test_the_nearer_to_the_issuing_body_the_lower_a_pages_number(url, publisher, source, issuers, step):
    raw = RawItem(key="k", url=url, title="t", publisher=publisher)
    article = normalise(raw, source="s", now=NOW, text_state=TextState.COMPLETE)
    if issuers:
        article = type(article)(**{**{name: getattr(article, name) for name in article.__match_args__},
                                   "document": Document(issuers=issuers)})  # fmt: skip
    assert standing.standing(article, source) == step


def test_try_cluster_answers_every_line_in_order():
    body = text(5)
    lines = [
        json.dumps({"id": 1, "title": "示例部启动量子计算试点", "body": body, "published": "2026-11-20"}),
        "not JSON",
        "",
        "[1]",
        json.dumps({"id": "x", "title": 7}),
        json.dumps({"id": 2, "title": "别的消息", "body": text(6), "published": "someday"}),
        json.dumps({"id": 3, "title": "快讯：示例部启动量子计算试点", "body": body, "published": None}),
        json.dumps({"id": 4, "title": "甲", "url": "https://example.org/a?utm_source=x"}),
        json.dumps({"id": 5, "title": "乙", "url": "http://example.org/a"}),
    ]
    answers = cluster_trial.trial(lines, NOW)
    assert [answer["id"] for answer in answers] == [1, None, None, "x", 2, 3, 4, 5]
    assert [answer["story"] for answer in answers] == [1, None, None, None, 2, 1, 4, 4]
    said = [answer.get("error", "")[:14] for answer in answers]
    assert said == ["", "not JSON: Expe", "not a JSON obj", "title is no te", "published is n", "", "", ""]
