"""Folding: what two spellings have in common, and the way back."""

from __future__ import annotations

import unicodedata

import opencc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policywatch.text.fold import fold, folded
from policywatch.text.mapping import Mapped, without

CHINESE = st.text(alphabet="量子科技機器人腦接口發展乾坤瞭解著作臺灣 \n\t·　aZ09６Ｇ&;,。\u200b", max_size=60)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("人形機器人", "人形机器人"),
        ("乾坤", "乾坤"),
        ("瞭解", "了解"),
        ("著作", "著作"),
        ("６Ｇ", "6g"),
        ("量子\n科技", "量子科技"),
        ("量　子 科 技", "量子科技"),
        ("量\u200b子‍科技", "量子科技"),
        ("量·子・科技", "量子科技"),
        ("量&#23376;科技&nbsp;", "量子科技 "),
        ("A&amp;amp;B", "a&b"),
        ("Quantum\n  Computing", "quantum computing"),
        ("第一段\n\n第二段", "第一段\n\n第二段"),
        ("ﬁ㎏", "fikg"),
        ("brain–computer, self&#8209;driving", "brain-computer, self-driving"),
        ("quan-\ntum and deep-\r\n  sea", "quantum and deepsea"),
        ("Аrtificiаl intеlligеnce", "artificial intelligence"),
        ("动カ电池的接ロ，脑机接囗", "动力电池的接口,脑机接口"),
    ],
)
def test_spellings_of_the_same_words_fold_alike(written, same):
    assert folded(written) == same


@pytest.mark.parametrize(
    "text",
    ["россия сама", "α-synuclein", "东京タワー", "ハ", "a - b", "5-\na", "well-\n\nknown", "上海—东京", "京-\n沪"],
)
def test_words_of_other_scripts_and_dashes_between_clauses_stay(text):
    assert folded(text) == "\n\n".join(part.replace("\n", " ") for part in text.split("\n\n"))


def test_positions_lead_back_through_every_step():
    """The folded word's place in the source is where the damaged, spaced, encoded word stood."""
    text = "聚焦 量&#23376;　科\n技 等"
    found = fold(text)
    at = found.text.index("量子科技")
    start, end = found.span(at, at + 4)
    assert text[start:end] == "量&#23376;　科\n技"


@settings(max_examples=150, deadline=None)
@given(CHINESE)
def test_spans_lie_inside_the_source_in_order(text):
    found = fold(text)
    last = 0
    for at in range(len(found.text)):
        start, end = found.span(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last
        last = start


@settings(max_examples=150, deadline=None)
@given(CHINESE)
@example("\n\n")
def test_folding_twice_changes_nothing_more(text):
    once = folded(text)
    assert folded(once) == once


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="量子科技機器人腦接口發展乾坤瞭解著作臺灣ＡＢＣ６，。abcXYZ", max_size=80))
def test_it_equals_the_plain_pipeline_where_nothing_else_applies(text):
    plain = opencc.OpenCC("t2s").convert(unicodedata.normalize("NFKC", text)).lower()
    assert folded(text) == plain


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_folded(text):
    found = fold(text)
    if found.text:
        start, end = found.span(0, len(found.text))
        assert 0 <= start <= end <= len(text)


def test_lone_surrogates_do_not_stop_it():
    assert folded("\ud800量子機器") == "\ud800量子机器"


def test_a_composition_leads_back_through_both():
    first = without("a(x)bc", [(1, 4)])
    second = without(first.text, [(0, 1)])
    both = first.then(second)
    assert both.text == "bc"
    assert both.span(0, 1) == (4, 5)
    assert Mapped("bc").then(Mapped("bc")).span(0, 2) == (0, 2)
