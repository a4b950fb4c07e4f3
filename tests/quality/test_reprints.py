"""Reprints of our own words: what is one story is joined, what is told apart stays apart, in whatever order they come."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from policywatch.articles import cluster_trial

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 25, tzinfo=UTC)
CASES = YAML(typ="safe", pure=True).load(HERE / "reprints.yaml")


def pairs(articles, stories):
    """Which articles are in one story, by their places in the case."""
    of = dict(zip((article["id"] for article in articles), stories, strict=True))
    return {(one, other) for one, other in combinations(sorted(of), 2) if of[one] == of[other]}


def gathered(articles):
    lines = [
        json.dumps({**{name: str(value) for name, value in one.items() if name != "id"}, "id": one["id"]})
        for one in articles
    ]
    return pairs(articles, [answer["story"] for answer in cluster_trial.trial(lines, NOW)])


@pytest.mark.parametrize("seed", range(4))
def test_our_own_articles_keep_their_floors_in_any_order(seed):
    floor = YAML(typ="safe", pure=True).load(HERE / "floors.yaml")["own reprints"]
    right, proposed, true, wrong = 0, 0, 0, []
    everything = [
        {**article, "id": f"{number:02}-{place}", "in": f"{number}{article['story']}"}
        for number, case in enumerate(CASES)
        for place, article in enumerate(case["articles"])
    ]
    random.Random(seed).shuffle(everything)
    given = [{name: one[name] for name in ("id", "title", "body", "published")} for one in everything]
    found, wanted = gathered(given), pairs(everything, [one["in"] for one in everything])
    right, proposed, true = len(found & wanted), len(found), len(wanted)
    wrong = sorted(found ^ wanted)
    assert right / proposed >= floor["precision"], wrong
    assert right / true >= floor["recall"], wrong
