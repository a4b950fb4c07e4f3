"""Regular expressions that others' engines choke on (catalogue 112): refused when they are read, or done in one pass."""

from __future__ import annotations

import os
import re

import pytest
from pydantic import ValidationError

from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher
from policywatch.matching.rules.regex import Rule, _compiled

SIZE = 1_000_000 if os.environ.get("POLICYWATCH_TORTURE") else 50_000
"""Characters: an engine that tries one way after the other would not be done with a hundred within our lifetime."""

NESTED = [
    r"(a+)+$", r"(a*)*$", r"(a|a)*$", r"(a|aa)+$", r"(.*a){20}$", r"([a-zA-Z]+)*$", r"(a|a?)+$", r"^(a+)+b",
    r"(x+x+)+y", r"(a+){10}$", r"((a+)+)+$", r"(a+|b+)*c", r"(?:a+)+?$", r"(a*a*)*b", r"(aa|a)*b", r"a*a*a*a*b",
    r"(\d+)*x", r"^(\d+)*$", r"(\w+\s?)*!$", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(量|量量)+子", r"(量+)+子",
    r"(\p{Han}+)+!", r"(\p{Han}*)*x", r"(.+)+!", r"(.*)*!", r"(.*.*)*=", r".*.*=.*", r"(\s*a\s*)+!", r"(a\s*)+!",
    r"^(.*?,){11}P", r"(.*?,)+!", r"([^,]*,)*!", r"(a?){30}a{30}", r"(a{1,20}){1,20}b", r"(a{0,10}){0,10}!",
    r"(?i)(a+)+z", r"(?s)(.|\n)*z!", r"(<.*>)+!", r"(\(.*\))+!", r"(=+)+!", r"^(a|b|ab)*c", r"(ab|a|b)*c",
    r"(https?://)?([a-z]+\.)+!", r"([a-z0-9]+@)+[a-z0-9]+!", r"(\.+)+!", r"(-+)+>!", r"(a+b?)*!", r"(a+b*)*!",
    r"(a{1,3}b{0,2})*!",
]  # fmt: skip
"""Exponential or polynomial where an engine tries ways one after the other."""
TEXTS = ["a" * SIZE, "量" * SIZE, "ab " * (SIZE // 3), "a,1=<(-." * (SIZE // 8)]

UNSUPPORTED = [
    (r"(a)\1", "\\1"), (r"a(?=b)", "(?=b"), (r"a(?!b)", "(?!b"), (r"(?<=a)b", "(?<=a"), (r"(?<!a)b", "(?<!a"),
    (r"(?>a+)b", "(?>"), (r"a++b", "++"), (r"(?P=x)", "(?P=x"), (r"\Z量", "\\Z"), (r"a{2000}", "{2000}"),
    (r"(a", "(a"), (r"[a", "[a"), (r"量子[z-a]", "z-a"), (r"*a", "*"), (r"(a{500}){500}", "{"),
]  # fmt: skip


def test_112_there_are_fifty_of_them():
    assert len(set(NESTED)) == 50


@pytest.mark.parametrize("pattern", NESTED)
def test_112_a_pattern_is_refused_or_done_in_time_linear_in_the_text(pattern):
    """There is no clock here: that it ends at all is the test."""
    try:
        Rule.Options(regex=pattern)
    except ValidationError as refused:
        assert "matches an empty text" in str(refused)
        return
    matcher = Matcher([WatchlistSpec(name="x", any=[{"regex": pattern}])])
    for text in TEXTS:
        hits = matcher.match("", text)
        assert all(span.text for hit in hits for span in hit.spans)


@pytest.mark.parametrize("pattern", [r"(.*a){20}$", r"^(([a-z])+.)+[A-Z]", r"(量|子)(?:科)(技)"])
def test_112_groups_are_not_looked_for(pattern):
    """Each would cost a second, slow way through every match; only where a match begins and ends is asked for."""
    assert _compiled(pattern).groups == 0


def test_112_a_named_group_is_refused_with_its_place():
    """RE2 looks for such a group whatever it is told."""
    with pytest.raises(ValidationError, match="names a group") as caught:
        Rule.Options(regex=r"量子(?P<what>.*科){20}$")
    assert caught.value.errors()[0]["ctx"]["offset"] == 2


@pytest.mark.parametrize("pattern", [r"量.{0,400}子", r"(\p{Han}{1,9}a){60}", r"(?:a.{0,200}){5}c", r"\p{Han}{2,90}省"])
def test_112_an_expression_that_is_too_large_is_refused_at_its_largest_repetition(pattern):
    with pytest.raises(ValidationError) as caught:
        Rule.Options(regex=pattern)
    (error,) = caught.value.errors()
    assert "is too large" in error["msg"]
    numbers = [int(number) for number in re.findall(r"\d+", pattern)]
    assert pattern[error["ctx"]["offset"] :].startswith("{")
    assert str(max(numbers)) in pattern[error["ctx"]["offset"] :].partition("}")[0]


@pytest.mark.parametrize("pattern", [r"量子.{0,300}计算", r"\p{Han}{2,30}省", r"(量.{0,20}){5}", r"第[0-9]{1,900}号"])
def test_112_what_people_write_is_not_too_large(pattern):
    Rule.Options(regex=pattern)


@pytest.mark.parametrize(("pattern", "fragment"), UNSUPPORTED)
def test_112_what_is_not_supported_is_refused_with_its_place(pattern, fragment):
    with pytest.raises(ValidationError) as caught:
        Rule.Options(regex=pattern)
    (error,) = caught.value.errors()
    offset = error["ctx"]["offset"]
    assert pattern[offset:].startswith(fragment[:1]) or offset == 0
    assert re.search("[a-z]", error["msg"])
