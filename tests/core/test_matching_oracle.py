"""The matcher against plain searches: every engine finds the same, and rules hold where a slow reading says so."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch.matching import engine
from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher
from policywatch.text.fold import folded

LETTERS = "量子科技6Gg aI机𠮷"
ENGINES = [engine.with_ahocorasick, *([engine.with_daachorse] if engine.daachorse is not None else [])]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(alphabet=LETTERS, min_size=1, max_size=5), max_size=20, unique=True),
    st.text(alphabet=LETTERS, max_size=60),
)
def test_every_engine_finds_every_occurrence(needles, text):
    expected = {
        (at, at + len(needle), number)
        for number, needle in enumerate(needles)
        for at in range(len(text))
        if text.startswith(needle, at)
    }
    for build in ENGINES:
        found = build(needles)(text)
        assert set(found) == expected
        assert len(found) == len(expected)


TERMS = st.sampled_from(["量子", "量子科", "子科", "科技", "6G", "AI", "技量"])
RULES = st.recursive(
    st.one_of(
        TERMS,
        st.fixed_dictionaries({"term": TERMS, "field": st.sampled_from(["title", "body", "lead"])}),
        st.fixed_dictionaries({"term": TERMS, "except": st.lists(st.sampled_from(["量子科技", "6G科"]), max_size=2)}),
        st.builds(
            lambda terms, within, ordered: {"near": {"terms": terms, "within": within, "ordered": ordered}},
            st.lists(TERMS, min_size=2, max_size=3),
            st.integers(0, 4),
            st.booleans(),
        ),
    ),
    lambda inner: st.one_of(
        st.builds(lambda rules: {"any": rules}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda rules: {"all": rules}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda rules, none, phrases: {"any": rules, "none": none, "except": phrases},
            st.lists(inner, min_size=1, max_size=2),
            st.lists(inner, min_size=1, max_size=2),
            st.lists(st.sampled_from(["量子科技", "6G科"]), max_size=1),
        ),
    ),
    max_leaves=8,
)


class Slow:
    """Reads a rule as the documentation tells it, without any table: sets of (field, start, end, term), or None."""

    def __init__(self, title: str, body: str) -> None:
        self.fields = {"title": folded(title), "body": folded(body)}

    def holds(self, rule, field="any", phrases=()):
        if isinstance(rule, str):
            rule = {"term": rule}
        field = rule.get("field", field)
        phrases = (*phrases, *rule.get("except", ()))
        found = set()
        if "term" in rule:
            found |= self.places(rule["term"], field, phrases)
            if not found:
                return None
        if "near" in rule:
            near = self.near(rule["near"], field, phrases)
            if not near:
                return None
            found |= near
        if "any" in rule:
            parts = [self.holds(one, field, phrases) for one in rule["any"]]
            if all(part is None for part in parts):
                return None
            found |= set().union(*(part or set() for part in parts))
        if "all" in rule:
            parts = [self.holds(one, field, phrases) for one in rule["all"]]
            if any(part is None for part in parts):
                return None
            found |= set().union(*parts)
        if any(self.holds(one, field) is not None for one in rule.get("none", ())):
            return None
        return found

    def places(self, term, field, phrases):
        names = ["title", "body"] if field == "any" else ["body"] if field == "lead" else [field]
        covers = [(name, at, end) for phrase in phrases for name, at, end in self.occurrences(phrase)]
        return {
            (name, at, end, term)
            for name, at, end in self.occurrences(term)
            if name in names
            and (field != "lead" or at < 200)
            and not any(other == name and start <= at and end <= stop for other, start, stop in covers)
        }

    def occurrences(self, term):
        needle = term.lower()
        for name, text in self.fields.items():
            for at in range(len(text)):
                end = at + len(needle)
                before, after = text[at - 1 : at] if at else "", text[end : end + 1]
                if text.startswith(needle, at) and not (needle.isascii() and (self.joins(before) or self.joins(after))):
                    yield name, at, end

    @staticmethod
    def joins(character):
        return character != "" and character.isascii() and character.isalnum()

    def near(self, near, field, phrases):
        chains = [[place] for place in self.places(near["terms"][0], field, phrases)]
        for term in near["terms"][1:]:
            chains = [[*chain, place] for chain in chains for place in self.places(term, field, phrases)]
        found = set()
        for chain in chains:
            given = chain if near["ordered"] else sorted(chain)
            is_close = all(
                left[0] == right[0] and 0 <= right[1] - left[2] <= near["within"]
                for left, right in itertools.pairwise(given)
            )
            if is_close:
                found |= set(chain)
        return found


@settings(max_examples=400, deadline=None)
@given(RULES, st.text(alphabet="量子科技6GAI ", max_size=30), st.text(alphabet="量子科技6GAI。", max_size=60))
def test_rules_hold_where_a_slow_reading_says_so(rule, title, body):
    """Lists, and every piece of their evidence, are those of a reading without tables, automata or short cuts."""
    try:
        spec = WatchlistSpec.model_validate({"name": "it", "any": [rule]})
    except ValueError:  # a rule that can never match is refused
        return
    slow = Slow(title, body)
    expected = slow.holds(rule)
    hits = Matcher([spec]).match(title, body)
    assert [hit.watchlist for hit in hits] == (["it"] if expected else [])
    if hits and len(expected) <= 50:
        told = {(span.field, span.rule, folded(span.text)) for span in hits[0].spans}
        assert told == {(name, term, slow.fields[name][at:end]) for name, at, end, term in expected}
        assert len(hits[0].spans) == len(expected)


@settings(max_examples=100, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=4), st.text(alphabet="量子科技6GAI。", max_size=60))
def test_lists_do_not_touch_one_another(rules, body):
    """Together they say what each says alone."""
    specs = []
    for number, rule in enumerate(rules):
        try:
            specs.append(WatchlistSpec.model_validate({"name": f"l{number}", "any": [rule]}))
        except ValueError:
            continue
    together = {hit.watchlist: hit for hit in Matcher(specs).match("", body)}
    alone = {hit.watchlist: hit for spec in specs for hit in Matcher([spec]).match("", body)}
    assert together == alone
