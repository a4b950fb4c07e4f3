"""Asked of the whole page once, a selector chooses in each block what it chooses when the block alone is asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from policywatch.sources.within import Within

TAGS = ("div", "ul", "li", "a", "span", "p")
ATTRIBUTES = ("", ' class="x"', ' class="y x"', ' href="/1"', ' id="top"', ' class="y" title="t"')
PLAIN = (
    "a", "a[href]", "li.x", ".x", "#top", "li > a", "ul li.x > span", "div  > .y", "a.x[title]", "ul>li", "p  a", "DIV A",
)  # fmt: skip
OTHERS = ("a, span", "li:first-child", "li + li", "a[href='/1']", ":is(a, p)", "p ~ a", "*", "div:has(a)")

trees = st.recursive(
    st.tuples(st.sampled_from(TAGS), st.sampled_from(ATTRIBUTES)).map(lambda one: f"<{one[0]}{one[1]}>t</{one[0]}>"),
    lambda inner: st.tuples(st.sampled_from(TAGS), st.sampled_from(ATTRIBUTES), st.lists(inner, max_size=4)).map(
        lambda one: f"<{one[0]}{one[1]}>{''.join(one[2])}</{one[0]}>"
    ),
    max_leaves=25,
)


@pytest.mark.parametrize("selector", PLAIN + OTHERS)
@settings(max_examples=40)
@given(html=trees, item=st.sampled_from(("li", "div", "a", "ul > li", ".x", "body", "p")))
def test_what_is_chosen_is_what_each_block_would_choose(selector, html, item):
    tree = LexborHTMLParser(html)
    blocks = tree.css(item)
    within = Within(tree, blocks)
    first, whole = within.first(selector), within.all(selector)
    for block in blocks:
        alone = [node.mem_id for node in block.css(selector)]
        assert [node.mem_id for node in whole.get(block.mem_id, ())] == alone
        chosen = first.get(block.mem_id)
        expected = block.css_first(selector)
        assert (chosen and chosen.mem_id) == (expected and expected.mem_id)


def test_blocks_that_lie_deep_in_each_other_share_their_first_node():
    depth = 400
    tree = LexborHTMLParser("<div>" * depth + "<a href='/x'>t</a>" + "</div>" * depth)
    blocks = tree.css("div")
    first = Within(tree, blocks).first("a[href]")
    assert len(blocks) == len(first) == depth
    assert {node.mem_id for node in first.values()} == {tree.css_first("a").mem_id}
