"""`policywatch discover`: a local site and saved files; what is printed loads as a configuration."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from edges.fetch_origin import LOOPBACK, Origin, answer, serving
from policywatch import config, errors
from policywatch.commands import discover as discovery

ROWS = [f"关于组织第{number}批人形机器人揭榜挂帅项目的通知" for number in range(1, 9)]
COLUMN = (
    "<html><head><meta charset=utf-8><title>通知公告 - 示例市工信局</title></head><body><div class=menu><a href=/>首页</a></div>"
    "<div id=list><ul class=news>"
    + "".join(f'<li><a href="/n/{at}.html">{row}</a><span>2026-11-0{at}</span></li>' for at, row in enumerate(ROWS, 1))
    + "</ul></div></body></html>"
)
FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>示例网</title>'
    + "".join(
        f"<item><title>{row}</title><link>/n/{at}.html</link><pubDate>Mon, 0{at} Nov 2026 08:00:00 +0800</pubDate></item>"
        for at, row in enumerate(ROWS, 1)
    )
    + "</channel></rss>"
)
SHELL = (
    '<html><head><title>文件公示</title></head><body><script parseType="buildstatic" url="/api/unit" '
    "querydata=\"{'webId':'8d4','pageId':'bd12'}\"></script></body></html>"
)
LINKED = '<html><head><title>示例网</title><link rel="alternate" type="application/rss+xml" href="/rss"></head><body></body></html>'
ARTICLE = (
    '<html><head><meta name="ArticleTitle" content="通知"><title>通知</title></head><body><div class=pos>当前位置：'
    '<a href="/">首页</a> &gt; <a href="/tzgg/">通知公告</a></div><p>各有关单位：请认真组织落实。</p></body></html>'
)
SITE = {
    "/tzgg/": COLUMN,
    "/rss": FEED,
    "/linked": LINKED,
    "/shell": SHELL,
    "/api/unit?webId=8d4&pageId=bd12": json.dumps({"data": {"html": COLUMN}}),
    "/a.html": ARTICLE,
    "/nothing": "<html><body><p>欢迎</p></body></html>",
    "/feed": FEED,
    "/log-in": "<html><body><form><label>密码</label><input type=password><label>验证码</label><input></form></body></html>",
}


async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
    path = origin.line().split()[1].decode()
    body = SITE.get(path)
    kind = "application/json" if path.startswith("/api") else "text/html; charset=utf-8"
    return answer(200, body.encode(), f"Content-Type: {kind}") if body else answer(404)


def discover(path: str, tmp_path, *, without: tuple[str, ...] = (), kind: str | None = None):
    async def scenario():
        async def some(origin: Origin, writer: asyncio.StreamWriter) -> bytes:
            is_gone = origin.line().split()[1].decode() in without
            return answer(404) if is_gone else await reply(origin, writer)

        async with serving(some) as origin:
            main = tmp_path / "policywatch.yaml"
            main.write_text(
                f"language: en\nfetch: {{allow_private: [{LOOPBACK}], allow_ports: [{origin.port}], spacing: 1ms}}\n"
            )
            loaded = config.load(main, {})
            lines, found = await discovery.discover(loaded, origin.base + path, url=None, kind=kind, language=None)
            return lines, found, origin.base

    return asyncio.run(scenario())


def source_in(lines):
    (entry,) = YAML(typ="safe", pure=True).load("\n".join(lines))["sources"]
    return entry


def test_a_column_becomes_a_source_with_selectors_that_loads(tmp_path):
    lines, found, base = discover("/tzgg/", tmp_path)
    entry = source_in(lines)
    assert found
    assert (entry["kind"], entry["url"], entry["name"]) == ("listpage", f"{base}/tzgg/", "示例市工信局 通知公告")
    assert entry["options"] == {"item": "ul.news > li", "date": "span"}
    assert any("8 items, 8 of them with a date; the newest of 2026-11-08" in line for line in lines)
    assert any(ROWS[0] in line for line in lines)
    pasted = tmp_path / "pasted.yaml"
    pasted.write_text("\n".join(lines), encoding="utf-8")
    assert [spec.id for spec in config.load(pasted, {}).sources] == [entry["id"]]


@pytest.mark.parametrize(
    ("path", "kind", "at", "said"),
    [
        ("/rss", "feed", "/rss", "This is a feed"),
        ("/linked", "feed", "/rss", "The page links a feed"),
        ("/shell", "jpaas", "/shell", "platform jpaas"),
        ("/nothing", "feed", "/feed", "stands at a common place"),
    ],
)
def test_each_page_is_read_in_its_own_way(path, kind, at, said, tmp_path):
    lines, found, base = discover(path, tmp_path)
    entry = source_in(lines)
    assert found
    assert (entry["kind"], entry["url"]) == (kind, base + at)
    assert any(said in line for line in lines)
    assert any(ROWS[0] in line for line in lines)


def test_an_article_leads_to_its_column_and_is_no_source(tmp_path):
    lines, found, base = discover("/a.html", tmp_path)
    assert not found
    assert any("not a column" in line for line in lines)
    assert f"#   通知公告 {base}/tzgg/" in lines


def test_nothing_is_said_to_be_nothing(tmp_path):
    lines, found, _ = discover("/nothing", tmp_path, without=("/feed", "/rss"))
    assert not found
    assert any("No list was found" in line for line in lines)


@pytest.mark.parametrize(("language", "said"), [("en", "what came is a log-in page"), ("zh-CN", "打开的是登录页")])
def test_what_came_in_a_columns_place_is_named(language, said, tmp_path):
    (tmp_path / "saved.html").write_text(SITE["/log-in"], encoding="utf-8")
    done = command("saved.html", "--language", language, at=tmp_path)
    assert done.returncode == 1
    assert said in done.stdout


def test_a_kind_that_does_not_read_the_page_says_why(tmp_path):
    lines, found, _ = discover("/tzgg/", tmp_path, kind="sitemap")
    assert not found
    assert any("No list was found" in line and "no sitemap" in line for line in lines)


def test_private_addresses_are_refused_without_a_configuration_that_allows_them():
    async def scenario():
        async with serving(reply) as origin:
            with pytest.raises(errors.FetchError) as caught:
                await discovery.discover(None, f"{origin.base}/tzgg/", url=None, kind=None, language=None)
            return caught.value.code, origin.connections

    assert asyncio.run(scenario()) == ("refused_address", 0)


def command(*arguments: str, at: Path):
    line = [sys.executable, "-X", "utf8", "-m", "policywatch", "discover", *arguments]
    environ = {key: value for key, value in os.environ.items() if key != "POLICYWATCH_CONFIG"}
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, cwd=at, env=environ)


def test_a_saved_file_is_read_without_any_configuration(tmp_path):
    (tmp_path / "column.html").write_text(COLUMN, encoding="utf-8")
    done = command("column.html", "--url", "https://gxj.example.gov.cn/tzgg/", "--language", "en", at=tmp_path)
    assert done.returncode == 0, done.stderr
    entry = source_in(done.stdout.splitlines())
    assert (entry["id"], entry["url"], entry["verified"]) == (
        "gxj-example-tzgg",
        "https://gxj.example.gov.cn/tzgg/",
        "never",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.html"], "gone.html cannot be read"),
        (["https://example.org/", "--url", "https://example.org/"], "--url says where a file came from"),
        (["https://example.org/", "--kind", "feeds"], "unknown kind 'feeds'; known are"),
        (["https://"], "no host name"),
        (["column.html", "--language", "fr"], "no language 'fr'"),
    ],
)
def test_a_wrong_call_is_answered_with_what_would_be_right(arguments, said, tmp_path):
    (tmp_path / "column.html").write_text(COLUMN, encoding="utf-8")
    done = command(*arguments, at=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
