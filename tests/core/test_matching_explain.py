"""Why a text matches, what keeps it out, and what nearly matches: structured, and in two languages."""

from __future__ import annotations

import pytest

from policywatch.matching import termreport, words
from policywatch.matching.base import WatchlistSpec
from policywatch.matching.explain import explain
from policywatch.matching.matcher import Matcher


def matcher(*lists) -> Matcher:
    return Matcher([WatchlistSpec.model_validate(item) for item in lists])


def one(rule, text, title="", source=""):
    told = explain(matcher({"name": "甲", **rule}), title, text, source)
    return told[0] if told else None


@pytest.mark.parametrize(
    ("rule", "text", "state", "kinds"),
    [
        ({"any": ["量子"]}, "光伏", None, []),
        ({"any": ["量子"]}, "量子", "hit", []),
        ({"any": ["量子"], "except": ["量子速读"]}, "量子与量子速读", "hit", ["exception"]),
        ({"any": ["量子"], "except": ["量子速读"]}, "量子速读", "excluded", ["exception"]),
        ({"any": ["量子"], "none": ["招聘"]}, "量子招聘", "excluded", ["forbidden"]),
        ({"any": ["量子"], "min_score": 90}, "量子", "excluded", ["min_score"]),
        ({"any": ["6G"]}, "16GB", "nearly", ["longer"]),
        ({"any": ["5G"]}, "2.5G", "nearly", ["number"]),
        ({"any": ["6G"]}, "https://example.org/6G", "nearly", ["address"]),
        ({"any": [{"term": "AI", "case": True}]}, "ai", "nearly", ["case"]),
        ({"any": [{"term": "量子", "field": "title"}]}, "量子", "nearly", ["field"]),
        ({"all": ["量子", "光伏", "氢能"]}, "量子与氢能", "nearly", ["missing"]),
        ({"all": ["量子", "光伏"]}, "氢能", None, []),
        ({"query": "量子 NEAR/2 计算"}, "量子的高速计算", "nearly", ["far"]),
        ({"query": "量子 NEAR/2 计算"}, "量子", "nearly", ["missing"]),
        ({"any": [{"near": {"terms": ["量子", "计算"], "ordered": True}}]}, "计算与量子", "nearly", ["order"]),
        ({"any": [{"near": {"terms": ["量子", "计算"], "sentence": True}}]}, "量子。计算", "nearly", ["sentence"]),
        ({"any": [{"regex": "量子."}], "except": ["量子速读"]}, "量子速读", "excluded", ["exception"]),
        ({"any": [{"all": ["量子", {"regex": "[0-9]+比特"}]}]}, "量子", "nearly", ["missing"]),
    ],
)
def test_what_is_told_of_a_list(rule, text, state, kinds):
    told = one(rule, text)
    assert (told.state if told else None) == state
    assert [reason.kind for reason in told.reasons] == kinds if told else not kinds


def test_evidence_is_quoted_as_the_source_wrote_it():
    told = one(
        {"any": ["脑机接口"]},
        "研究腦機(jī)接口，发展腦機(jī)接口",
        title="十二个字以上的标题里也写着脑机接口的消息还有许多后话",
    )
    title, body = told.matched
    assert (title.field, title.rule, title.count, title.quote.text) == ("title", "脑机接口", 1, "脑机接口")
    assert title.quote.before.startswith("…")
    assert (body.count, body.quote.before, body.quote.text, body.quote.after[:3]) == (
        2,
        "研究",
        "腦機(jī)接口",
        "，发展",
    )


def test_hits_stand_before_what_was_excluded_and_that_before_what_was_near():
    lists = [
        {"name": "近", "all": ["量子", "氢能"]},
        {"name": "外", "any": ["量子"], "none": ["光伏"]},
        {"name": "中", "any": ["光伏"]},
        {"name": "无", "any": ["储能"]},
    ]
    assert [told.watchlist for told in explain(matcher(*lists), "", "量子与光伏")] == ["中", "外", "近"]


def test_hits_told_are_those_of_the_matcher():
    built = matcher({"name": "甲", "any": ["量子", "光伏"]}, {"name": "乙", "all": ["量子", {"none": ["光伏"]}]})
    text = "量子、光伏、量子"
    told = [one for one in explain(built, "", text) if one.state == "hit"]
    hits = built.match("", text)
    assert [(one.watchlist, one.score) for one in told] == [(hit.watchlist, hit.score) for hit in hits]
    assert sum(matched.count for one in told for matched in one.matched) == sum(len(hit.spans) for hit in hits)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_list_is_one_sentence_and_the_others_one_more(language):
    built = matcher(
        {"name": "脑机接口", "any": ["脑机", "BCI"], "except": ["电脑机箱"]},
        {"name": "6G", "any": ["6G"]},
        {"name": "量子科技", "all": ["量子", "计算"]},
        {"name": "光伏"},
    )
    said = words.lines(explain(built, "腦機(jī)接口", "回收电脑机箱，16GB内存，量子"), language, 4)
    assert len(said) == 4
    assert "脑机接口" in said[0]
    assert "电脑机箱" in said[0]
    assert "6G" in said[1]
    assert "计算" in said[2]
    assert "1" in said[3]
    assert "{" not in "".join(said)


def test_a_text_without_any_word_and_one_that_was_not_read_are_said_to_be_so():
    assert words.lines((), "en", 3) == ["No word of any watch-list stands in this text."]
    assert words.lines((), "zh-CN", 3, has_text=False)[1].startswith("只有标题")


def test_the_languages_have_the_same_texts():
    chinese, english = (words.TEXTS[language] for language in words.LANGUAGES)
    assert chinese.keys() == english.keys()


def test_a_term_s_report_names_spellings_lists_and_exceptions():
    built = matcher(
        {"name": "脑机接口", "any": ["腦機接口"], "except": ["脑机接口卡", "电脑机箱"]},
        {"name": "别的", "any": ["6G"], "except": ["6G内存"]},
    )
    told = termreport.report(built, "脑机接口")
    assert told.folded == "脑机接口"
    assert "脑机介面" in told.spellings["regional"]
    assert not told.has_edges
    assert told.lists == ("脑机接口",)
    assert told.exceptions == (("脑机接口卡", "脑机接口"),)
    number = termreport.report(built, "６Ｇ")
    assert (number.folded, number.has_edges, number.lists, number.exceptions) == (
        "6g",
        True,
        ("别的",),
        (("6G内存", "别的"),),
    )
    for language in words.LANGUAGES:
        said = " ".join(words.term_lines(told, language))
        assert "脑机介面" in said
        assert "脑机接口卡" in said
        assert "{" not in said
    assert termreport.report(built, "brain computer").spellings["joint"] == ("brain-computer", "braincomputer")
