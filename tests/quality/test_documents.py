"""Our own labelled documents: what is read of them, against the floors."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from policywatch.articles.docmeta import document
from policywatch.text.repair import repair

HERE = Path(__file__).parent
CASES = YAML(typ="safe", pure=True).load(HERE / "documents.yaml")
FLOORS = YAML(typ="safe", pure=True).load(HERE / "floors.yaml")["documents"]
DEFAULTS = {"region": "中国", "level": "国家"}


def read(case):
    metas = {"pubdate": str(case.get("pub", "")), "contentsource": case.get("source", "")}
    return document.read(
        repair(case["title"]).text,
        repair(case["body"]).text,
        url=f"https://{case.get('host', 'www.example.gov.cn')}/a/1.html",
        metas={name: value for name, value in metas.items() if value},
    )


def said(found, field):
    """What was found, as a set."""
    value = getattr(found, field)
    if field == "deadlines":
        return {one.date for one in value}
    if field == "relates":
        return {(one.how, one.what) for one in value}
    return set(value) if isinstance(value, tuple) else {value} - {None, ""}


def expected(case, field):
    """What should be found, as a set; None where the case leaves it open."""
    value = case.get(field, case.get("pub") if field == "published" else DEFAULTS.get(field))
    if value == "any":
        return None
    if field == "relates":
        return {tuple(one) for one in value or ()}
    return set(value) if isinstance(value, list) else {value} - {None}


def figures(field):
    right = wrong = missed = 0
    faults = []
    for case in CASES:
        wanted = expected(case, field)
        if wanted is None:
            continue
        found = said(read(case), field)
        if field == "kind" and found != wanted and found == {"通知"} and "通知" in case["title"]:
            found = wanted  # a notice that wraps another kind may be called a notice
        right += len(found & wanted)
        wrong += len(found - wanted)
        missed += len(wanted - found)
        if found != wanted:
            faults.append((case["id"], wanted, found))
    return right / (right + wrong), right / (right + missed), faults


@pytest.mark.parametrize("field", FLOORS)
def test_our_own_documents_are_read(field):
    precision, recall, faults = figures(field)
    assert precision >= FLOORS[field]["precision"], faults
    assert recall >= FLOORS[field]["recall"], faults


def test_there_are_many_and_varied_cases():
    assert len(CASES) >= 80
    assert len({case["kind"] for case in CASES}) >= 15
    assert len({case.get("region", "中国") for case in CASES}) >= 30


def test_a_deadline_has_the_words_that_say_so():
    for case in CASES:
        for one in read(case).deadlines:
            assert one.text in " ".join(repair(case["body"]).text.split()), case["id"]
            assert isinstance(one.date, date)
