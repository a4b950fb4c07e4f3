"""The pages of the watch-lists and the workshop, on a filled store: as HTML and as JSON, with hostile titles and rules."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import jinja2
import pytest

from archive_desk import ArchiveDesk, watchlist
from policywatch import bootstrap, config
from policywatch.config import rules
from policywatch.digests.render import Renderer
from policywatch.store import recipients
from policywatch.web.app import build
from policywatch.web.pages import workshop
from readers import FormClient
from webs import TEMPLATES, site_of

BODY = "示例部今天启动试点，首批遴选二十家单位参加，试点为期两年。"
HOSTILE = '量子科技<script>alert(1)</script>"><img src=x>'


@pytest.fixture
def desk(tmp_path):
    made = ArchiveDesk(
        tmp_path / "policywatch.sqlite",
        watchlist("量子", "量子科技", "脑机接口", **{"except": ["量子科技馆"]}, description="量子计算与通信"),
        watchlist("6G/卫星", "6G"),
        watchlist("方向", "无此词", members=["量子", "6G/卫星"]),
    )
    asyncio.run(made.rematch())
    made.come(HOSTILE, BODY)
    made.come("量子科技速读班招生", BODY, days=9)
    made.come("光量子芯片研制成功", BODY + "全文另有量子科技。")
    made.come("6G 试验启动", BODY)
    made.come("腦機介面標準發布", BODY, days=2)
    yield made
    made.close()


@pytest.fixture
def client(desk):
    site = site_of(desk.plan, desk.db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: desk.now)
    return FormClient(build(site), base_url="http://127.0.0.1")


def told(client, path, **options):
    return client.get(path, headers={"accept": "application/json"}, **options).json()


def tried(client, rule, **fields):
    return client.post("/workshop", data={"rule": rule, **fields}, headers={"accept": "application/json"}).json()


def test_every_list_stands_with_its_weeks(client):
    lists = told(client, "/watchlists")["lists"]
    assert [(row["name"], row["path"]) for row in lists][1] == ("6G/卫星", "/watchlists/6G%2F%E5%8D%AB%E6%98%9F")
    assert (lists[0]["articles"], lists[0]["stories"], lists[2]["articles"]) == (4, 4, 0)
    html = client.get("/watchlists").text
    assert html.count('<svg class="spark"') == 3
    assert "style=" not in html


def test_a_list_shows_its_terms_its_edit_and_its_newest_stories(client, desk):
    desk.edit(watchlist("量子", "量子科技", "光量子", none=["速读班"], **{"except": ["量子科技馆"]}), mode="quietly")
    asyncio.run(desk.rematch())
    site = site_of(desk.plan, desk.db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: desk.now)
    client = FormClient(build(site), base_url="http://127.0.0.1")
    page = told(client, "/watchlists/量子")
    assert [(term["term"], term["role"], term["articles"]) for term in page["terms"]] == [
        ("量子科技", "term", 2), ("光量子", "term", 1), ("速读班", "none", 0), ("量子科技馆", "except", 0),
    ]  # fmt: skip
    assert (page["edit"]["gained"], page["edit"]["lost"]) == (0, 2)
    assert {"".join(piece["text"] for piece in line["title"]) for line in page["lost"]} == {
        "量子科技速读班招生", "腦機介面標準發布",
    }  # fmt: skip
    html = client.get("/watchlists/量子").text
    assert "<script" not in html
    assert "<img" not in html
    assert "减少 2" in html


def test_what_readers_call_not_relevant_stands_beside_the_list(client, desk):
    story = desk.rows("SELECT story_id FROM article WHERE title LIKE '%速读班%'")[0][0]
    reader = recipients.Reader("m", "a" * 32, "active")
    assert desk.db.write_now(recipients.dislike, reader, story, "量子", desk.now)
    (one,) = told(client, "/watchlists/量子")["judged"]
    assert (one["readers"], one["is_gone"], one["line"]["why"]) == (1, False, ["量子科技"])
    assert told(client, "/watchlists/6G%2F%E5%8D%AB%E6%98%9F")["judged"] == []
    assert "1 位读者" in client.get("/watchlists/量子").text


def test_traditional_and_damaged_spellings_are_listed(client):
    (term,) = [one for one in told(client, "/watchlists/量子")["terms"] if one["term"] == "脑机接口"]
    assert "脑机介面" in term["spellings"]


def test_a_name_with_a_slash_is_found_and_an_unknown_one_is_not(client):
    assert told(client, "/watchlists/6G%2F%E5%8D%AB%E6%98%9F")["name"] == "6G/卫星"
    assert client.get("/watchlists/无").status_code == 404


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/watchlists",
        "/watchlists/量子",
        "/watchlists/方向",
        "/workshop",
        "/workshop?watchlist=量子",
        "/workshop?rule=量子 AND (",
    ],
)
def test_every_page_is_drawn_in_both_languages(client, path, language):
    answer = client.get(path, params={"lang": language} if "?" not in path else None)
    assert answer.status_code == 200
    assert not re.search(r"<[^>]+ (style|on\w+)=", answer.text)


# --- the workshop ------------------------------------------------------------------------------------------------


def test_a_query_is_tried_on_the_archive(client):
    page = tried(client, "量子科技 OR 光量子", against="量子", name="新量子")
    (one,) = page["lists"]
    assert (one["name"], one["found"], one["recorded"], one["gained"], one["lost"]) == ("新量子", 3, 4, 0, 1)
    assert page["is_whole"]
    assert sum(week["articles"] for week in one["weeks"]) == 3
    html = client.post("/workshop", data={"rule": "量子科技 OR 光量子", "against": "量子"}).text
    assert "<mark>腦機介面</mark>標準發布" in html
    assert "<script" not in html


def test_a_fault_is_shown_at_its_line_and_column(client):
    page = tried(client, "name: 甲\nany:\n  - {term: 量子, feild: title}\n")
    (fault,) = page["faults"]
    assert (fault["line"], fault["column"]) == (3, 16)
    assert fault["after"].startswith("feild")
    assert fault["what"] == "没有这个配置项；是不是要写 `field`？"
    html = client.post("/workshop", data={"rule": "<b> AND"}).text
    assert 'aria-invalid="true"' in html
    assert "<b> AND" not in html


def test_no_file_and_no_secret_is_read_by_what_is_pasted(client, monkeypatch):
    monkeypatch.setenv("SECRET_WORD", "量子科技")
    for name in ("file:/etc/hostname", "env:SECRET_WORD"):
        page = tried(client, f"name: 甲\nany: ['${{{name}}}']\n")
        assert page["faults"][0]["what"] == "这里不能用 ${...}，请直接写值"
        assert page["lists"] == []


def test_a_text_that_is_pasted_is_tried_and_explained(client):
    page = tried(client, "光量子 -招聘", text="光量子芯片\n研究光量子，也招聘。")
    assert "招聘" in page["pasted"]["said"][0]
    page = tried(client, "光量子", text="光量子芯片\n研究光量子。")
    assert [piece["text"] for piece in page["pasted"]["title"] if piece["is_marked"]] == ["光量子"]
    assert [piece["text"] for piece in page["pasted"]["body"] if piece["is_marked"]] == ["光量子"]


@pytest.mark.parametrize(
    "rule",
    [
        "量子 NEAR/10 '计算'",
        "name: 甲\nany: [量子科技]\n# 备注\n",
        "any:\n  - 量子科技\n",
        "- {name: 甲, any: [量子科技]}\n- name: 乙\n",
        "{name: 甲, any: [量子科技]}",
        "[{name: 甲}, {name: 乙}]",
        "watchlists:\n  - {name: 甲}\n",
        "- extends: 量子\n  any:\n    - 光量子\n",
    ],
)
def test_the_yaml_to_paste_is_a_configuration_of_the_same_rules(client, tmp_path, rule, desk):
    page = tried(client, rule, name="我的")
    assert page["faults"] == []
    path = tmp_path / "policywatch.yaml"
    present = "" if "extends" not in rule else "  - {name: 量子, any: [量子科技, 脑机接口], except: [量子科技馆]}\n"
    path.write_text(page["yaml"].replace("watchlists:\n", "watchlists:\n" + present, 1), encoding="utf-8")
    loaded = config.load(path, {}).watchlists
    wanted = rules.read(rule, "rule", desk.plan.watchlists, title="我的")
    assert {one.name: one.rule for one in loaded} == {one.name: one.rule for one in wanted}


def test_a_change_of_a_list_begins_with_what_adds_to_it(client):
    page = told(client, "/workshop?watchlist=量子")
    assert (page["asked"]["against"], page["is_tried"]) == ("量子", False)
    page = tried(client, page["asked"]["rule"] + "光量子", against="量子")
    assert (page["lists"][0]["recorded"], page["lists"][0]["gained"], page["lists"][0]["lost"]) == (4, 0, 0)


def test_what_time_did_not_reach_is_said(desk, monkeypatch):
    monkeypatch.setattr(workshop, "PART", 2)
    site = site_of(desk.plan, desk.db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: desk.now)
    ticks = iter(range(100))
    monkeypatch.setattr(workshop.time, "monotonic", lambda: next(ticks))
    page = workshop.tried(site, workshop.Asked("量子科技"), "en", 2.0)
    assert (page.looked, page.is_whole, page.oldest) == (2, False, desk.now)


def test_days_bound_the_search_and_odd_forms_are_taken_as_left_out(client, desk):
    desk.now += timedelta(days=20)
    assert tried(client, "量子科技", days="7")["looked"] == 0
    assert tried(client, "量子科技", days="30")["looked"] == 5
    assert tried(client, "量子科技", days="9999999", against="无")["asked"] == {
        "rule": "量子科技", "name": "", "against": "", "days": 30, "text": "",
    }  # fmt: skip
    assert tried(client, "  ")["is_tried"] is False


def test_a_body_that_is_too_long_is_refused(client):
    assert client.post("/workshop", data={"rule": "x" * (workshop.MAX_BODY + 1)}).status_code == 413


def test_the_shipped_lists_are_drawn(tmp_path):
    """Every shipped list's terms can be listed, and a change of each can be begun."""
    loaded = bootstrap.load(bootstrap.shipped("config") / "policywatch.yaml")
    desk = ArchiveDesk(tmp_path / "policywatch.sqlite", *loaded.watchlists)
    site = site_of(desk.plan, desk.db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: desk.now)
    client = FormClient(build(site), base_url="http://127.0.0.1")
    for row in told(client, "/watchlists")["lists"]:
        assert client.get(row["path"]).status_code == 200, row["name"]
    desk.close()
