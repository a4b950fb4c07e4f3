"""`policywatch try read` and `try extract`: saved pages in, one JSON line each out, whatever is wrong with one."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest

FEED = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>
<item><title>量子计算专项申报开始</title><link>/a/1.html</link><guid isPermaLink="false">g1</guid>
<pubDate>Mon, 23 Nov 2026 08:30:00 +0800</pubDate></item>
<item><title>没有日期</title><link>https://example.org/a/2.html</link></item></channel></rss>"""
LIST = """<ul><li><a href="n/1.html">第一条</a><span>昨天</span></li><li><a href="n/2.html">第二条</a></li></ul>"""
ARTICLE = """<html><head><meta name="ArticleTitle" content="关于量子科技的通知"><meta name="PubDate" content="2026-11-20 09:15">
<meta name="ContentSource" content="示例工信局"></head><body><div id="zoom"><p>{}</p></div></body></html>""".format(
    "各有关单位：现就量子科技专项工作有关事项通知如下，请认真组织落实。" * 3
)


def policywatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", "-m", "policywatch", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def ask(tmp_path):
    def ask(command: str, *lines: object) -> list[dict]:
        manifest = tmp_path / "manifest.jsonl"
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        manifest.write_text(text, encoding="utf-8")
        done = policywatch("try", command, "--manifest", str(manifest))
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def test_a_feed_and_a_list_page_are_read_relative_to_the_manifest(ask, tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "feed.xml").write_text(FEED, encoding="utf-8")
    (tmp_path / "list.html.gz").write_bytes(gzip.compress(LIST.encode("gb18030")))
    feed, page = ask(
        "read",
        {"file": "saved/feed.xml", "kind": "feed", "url": "https://example.org/feed"},
        {
            "file": "list.html.gz",
            "kind": "listpage",
            "url": "https://example.org/list/",
            "options": {"item": "li", "date": "span"},
            "headers": {"Content-Type": "text/html; charset=gb2312"},
            "now": "2026-11-23T10:00:00+08:00",
        },
    )
    assert (feed["file"], feed["ok"], feed["error"]) == ("saved/feed.xml", True, None)
    assert feed["items"] == [
        {
            "title": "量子计算专项申报开始",
            "url": "https://example.org/a/1.html",
            "id": "g1",
            "published": "2026-11-23T08:30:00+08:00",
        },
        {
            "title": "没有日期",
            "url": "https://example.org/a/2.html",
            "id": "https://example.org/a/2.html",
            "published": None,
        },
    ]
    assert [(item["title"], item["url"]) for item in page["items"]] == [
        ("第一条", "https://example.org/list/n/1.html"),
        ("第二条", "https://example.org/list/n/2.html"),
    ]
    assert page["items"][0]["published"] == "2026-11-22T00:00:00+08:00"


def test_an_article_page_is_read(ask, tmp_path):
    (tmp_path / "a.html").write_text(ARTICLE, encoding="utf-8")
    (answer,) = ask("extract", {"file": "a.html", "url": "https://example.org/a.html"})
    assert answer["ok"]
    assert answer["title"] == "关于量子科技的通知"
    assert answer["published"] == "2026-11-20T09:15:00+08:00"
    assert answer["source"] == "示例工信局"
    assert answer["body"].startswith("各有关单位")


@pytest.mark.parametrize("command", ["read", "extract"])
def test_a_bad_line_is_answered_and_the_next_one_read(ask, tmp_path, command):
    (tmp_path / "good").write_text(FEED if command == "read" else ARTICLE, encoding="utf-8")
    (tmp_path / "broken.gz").write_bytes(gzip.compress(FEED.encode())[:40])
    (tmp_path / "empty").write_bytes(b"")
    bad = [
        "{no json",
        "[1, 2]",
        "[" * 100_000,
        {"kind": "feed"},
        {"file": "absent.xml"},
        {"file": "broken.gz"},
        {"file": "."},
        {"file": "empty"},
        {"file": "good", "kind": "feedd"} if command == "read" else {"file": "good", "options": {"titel": "h1"}},
        {"file": "good", "url": 7},
        {"file": "good", "now": "then"},
    ]
    *answers, last = ask(command, *bad, "", {"file": "good", "url": "https://example.org/"})
    assert len(answers) == len(bad)
    for answer in answers:
        assert answer["ok"] is False
        assert answer["error"]
        assert not answer.get("items")
    assert last["ok"] is True


def test_an_unreadable_manifest_is_one_clear_error(tmp_path):
    done = policywatch("try", "read", "--manifest", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stderr.strip() == f"{tmp_path / 'none'} cannot be read: No such file or directory"
