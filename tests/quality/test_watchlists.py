"""The shipped watch-lists: all there, named as their industries, and finding what they should in our own words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher
from policywatch.text.damage import damage

HERE = Path(__file__).parent
LISTS = HERE.parents[1] / "config" / "watchlists"
INDUSTRIES = [
    "5G",
    "新能源汽车",
    "光伏",
    "锂电池",
    "新材料",
    "人工智能",
    "智能网联新能源汽车",
    "新型储能",
    "氢能",
    "生物制造",
    "商业航天",
    "低空经济",
    "未来制造",
    "未来信息",
    "未来材料",
    "未来能源",
    "未来空间",
    "未来健康",
    "人形机器人",
    "脑机接口",
    "元宇宙",
    "下一代互联网",
    "6G",
    "量子科技",
    "原子级制造",
    "深海空天开发",
]


@pytest.fixture(scope="module")
def specs():
    return [
        WatchlistSpec.model_validate(item)
        for path in sorted(LISTS.glob("*.yaml"))
        for item in YAML(typ="safe", pure=True).load(path)["watchlists"]
    ]


@pytest.fixture(scope="module")
def matcher(specs):
    return Matcher(specs)


def test_there_is_one_list_for_each_industry(specs):
    assert sorted(spec.name for spec in specs) == sorted(INDUSTRIES)


@pytest.mark.parametrize("name", INDUSTRIES)
def test_each_list_finds_its_industry_plain_and_damaged(matcher, name):
    sentence = f"会议指出，要围绕{name}等方向开展攻关。"
    assert name in [hit.watchlist for hit in matcher.match("", sentence)]
    assert name in [hit.watchlist for hit in matcher.match("", damage(sentence))]


def test_members_of_directions_are_lists(specs):
    names = {spec.name for spec in specs}
    assert {member for spec in specs for member in spec.members} <= names
    assert sum(bool(spec.members) for spec in specs) == 6


def own_cases():
    return YAML(typ="safe", pure=True).load(HERE / "cases.yaml")


def test_every_list_has_cases_of_its_own():
    counted = Counter(name for case in own_cases() for name in case["lists"])
    assert set(counted) == set(INDUSTRIES)
    assert sum(not case["lists"] for case in own_cases()) >= 25


@pytest.mark.parametrize("name", INDUSTRIES)
def test_each_list_keeps_its_floors_on_our_own_sentences(matcher, name):
    """Precision and recall over cases.yaml; what a list newly finds or misses is named."""
    floor = YAML(typ="safe", pure=True).load(HERE / "floors.yaml")["own"][name]
    right, wrong, missed = [], [], []
    for case in own_cases():
        found = name in {hit.watchlist for hit in matcher.match("", case["text"])}
        if name in case["lists"]:
            (right if found else missed).append(case["text"])
        elif found and name not in case.get("may", ()):
            wrong.append(case["text"])
    precision = len(right) / (len(right) + len(wrong)) if right or wrong else 1.0
    recall = len(right) / (len(right) + len(missed))
    assert precision >= floor["precision"], f"wrongly found: {wrong}"
    assert recall >= floor["recall"], f"missed: {missed}"


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("某医院完成首例非侵入式BCI康复训练", ["脑机接口"]),
        ("eVTOL取得型号合格证", ["低空经济"]),
        ("固态电池中试线投产", ["锂电池"]),
        ("首个具身智能训练场启用", ["人形机器人", "人工智能"]),
        ("A national programme for quantum key distribution", ["量子科技"]),
        ("省里出台加氢站建设补贴办法", ["氢能"]),
        ("卫星互联网低轨星座完成组网发射", ["商业航天"]),
        ("合成生物企业集聚", ["生物制造"]),
        ("钙钛矿太阳能电池效率刷新纪录", ["光伏"]),
        ("回收旧电脑机箱和显示器", []),
        ("手机内存升级到16GB", []),
        ("6G内存已经不够用", []),
        ("量子速读培训班被查处", []),
        ("居民补充新材料后可重新申请", []),
        ("本周末博物馆延长开放", []),
        ("会计师事务所招聘公告", []),
    ],
)
def test_our_own_labelled_sentences(matcher, text, lists):
    assert sorted(hit.watchlist for hit in matcher.match("", text)) == sorted(lists)
