"""Watch-lists that cannot work are refused with the place of the fault, also inside a text of several lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policywatch import config, errors, yamlscalar


def faults(tmp_path, lists: str) -> list[str]:
    path = tmp_path / "policywatch.yaml"
    path.write_text(f"watchlists:\n{lists}", encoding="utf-8")
    with pytest.raises(errors.ConfigError) as caught:
        config.load(path, {})
    return [f"{fault.line}:{fault.column}: {fault.where}: {fault.what}" for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        # Terms.
        ("any: [«'']", "watchlists[甲].any[0]: an empty term would match everything"),
        ("any: [光, «'，']", "watchlists[甲].any[1]: '，' holds no letter"),
        ("any: [«G]", "watchlists[甲].any[0]: 'G' is one letter or digit"),
        ("any: [«5]", "watchlists[甲].any[0]: must be text; put it in quotes"),
        ("any: [«[光]]", "watchlists[甲].any[0]: must be a term, or a mapping"),
        ("any: «[]", "watchlists[甲].any: is empty, so that nothing can match"),
        ("any:« ", "watchlists[甲].any: nothing stands here"),
        ("any: [{«tern: 光子}]", "watchlists[甲].any[0].tern: unknown word; did you mean `term`?"),
        ("any: [{term: 光子, «wieght: 3}]", "watchlists[甲].any[0].wieght: unknown word; did you mean `weight`?"),
        ("any: [«{weight: 3}]", "watchlists[甲].any[0]: says nothing to look for"),
        ("any: [{term: 光子, weight: «0}]", "watchlists[甲].any[0].weight: "),
        ("any: [{term: 光子, field: «titel}]", "watchlists[甲].any[0].field: must be 'title', 'lead'"),
        ("any: [{term: «光子, case: true}]", "watchlists[甲].any[0].term: '光子' has no letter whose case"),
        ("min_score: «100", "watchlists[甲].min_score: "),
        # What can never match, or always would.
        ("none: «[光子]", "watchlists[甲].none: only forbids or narrows"),
        ("any: [光子, «{kind: 通知}]", "watchlists[甲].any[1]: only narrows"),
        ("all: [光子, {kind: «通报}]", "watchlists[甲].all[1].kind: '通报' is no kind of document; there are 通知"),
        ("all: [光子, {region: «海淀区}]", "watchlists[甲].all[1].region: '海淀区' is no region"),
        ("query: «kind:通知", "watchlists[甲].query: only narrows"),
        (
            "query: 光子 OR «kind:通知",
            "watchlists[甲].query: only narrows, and so cannot stand beside OR; write kind:通知,意见",
        ),
        ("query: 光子 kind:(«通知 意见)", "watchlists[甲].query: after `kind:` stands a word"),
        ("any: [光子, «{none: [量子]}]", "watchlists[甲].any[1]: holds in every text"),
        ("any: [光子], none: [«{none: [量子]}]", "watchlists[甲].none[0]: is a `none` inside `none`"),
        ("any: [光子, «量子科技], none: [量子]", "watchlists[甲].any[1]: '量子科技' can never match"),
        ("any: [光子, «量子], except: [量子]", "watchlists[甲].any[1]: '量子' stands here and under `except`"),
        ("all: [{none: [光子], except: «[光子学]}]", "watchlists[甲].all[0].except: does not touch `none`"),
        # Near.
        ("any: [{near: {terms: «[光子]}}]", "watchlists[甲].any[0].near.terms: needs two to 4 terms"),
        ("any: [{near: {terms: [光子, 量子], «withn: 3}}]", "watchlists[甲].any[0].near.withn: unknown word; did"),
        ("any: [{near: {terms: [光子, «{all: [子]}]}}]", "watchlists[甲].any[0].near.terms[1]: can only be a term"),
        # Expressions.
        ("any: [{regex: '量子«(?=计)'}]", "watchlists[甲].any[0].regex: `(?=` looks around"),
        ("any: [{regex: '(量)«\\1'}]", "watchlists[甲].any[0].regex: `\\1` refers back"),
        ("any: [{regex: '«[量'}]", "watchlists[甲].any[0].regex: RE2 refuses it: missing ]"),
        ("any: [{regex: '量子« 计'}]", "watchlists[甲].any[0].regex: can never match: there is no white space"),
        ("any: [{regex: «'量*'}]", "watchlists[甲].any[0].regex: also matches an empty text"),
        ("any: [{regex: '量子', case: «true}]", "watchlists[甲].any[0].case: does not go with `regex`"),
        # Queries.
        ("query: «''", "watchlists[甲].query: is empty"),
        ("query: «(光子", "watchlists[甲].query: this bracket is not closed"),
        ("query: 光子«)", "watchlists[甲].query: this bracket closes none"),
        ("query: '光子 «\"量'", "watchlists[甲].query: this quotation mark is not closed"),
        ("query: 光子 «or 量", "watchlists[甲].query: operators are written in capitals: OR"),
        ("query: 光子 O«R", "watchlists[甲].query: ends where another word is needed"),
        ("query: 光子 «- 量", "watchlists[甲].query: this hyphen stands alone"),
        ("query: 光子 «| 量", "watchlists[甲].query: write OR instead of `|`"),
        ("query: 光子 OR «-量", "watchlists[甲].query: only forbids, and so cannot stand beside OR"),
        ("query: «-光子", "watchlists[甲].query: only forbids"),
        ("query: '«titel:光子'", "watchlists[甲].query: no field is called `titel`"),
        ("query: 光子 «NEAR/900 量", "watchlists[甲].query: NEAR reaches over at most 500"),
        ("query: 光子 NEAR/2 «(量 AND 子)", "watchlists[甲].query: NEAR stands between words"),
        ("query: 光 NEAR/2 量 «NEAR/3 子", "watchlists[甲].query: the distances of one chain"),
    ],
)
def test_a_list_that_cannot_work_is_refused_with_its_place(tmp_path, rule, fault):
    """The « in a rule is where its fault must point."""
    entry = f"- {{name: 甲, {rule}}}\n"
    found = faults(tmp_path, entry.replace("«", ""))
    assert any(one.startswith(f"2:{entry.index('«') + 1}: {fault}") for one in found), found


def test_every_term_that_can_never_match_is_told_at_once(tmp_path):
    assert len(faults(tmp_path, "- {name: 甲, any: [光子, 量子, 氢能], except: [光子, 氢能]}\n")) == 2


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("量子 OR 光子 | 芯片", 3, 19),
        ("'量子 OR 光子 | 芯片'", 3, 20),
        ('"量子 \\u0022光子\\u0022 | 芯片"', 3, 29),
        (">-\n      量子\n      OR 光子 |\n      芯片", 5, 13),
        ("|\n      量子\n      OR 光子 |\n      芯片", 5, 13),
        ("量子\n      OR 光子\n\n      | 芯片", 6, 7),
    ],
)
def test_a_fault_inside_a_text_has_its_own_line_and_column(tmp_path, query, line, column):
    (found,) = faults(tmp_path, f"- name: 甲\n  query: {query}\n")
    assert found.startswith(f"{line}:{column}: watchlists[甲].query: write OR")


@given(st.text(alphabet="量a '\\\"", max_size=20), st.integers(0, 19))
def test_a_character_of_a_quoted_text_is_found_in_its_source(value, offset):
    for quote, doubled in (("'", value.replace("'", "''")), ('"', value.replace("\\", "\\\\").replace('"', '\\"'))):
        source = f"key: {quote}{doubled}{quote}\n"
        place = yamlscalar.place(source, 5, value, offset)
        if offset < len(value):
            assert place is not None
            shown = source.split("\n")[place[0] - 1][place[1] - 1]
            assert shown == value[offset] or shown == "\\"


def test_a_text_that_is_not_in_its_source_has_no_place():
    assert yamlscalar.place("key: ${env:TERMS}", 5, "量子 |", 3) is None
