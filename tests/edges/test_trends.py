"""Watch-lists over time, on both databases: weeks and months of the configuration's zone, regions, bodies, who was first."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import jinja2
import pytest

from archive_desk import START, ArchiveDesk, watchlist
from policywatch import bootstrap
from policywatch.digests import plots, timeline
from policywatch.digests.render import Renderer
from policywatch.store import trends

CHINA = ZoneInfo("Asia/Shanghai")
BODY = "示例部今天启动量子科技试点，首批遴选二十家单位参加，试点为期两年。"
WORDS = Renderer(jinja2.FileSystemLoader(bootstrap.shipped("templates"))).catalogue("zh-CN")


@pytest.fixture
def desk(place):
    made = ArchiveDesk(place)
    yield made
    made.close()


def wanted(*names, by="week", days=28, **more) -> trends.Wanted:
    return trends.Wanted(names or ("量子",), timeline.bounds(by, START - timedelta(days=days), START, CHINA), **more)


def test_articles_and_stories_of_each_week(desk):
    desk.come("量子科技专项启动", BODY, days=1)
    desk.come("量子科技专项启动", BODY, source="paper", days=1)
    desk.come("量子科技展望", "另一篇。", days=8)
    desk.come("量子科技去年", "旧闻。", days=300)
    found = desk.db.read_now(trends.over_time, wanted("量子", "6G"))
    assert found == {"量子": [(0, 0), (0, 0), (1, 1), (2, 1), (0, 0)], "6G": [(0, 0)] * 5}


def test_a_week_begins_on_monday_at_midnight_of_the_zone(desk):
    """23 November 2026 is a Monday; 00:00 in Shanghai is 16:00 UTC on the day before."""
    monday = datetime(2026, 11, 23, tzinfo=CHINA)
    for at in (monday, monday - timedelta(seconds=1)):
        desk.come(f"量子科技 {at}", "正文", days=(desk.now - at) / timedelta(days=1))
    assert desk.db.read_now(trends.over_time, wanted())["量子"][-2:] == [(1, 1), (1, 1)]


def test_a_week_in_which_the_clocks_change_is_an_hour_longer(desk):
    """Berlin, 25 October 2026: the week before ends 22:00 UTC, this one 23:00 UTC."""
    zone = ZoneInfo("Europe/Berlin")
    for at in (datetime(2026, 10, 25, 23, 30, tzinfo=zone), datetime(2026, 10, 18, 23, 30, tzinfo=zone)):
        desk.come(f"量子科技 {at}", "正文", days=(desk.now - at) / timedelta(days=1))
    spans = timeline.bounds("week", START - timedelta(days=36), START, zone)
    assert desk.db.read_now(trends.over_time, trends.Wanted(("量子",), spans))["量子"][:3] == [(1, 1), (1, 1), (0, 0)]


@pytest.mark.parametrize(
    ("by", "since", "until", "expected"),
    [
        ("week", date(2026, 11, 22), date(2026, 11, 23), [(11, 16), (11, 23), (11, 30)]),
        ("month", date(2026, 1, 31), date(2026, 3, 1), [(1, 1), (2, 1), (3, 1), (4, 1)]),
        ("month", date(2026, 12, 31), date(2026, 12, 31), [(12, 1), (1, 1)]),
    ],
)
def test_spans_cover_the_time_whole(by, since, until, expected):
    assert [(day.month, day.day) for day in timeline.days(by, since, until)] == expected


def test_ten_years_of_weeks_are_the_most():
    assert len(timeline.days("week", date(1970, 1, 1), date(2026, 11, 23))) == timeline.MOST_SPANS + 1


def test_regions_and_bodies_count_and_narrow(desk):
    desk.come(
        "广东省科学技术厅关于开展量子科技专项申报的通知", "各有关单位：\n" + BODY + "\n广东省科学技术厅\n2026年11月20日"
    )
    desk.come("量子科技随笔", "无。")
    regions = {one.key: one.articles for one in desk.db.read_now(trends.by_region, wanted())}
    assert regions["广东省"] == 1
    assert sum(regions.values()) == 2
    (body,) = desk.db.read_now(trends.by_issuer, wanted())
    assert body.articles == 1
    narrowed = wanted(region="广东", issuer="科技厅")
    assert sum(articles for articles, _ in desk.db.read_now(trends.over_time, narrowed)["量子"]) == 1
    assert desk.db.read_now(trends.by_issuer, replace(narrowed, region="北京")) == []


def test_who_was_first_counts_stories_that_several_sources_have(desk):
    desk.come("量子科技专项启动", BODY, days=1)
    desk.come("量子科技专项启动", BODY, source="ministry", days=2)
    desk.come("量子科技独家", "独家报道。", source="paper", days=2)
    assert [(one.key, one.stories) for one in desk.db.read_now(trends.first_to_report, wanted())] == [("示例部", 1)]


def test_moments_are_counted_into_their_spans():
    spans = timeline.bounds("week", START - timedelta(days=7), START, CHINA)
    first = spans[1]
    moments = [(first, 1), (first, 1), (first - timedelta(microseconds=1), 2), (spans[0] - timedelta(days=1), 3)]
    assert timeline.counted([*moments, (spans[-1], 4)], spans) == [(1, 1), (2, 1)]


# --- drawn -------------------------------------------------------------------------------------------------------


def drawn(name="量子 <b>&", counts=((3, 2), (0, 0), (7, 7))):
    spans = timeline.bounds("week", START - timedelta(days=14), START, CHINA)
    return timeline.plot(name, spans, counts, "week", WORDS)


def test_a_plot_says_in_words_what_it_shows():
    root = ET.fromstring(plots.bars(drawn(), "a b/c"))
    svg = "{http://www.w3.org/2000/svg}"
    titles = {root.find(f"{svg}{tag}").get("id") for tag in ("title", "desc")}
    assert root.get("role") == "img"
    assert set(root.get("aria-labelledby").split()) == titles
    assert root.find(f"{svg}title").text == "量子 <b>&：文章与动态"
    assert "10 篇" in root.find(f"{svg}desc").text
    assert [one.text for one in root.iter(f"{svg}title")][1:] == [bar.words for bar in drawn().bars]


@pytest.mark.parametrize(
    "svg", [plots.bars(drawn(), "x"), plots.spark(drawn(), "x"), plots.sheet("全部", [drawn()] * 3)]
)
def test_a_plot_has_no_script_no_style_and_no_colour_of_its_own(svg):
    root = ET.fromstring(svg)
    for element in root.iter():
        assert element.tag.split("}")[1] in {"svg", "title", "desc", "g", "rect", "path", "text"}
        assert not {"style", "href", "onload"} & set(element.attrib)
        assert {element.get(word, "currentColor") for word in ("fill", "stroke")} == {"currentColor"}


def test_a_bar_s_height_follows_its_count_and_nothing_is_nothing():
    root = ET.fromstring(plots.bars(drawn(), "x"))
    whole = [one for one in root.iter() if one.get("class") == "whole"]
    heights = [float(one.get("height")) for one in whole]
    assert heights[0] == pytest.approx(heights[2] * 3 / 7, abs=0.1)
    assert heights[1] == 0
    assert ET.fromstring(plots.bars(drawn(counts=((0, 0),) * 3), "x")) is not None


def test_a_cell_is_no_formula():
    found = [timeline.Row("=1+1", "first", "@SUM(A1)", 1, 1)]
    assert list(csv.reader(io.StringIO(timeline.table(found))))[1] == ["'=1+1", "first", "'@SUM(A1)", "1", "1"]


# --- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policywatch.yaml").write_text("watchlists: [{name: 量子, any: [量子科技]}, {name: 6G}]\n", "utf-8")
    (tmp_path / "var").mkdir()
    desk = ArchiveDesk(tmp_path / "var" / "policywatch.sqlite", watchlist("量子", "量子科技"))
    desk.now = bootstrap.now()
    desk.come("量子科技专项启动", BODY, days=0.01)
    desk.come("量子科技专项启动", BODY, source="ministry", days=0.02)
    desk.close()
    return tmp_path


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "policywatch", "trends", *arguments, "--config", "policywatch.yaml"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_command_tells_in_every_form(folder):
    table = run(folder)
    assert table.returncode == 0, table.stderr
    assert "量子 · 起始日（周）" in table.stdout
    assert "示例部" in table.stdout
    assert "6G" not in table.stdout
    told = json.loads(run(folder, "--format", "json", "--by", "month", "--since", "1d").stdout)
    assert {row["articles"] for row in told["rows"] if row["by"] == "month" and row["watchlist"] == "量子"} >= {2}
    cells = list(csv.DictReader(io.StringIO(run(folder, "--format", "csv").stdout)))
    assert {"watchlist": "量子", "by": "first", "key": "示例部", "articles": "1", "stories": "1"} in cells
    done = run(folder, "--format", "svg", "--watchlist", "量子", "-o", "out.svg")
    assert "written to out.svg" in done.stdout
    ET.parse(folder / "out.svg")
    assert "这段时间没有" in run(folder, "--watchlist", "6G").stdout


@pytest.mark.parametrize("arguments", [["--by", "day"], ["--format", "pdf"], ["--since", "x"], ["--watchlist", "甲"]])
def test_what_cannot_be_done_is_said(folder, arguments):
    done = run(folder, *arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
