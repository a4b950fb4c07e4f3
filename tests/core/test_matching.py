"""What matches, what does not, and why: semantics, evidence, scores; equal to a naive search."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import MAX_SPANS, Matcher
from policywatch.matching.trial import trial
from policywatch.model import Document
from policywatch.text.fold import folded

CASES = Path(__file__).parent.parent / "data" / "matching"


def matcher(*lists) -> Matcher:
    return Matcher([WatchlistSpec.model_validate(item) for item in lists])


def cases():
    for path in sorted(CASES.glob("*.yaml")):
        for number, case in enumerate(YAML(typ="safe", pure=True).load(path)):
            yield pytest.param(case, id=f"{path.stem}-{number}")


@pytest.mark.parametrize("case", list(cases()))
def test_a_rule_finds_what_its_case_says(case):
    """Each case: a rule, a text, and the words of the text that are hits."""
    rule = {"name": "it", **case["rule"]}
    document = Document(**case["document"]) if "document" in case else None
    hits = matcher(rule).match(case.get("title", ""), case["text"], case.get("source", ""), document)
    assert [span.text for hit in hits for span in hit.spans] == case["hits"]


def test_evidence_points_into_the_original_title_and_body():
    title, body = "聚焦腦機(jī)接口", "第一段。\n發(fā)展 腦　機(jī)\n接口 和 BCI 產(chǎn)品。"
    (hit,) = matcher({"name": "脑机接口", "any": ["脑机接口", "BCI"]}).match(title, body)
    texts = {"title": title, "body": body}
    assert [(span.field, span.rule, span.text) for span in hit.spans] == [
        ("title", "脑机接口", "腦機(jī)接口"),
        ("body", "脑机接口", "腦　機(jī)\n接口"),
        ("body", "BCI", "BCI"),
    ]
    assert all(texts[span.field][span.start : span.end] == span.text for span in hit.spans)
    assert hit.title_marks == ((2, 6),)
    assert [hit.excerpt.text[start:end] for start, end in hit.excerpt.marks][-1] == "BCI"
    assert "jī" not in hit.excerpt.text


def test_an_exception_of_one_list_does_not_touch_another():
    found = matcher({"name": "甲", "any": ["量子"], "except": ["量子速读"]}, {"name": "乙", "any": ["量子"]}).match(
        "", "量子速读班开课"
    )
    assert [hit.watchlist for hit in found] == ["乙"]


def test_title_weighs_more_than_lead_and_lead_more_than_body():
    one = matcher({"name": "量子", "any": ["量子"]})
    padding = "与主题无关的话。" * 40
    title, lead, body = (
        one.match(*fields)[0].score for fields in (("量子", ""), ("", "量子" + padding), ("", padding + "量子"))
    )
    assert title > lead > body > 0
    assert one.match("量子", "量子" * 3)[0].score >= 80
    assert one.match("量子", "量子" * 5000)[0].score <= 100


def test_a_nested_term_is_one_mention():
    nested = matcher({"name": "量子", "any": ["量子", "量子科技"]}).match("", "量子科技")[0]
    plain = matcher({"name": "量子", "any": ["量子科技"]}).match("", "量子科技")[0]
    assert nested.score == plain.score
    assert {span.text for span in nested.spans} == {"量子", "量子科技"}


def test_a_weight_counts_in_the_score_and_weights_of_rules_inside_rules_multiply():
    text = "x" * 300 + "量子"
    plain, heavy, nested = (
        matcher({"name": "量子", "any": [rule]}).match("", text)[0].score
        for rule in (
            "量子",
            {"term": "量子", "weight": 4},
            {"any": [{"all": [{"term": "量子", "weight": 2}]}], "weight": 2},
        )
    )
    assert plain < heavy == nested


def test_the_same_range_is_one_mention_whatever_rules_found_it():
    once = matcher({"name": "量子", "any": ["量子"]}).match("", "量子")[0]
    twice = matcher({"name": "量子", "any": ["量子", {"all": ["量子"]}, {"any": ["量子"]}]}).match("", "量子")[0]
    assert once == twice


def test_a_text_below_the_list_s_min_score_does_not_belong_to_it():
    one = matcher({"name": "量子", "any": ["量子"], "min_score": 60})
    assert one.match("", "量子") == ()
    assert one.match("量子", "")[0].score >= 60


def test_strongest_first_and_evidence_bounded():
    hits = matcher({"name": "甲", "any": ["甲乙"]}, {"name": "丙", "any": ["丙丁"]}).match("丙丁", "甲乙" * 500)
    assert [hit.watchlist for hit in hits] == ["丙", "甲"]
    assert len(hits[1].spans) == MAX_SPANS


def test_any_text_can_be_matched():
    one = matcher({"name": "量子", "any": ["量子"]})
    assert one.match("\ud800量子", "\x00")[0].spans[0].start == 1
    assert one.match("", "") == ()
    assert matcher().match("量子", "量子") == ()


TERMS = ["量子", "量子科技", "子科", "科技", "6G", "AI", "ab c"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="量子科技6Gg AIabc-", max_size=40))
def test_hits_equal_a_naive_search(text):
    """Every occurrence of every term that stands on its own edges, and nothing else, whatever the engine."""

    def is_word(character: str) -> bool:
        return character.isascii() and character.isalnum()

    low = folded(text)
    expected = set()
    for term in TERMS:
        for needle in {term.lower(), term.lower().replace(" ", "-"), term.lower().replace(" ", "")}:
            at = low.find(needle)
            while at >= 0:
                end = at + len(needle)
                is_cut = (is_word(needle[0]) and at and is_word(low[at - 1])) or (
                    is_word(needle[-1]) and end < len(low) and is_word(low[end])
                )
                if not is_cut:
                    expected.add((term, at, end))
                at = low.find(needle, at + 1)
    found = matcher(*({"name": term, "any": [term]} for term in TERMS)).match("", text)
    # Positions are compared in folded text; a run of white space folds to one space.
    places = {
        (span.rule, len(folded(text[: span.start] + "|")) - 1, folded(text[span.start : span.end]))
        for hit in found
        for span in hit.spans
    }
    assert {(term, text_) for term, _, text_ in places} == {(term, low[at:end]) for term, at, end in expected}
    assert sum(len(hit.spans) for hit in found) == len(expected)


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({"name": "a", "any": [""]}, "match everything"),
        ({"name": "a", "any": ["，。"]}, "no letter"),
        ({"name": "a", "any": []}, "nothing can match"),
        ({"name": "a", "any": ["xy"], "except": ["XY"]}, "never match"),
        ({"name": "a", "any": [{"term": "x", "weigth": 2}]}, "weigth"),
        ({"name": "a", "any": [{"term": "x", "weight": 0}]}, "weight"),
        ({"name": "a", "anny": ["x"]}, "anny"),
    ],
)
def test_a_list_that_cannot_work_is_refused_with_the_reason(rule, fault):
    with pytest.raises(ValidationError, match=fault):
        WatchlistSpec.model_validate(rule)


def test_a_list_without_terms_looks_for_its_name():
    assert matcher({"name": "腦機(jī)接口"}).match("", "脑机接口")[0].watchlist == "腦機(jī)接口"


def test_the_pipe_answers_every_line():
    """`try match`: offsets into the text as given; a bad line is answered and does not stop the next."""
    one = matcher({"name": "6G", "any": ["6G"]})
    good = trial(one, json.dumps({"id": 7, "title": "6G", "body": "加快６Ｇ研发"}))
    assert good["id"] == 7
    assert good["watchlists"] == ["6G"]
    assert good["scores"]["6G"] > 60
    assert good["hits"][1] == {"watchlist": "6G", "rule": "6G", "field": "body", "start": 2, "end": 4, "text": "６Ｇ"}
    for line in ("{", "[]", "3", '{"id": 1, "title": 5}'):
        answer = trial(one, line)
        assert answer["watchlists"] == []
        assert answer["error"]
    assert trial(one, '{"id": "x"}') == {"id": "x", "watchlists": [], "scores": {}, "hits": []}
