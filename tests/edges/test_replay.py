"""`policywatch replay`: rules against the archive, on both databases; unchanged rules find what stands recorded."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive_desk import START, ArchiveDesk, watchlist
from policywatch import bootstrap, errors
from policywatch.commands import rules as commands
from policywatch.config import rules
from policywatch.matching.matcher import Matcher
from policywatch.pipeline import replay
from policywatch.pipeline.rematch import settle
from policywatch.store import rematch as rows

BODY = "示例部今天启动试点，首批遴选二十家单位参加，试点为期两年。"
WORDS = (
    "量子科技",
    "量子計算",
    "6G",
    "16GB",
    "速读班",
    "申报指南",
    "BCI",
    "腦機(jī)接口",
    "示例部",
    "。",
    "\n",
    "的通知",
    "广东省",
)
LISTS = (
    watchlist("量子", "量子科技", "量子计算", none=["速读班"]),
    watchlist("6G"),
    watchlist("脑机", "脑机接口", {"term": "BCI", "field": "title"}, min_score=20),
    watchlist("通知", all=["量子科技", {"kind": ["通知", "申报"]}]),
    watchlist("部委", all=["6G", {"term": "示例部", "field": "source"}]),
)


def looked(desk, *watchlists, since=START - timedelta(days=1), examples=1000, limit=200, **names):
    tried = replay.Replay(
        Matcher(watchlists), {one.name: names.get(one.name, one.name) for one in watchlists}, since, examples=examples
    )
    while not tried.report.is_whole:
        tried.step(desk.db, limit)
    return tried.report


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_unchanged_rules_find_exactly_what_stands_recorded(place_of, chance: random.Random):
    desk = ArchiveDesk(place_of(), *LISTS)
    try:
        for _ in range(25):
            title, body = ("".join(chance.choices(WORDS, k=chance.randint(1, 6))) for _ in range(2))
            desk.come(title.strip() or "无题", body, chance.choice(["ministry", "wire"]))
        report = looked(desk, *LISTS, limit=chance.randint(1, 30))
        assert report.looked == len(desk.rows("SELECT id FROM article"))
        for one in report.lists:
            assert (one.gained, one.lost, one.found) == (0, 0, one.recorded), one
            assert {kept.article_id for kept, _ in one.examples} == desk.hits(one.name)
            stored = desk.db.read_now(rows.recorded, sorted(desk.hits(one.name)), [one.name])
            assert all(stored[kept.article_id][one.name] == hit for kept, hit in one.examples)
    finally:
        desk.close()


@pytest.fixture
def place_of(request, tmp_path, place):
    """A fresh place each time it is asked: an example must not see another's articles."""
    import postgres

    made = []

    def fresh():
        if not isinstance(place, str):
            made.append(tmp_path / str(len(made)) / "policywatch.sqlite")
            made[-1].parent.mkdir()
        else:
            made.append(postgres.server().database())
        return made[-1]

    yield fresh
    for address in made:
        if isinstance(address, str):
            postgres.server().drop(address)


@pytest.fixture
def desk(place):
    made = ArchiveDesk(place)
    yield made
    made.close()


def test_what_an_edit_would_gain_and_lose_is_told_with_its_reasons(desk):
    stays, goes, comes = (
        desk.come("量子科技专项启动", BODY),
        desk.come("量子科技速读班招生", BODY),
        desk.come("光量子芯片研制成功", BODY),
    )
    report = looked(desk, watchlist("量子", "量子科技", "光量子", none=["速读班"]))
    (one,) = report.lists
    assert (one.found, one.recorded, one.gained, one.lost) == (2, 2, 1, 1)
    assert [(told.kept.article_id, told.gained.spans[0].text) for told in one.gains] == [(comes, "光量子")]
    assert [(told.kept.article_id, told.lost.spans[0].rule) for told in one.losses] == [(goes, "量子科技")]
    assert {kept.article_id for kept, _ in one.examples} == {stays, comes}
    assert desk.hits("量子") == {stays, goes}


def test_since_bounds_it_and_the_newest_are_the_examples(desk):
    for _ in range(3):
        desk.come("光量子芯片研制成功", BODY + str(desk.count))
        desk.now += timedelta(days=10)
    report = looked(desk, watchlist("光", "光量子"), since=START + timedelta(days=5), examples=1)
    assert (report.looked, report.lists[0].gained) == (2, 2)
    assert [told.kept.article_id for told in report.lists[0].gains] == [3]


def test_what_is_applied_is_recorded_and_a_second_time_changes_nothing(desk):
    desk.come("光量子芯片研制成功", BODY)
    rule = watchlist("量子", "光量子")
    for gained in (1, 0):
        tried = replay.Replay(Matcher([rule]), {"量子": "量子"}, START, is_applied=True)
        found = tried.step(desk.db)
        told = desk.db.write_now(settle, desk.plan, found, ["量子"], "digest", desk.now)
        assert (tried.report.lists[0].gained, len(told)) == (gained, gained)
    assert [story.title for story in desk.mailed()] == ["光量子芯片研制成功"]


# --- the rules that are given ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "watchlists:\n  - {name: 甲, any: [量子]}\n",
        "- {name: 甲, any: [量子]}",
        "name: 甲\nany:\n  - 量子\n",
        "{name: 甲, any: [量子]}",
    ],
)
def test_rules_are_read_in_every_form_that_one_would_paste(text):
    assert [spec.name for spec in rules.read(text, "rules")] == ["甲"]


def test_a_line_is_a_query_and_a_fragment_gets_the_name_that_is_given():
    assert rules.read('"量子科技" -招聘', "rules", title="甲")[0].query == '"量子科技" -招聘'
    assert rules.read("title:专项", "rules")[0].name == "title:专项"
    assert rules.read("any: [量子]", "rules", title="甲")[0].name == "甲"


def test_an_extension_adds_to_the_list_of_the_configuration():
    present = [watchlist("量子", "量子科技")]
    (spec,) = rules.read("- {extends: 量子, any: [光量子]}", "rules", present)
    assert [hit.watchlist for hit in Matcher([spec]).match("光量子", "")] == ["量子"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "rules:1:1: rules: nothing stands here"),
        ("name: 甲\nany: [量子]\nnonne: [a]", "rules:3:1: nonne: unknown word; did you mean `none`?"),
        ("- {name: 甲, any: []}", "rules:1:18: [甲].any: is empty"),
        ("- {name: 甲}\n- {name: 甲}", "rules:2:10: [甲].name: '甲' is used a second time"),
        ("- 量子", "rules:1:3: [0]: must be a mapping"),
        (
            "- {extends: 量字, any: [a1]}",
            "rules:1:13: [0].extends: no watch-list is called '量字'; known are 量子",
        ),
        ("量子 AND (计算", "rules:1:8: query: this bracket is not closed"),
        ("  量子 AND", "rules:1:8: query: ends where another word is needed"),
        ("any: ['${file:/etc/hostname}']", "rules:1:7: any.0: no ${...} is filled in here"),
        ("any: ['${env:HOME}']", "no ${...} is filled in here"),
        ("sources: []\nwatchlists: [{name: 甲}]", "rules:1:1: sources: only `watchlists` is read here"),
        ("a: [", "rules:1:4: file: the bracket [ is not closed"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(text, told):
    with pytest.raises(errors.ConfigError) as caught:
        rules.read(text, "rules", [watchlist("量子", "量子科技")], title="甲" if text.startswith("any") else "")
    assert told in str(caught.value)


# --- the command -------------------------------------------------------------------------------------------------

YAML = """\
language: en
sources: [{id: wire, name: 示例产业网, kind: feed, url: "https://news.example.net/feed"}]
watchlists: [{name: 量子, any: [量子科技]}]
subscriptions: [{id: m, to: [a@example.org], watchlists: all, digest: {at: "0 8 * * *"}}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policywatch.yaml").write_text(YAML, encoding="utf-8")
    (tmp_path / "var").mkdir()
    desk = ArchiveDesk(tmp_path / "var" / "policywatch.sqlite", watchlist("量子", "量子科技"))
    desk.now = bootstrap.now() - timedelta(days=1)
    desk.come("量子科技速读班招生", BODY)
    desk.come("光量子芯片研制成功", BODY)
    desk.close()
    (tmp_path / "rules.yaml").write_text("- {name: 量子, any: [光量子]}\n", encoding="utf-8")
    return tmp_path


def run(folder, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "policywatch", "replay", *arguments, "--config", "policywatch.yaml"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False, **options,
    )  # fmt: skip


def test_the_command_tells_what_would_change(folder):
    done = run(folder, "rules.yaml", "--since", "30d")
    assert done.returncode == 0, done.stderr
    assert "2 articles looked at." in done.stdout
    assert "量子: 1 articles found, 1 stories; 1 recorded: 1 gained, 1 lost" in done.stdout
    assert "光量子芯片研制成功" in done.stdout
    assert "Title: 光量子" in done.stdout
    told = json.loads(run(folder, "-", "--json", input="光量子 OR 脑机接口").stdout)
    assert told["lists"][0]["examples"][0]["why"][0] == {
        "rule": "光量子", "field": "title", "start": 0, "end": 3, "text": "光量子",
    }  # fmt: skip
    against = json.loads(run(folder, "--query", "量子科技", "--watchlist", "量子", "--json").stdout)
    assert [against["lists"][0][key] for key in ("found", "recorded", "gained", "lost")] == [1, 1, 0, 0]


def test_the_configuration_s_own_lists_are_tried_without_a_file(folder):
    assert "量子: 1 articles found, 1 stories; 1 recorded: no difference" in run(folder).stdout


def test_the_command_applies(folder):
    done = run(folder, "rules.yaml", "--apply", "digest")
    assert done.returncode == 0, done.stderr
    assert "Recorded as found." in done.stdout
    assert "no difference" in run(folder, "rules.yaml").stdout
    new = run(folder, "--query", "速读班", "--watchlist", "培训", "--apply", "quietly")
    assert "培训 is not in the configuration" in new.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rules.yaml", "--query", "a b"], "not both"),
        (["--apply", "loudly"], "quietly or digest"),
        (["--since", "soon"], "--since"),
        (["missing.yaml"], "missing.yaml cannot be read"),
        (["--watchlist", "量字"], "no watch-list '量字'"),
        (["rules.yaml", "--watchlist", "另一个", "--apply", "quietly"], "would be recorded under another name"),
    ],
)
def test_what_cannot_be_done_is_said(folder, arguments, told):
    done = run(folder, *arguments)
    assert done.returncode != 0
    assert told in done.stderr


def test_a_new_list_s_hits_are_kept_for_when_it_is_configured(folder):
    loaded = bootstrap.load(folder / "policywatch.yaml")
    assert commands.unconfigured(loaded, {"培训": watchlist("培训"), "量子": watchlist("量子")}) == ["培训"]
