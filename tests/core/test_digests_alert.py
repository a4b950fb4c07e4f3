"""Which stories are alerted, and how many mails that makes."""

from __future__ import annotations

from digests_samples import hit, span
from policywatch.digests.alert import AlertSpec, Candidate, decide

HITS = (hit("脑机接口", 85.0), hit("量子科技", 60.0, [span("量子计算", text="量子 计算")]))


def cause(spec, lists=None):
    found = AlertSpec(**spec).cause(HITS, lists)
    return found.watchlist if found else None


def test_a_story_is_alerted_for_its_score_a_term_or_its_list():
    assert cause({"min_score": 85}) == "脑机接口"
    assert cause({"min_score": 86}) is None
    assert cause({"terms": ["量子计算"]}) == "量子科技"
    assert cause({"terms": "量子 计算"}) == "量子科技"
    assert cause({"terms": ["量子通信"]}) is None
    assert cause({"min_score": 99, "terms": ["量子计算"]}) == "量子科技"
    assert cause({"min_score": 50}, frozenset({"量子科技"})) == "量子科技"
    assert cause({"min_score": 70}, frozenset({"量子科技"})) is None
    assert cause({"watchlists": ["量子科技"]}, frozenset({"量子科技"})) == "量子科技"


def told(decision):
    return [[one.story for one in mail] for mail in decision.mails], [one.story for one in decision.held]


def test_each_list_has_its_own_hour():
    candidates = [Candidate(1, "a"), Candidate(2, "a"), Candidate(3, "b"), Candidate(4, "a")]
    assert told(decide(candidates, {}, 2, is_quiet=False)) == ([[1], [2], [3]], [4])
    assert told(decide(candidates, {"a": 1, "b": 2}, 2, is_quiet=False)) == ([[1]], [2, 3, 4])


def test_what_was_held_goes_in_one_mail_with_what_came_since():
    candidates = [
        Candidate(1, "a", is_held=True),
        Candidate(2, "a"),
        Candidate(3, "b"),
        Candidate(4, "c", is_held=True),
    ]
    assert told(decide(candidates, {"c": 1}, 1, is_quiet=False)) == ([[1, 2, 3]], [4])


def test_quiet_hours_hold_everything():
    assert told(decide([Candidate(1, "a"), Candidate(2, "b")], {}, 5, is_quiet=True)) == ([], [1, 2])
    assert told(decide([], {}, 5, is_quiet=True)) == ([], [])
