"""`policywatch check-sources`: trials of sources that keep nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from policywatch.model import Article, Cadence, TextState
from policywatch.pipeline.checks import judged, title_fault
from policywatch.pipeline.polled import Gathered
from policywatch.sources.base import SourceSpec
from world import World, article

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path):
    with World(tmp_path) as made:
        for site in (made.sites.list_site, made.sites.feed_site):
            site.articles += [article("a"), article("b")]
        yield made


def test_every_source_is_tried_told_in_lines_and_nothing_is_kept(world):
    done = world.command("check-sources")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert {line.split(":")[0] for line in lines} == {"list", "feed"}
    assert all("ok, 2 items, newest " in line and "100% dated, 100% clean" in line for line in lines)
    assert not (world.folder / "state").exists()


def test_one_source_as_json_and_a_bad_one_is_exit_code_1_and_says_what_to_change(world):
    text = world.path.read_text(encoding="utf-8").replace('item: "ul.u-list li"', 'item: "ul.gone li"')
    world.path.write_text(text, encoding="utf-8")
    done = world.command("check-sources", "--json", "list")
    assert done.returncode == 1
    (one,) = map(json.loads, done.stdout.splitlines())
    assert (one["source"], one["ok"], one["items"], one["newest"]) == ("list", False, 0, None)
    assert "ul.gone li" in one["wrong"][0]
    done = world.command("check-sources", "feed", "--json")
    assert done.returncode == 0
    (one,) = map(json.loads, done.stdout.splitlines())
    assert (one["items"], one["dated"], one["clean"], one["wrong"]) == (2, 1.0, 1.0, [])
    assert one["seconds"] >= 0


def test_a_disabled_source_is_tried_when_it_is_named_and_an_unknown_one_is_an_error(world):
    text = world.path.read_text(encoding="utf-8").replace("id: list,", "id: list, enabled: false,")
    world.path.write_text(text, encoding="utf-8")
    assert world.command("check-sources").stdout.startswith("feed:")
    assert world.command("check-sources", "list").stdout.startswith("list: ok")
    done = world.command("check-sources", "lst")
    assert done.returncode == 1
    assert "no source 'lst'" in done.stderr


@pytest.mark.parametrize(
    ("title", "what"),
    [
        ("关于印发低空经济发展规划的通知", None),
        ("Notice on AI chips (2026)", None),
        ("关于2026年11月放假的通知", None),
        ("", "no text"),
        ("•••", "no text"),
        ("关于印发\ufffd\ufffd的通知", "characters that could not be decoded"),
        ("关于<b>印发</b>的通知", "markup"),
        ("科技&nbsp;专项", "markup"),
        ("关于印发规划的通知 2026-11-23", "a date glued to it"),
        ("关于印发规划的通知[2026年11月23日]", "a date glued to it"),
        ("关于印发低空经济发展…", "its end cut off"),
        ("关于印发低空经济发展...", "its end cut off"),
        ("长" * 200, "a page's text"),
    ],
)
def test_what_is_in_a_title_beside_the_title_is_named(title, what):
    assert title_fault(title) == what


def gathered(*titles: str, days: int | None = 1, **more) -> Gathered:
    published = None if days is None else NOW - timedelta(days=days)
    made = Gathered(newest=published, **more)
    for number, title in enumerate(titles):
        one = Article(
            "s", f"{number:016x}", "", "", title, title, "", "", published, NOW, "", TextState.NOT_ASKED, "0" * 16
        )
        made.articles.append((one, ()))
    return made


@pytest.mark.parametrize(
    ("found", "fault", "is_well", "words"),
    [
        (gathered("一号文件", "二号文件"), "", True, None),
        (gathered(), "", False, "holds no item"),
        (gathered(), "the server answered 404", False, "404"),
        (gathered("一号文件", days=None), "", True, "1 of 1 items have no date"),
        (gathered("一号文件", days=61), "", True, "its newest item is of 2026-09-23"),
        (gathered("一号<b>", "二号文件"), "", True, "1 of 2 titles hold markup"),
        (gathered("一号<b>", "二号<b>", "三号文件"), "", False, "2 of 3 titles hold markup"),
        (gathered("一号文件", moved_to="https://new.example/"), "", True, "write url: https://new.example/"),
        (
            gathered("一号文件", cadence=Cadence(skip_hours=frozenset(range(24)))),
            "",
            True,
            "wants never to be asked",
        ),
    ],
)
def test_a_reading_is_judged_and_each_doubt_says_what_to_change(found, fault, is_well, words):
    spec = SourceSpec(id="s", kind="feed", url="https://a.example/")
    checked = judged(spec, found, fault, 0.5, NOW)
    assert checked.is_well == is_well
    assert bool(checked.wrong) == (words is not None)
    if words:
        assert words in "; ".join(checked.wrong)
