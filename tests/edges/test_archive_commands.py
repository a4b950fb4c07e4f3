"""search, backup, restore, export and import as commands, on a real store."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from ruamel.yaml import YAML

from policywatch import errors
from policywatch.commands import opml
from policywatch.model import Article, Attachment, Deadline, Document, Excerpt, Hit, Span, TextState
from policywatch.sources.base import SourceSpec
from policywatch.store import articles, documents, hits, indexing, sources
from policywatch.store.db import Database

NOW = datetime.now(UTC)
CONFIG = """\
timezone: Asia/Shanghai
state: .
sources:
  - {id: s, name: 示例部, kind: feed, url: "https://a.example/feed?key=${file:key}"}
  - {id: p, name: 示例局, kind: listpage, url: "https://b.example/", options: {item: li}}
watchlists:
  - {name: 未来能源, members: [氢能]}
  - {name: 氢能, any: [氢能]}
subscriptions:
  - {id: m, to: [a@example.org], watchlists: all, digest: {at: "30 8 * * *"}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "key").write_text("geheim-123456")
    (tmp_path / "policywatch.yaml").write_text(CONFIG)
    db = Database.open(tmp_path / "policywatch.sqlite")
    db.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], NOW)
    for number, (title, body) in enumerate((("氢能补贴通知", "关于氫能补贴。"), ("运动会", "补贴"), ("旧闻", "补贴"))):
        day = NOW - timedelta(days=400 if title == "旧闻" else number)
        article = Article(
            source="s", key=f"{number:016x}", url=f"https://a/{number}", canonical_url=f"https://a/{number}", title=title,
            original_title=title, body=body, original_body=body, published=day, fetched_at=day, publisher="",
            text_state=TextState.COMPLETE, signature=f"{number:016x}",
            attachments=(Attachment("附件.pdf", "https://a/1.pdf", "pdf"),),
        )  # fmt: skip
        (added,) = db.write_now(articles.add, [articles.NewArticle(article)])
        if number == 0:
            hit = Hit("氢能", 70.0, (Span("氢能", "title", 0, 2, "氢能"),), Excerpt("关于氢能", ((2, 4),)))
            db.write_now(hits.add, [(added.article_id, hit)], NOW)
            document = Document(
                kind="通知", numbers=("示函〔2026〕1号",), deadlines=(Deadline(NOW.date(), "申报", "今日"),)
            )
            db.write_now(documents.put, [documents.Row(added.article_id, document)])
    while entries := db.read_now(indexing.take, 50):
        db.write_now(indexing.put, entries)
    db.close()
    return tmp_path


def run(folder, *arguments, code=0):
    """What a command printed; with another code what it complained of."""
    command = [sys.executable, "-m", "policywatch", *arguments, "--config", str(folder / "policywatch.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def test_search_finds_filters_and_says_so(folder):
    assert "【氢能】【补贴】通知" in run(folder, "search", "氫能 補貼").replace("】【", "】【")
    assert "旧闻" in run(folder, "search", "补贴")
    for narrowed in (("--since", "30d"), ("--watchlist", "未来能源"), ("--kind", "通知")):
        assert "旧闻" not in run(folder, "search", "补贴", *narrowed)
    assert "nothing was found" in run(folder, "search", "没有的词")
    assert "no watch-list '氫'" in run(folder, "search", "补贴", "--watchlist", "氫", code=1)
    assert "is no day" in run(folder, "search", "补贴", "--since", "gestern", code=1)
    assert "OR" in run(folder, "search", "OR", code=1)


def test_export_gives_every_article_whole(folder):
    told = [json.loads(line) for line in run(folder, "export").splitlines()]
    assert [one["title"] for one in told] == ["氢能补贴通知", "运动会", "旧闻"]
    first = told[0]
    assert first["text"] == "关于氫能补贴。"
    assert first["document"]["numbers"] == ["示函〔2026〕1号"]
    assert first["document"]["deadlines"][0]["kind"] == "申报"
    assert first["hits"][0]["spans"] == [{"rule": "氢能", "field": "title", "start": 0, "end": 2, "text": "氢能"}]
    assert first["attachments"] == [{"name": "附件.pdf", "url": "https://a/1.pdf", "type": "pdf"}]
    assert len(run(folder, "export", "--since", "30d").splitlines()) == 2


def test_a_backup_is_put_back(folder):
    assert "written to" in run(folder, "backup", str(folder / "b.sqlite"))
    (folder / "policywatch.sqlite").unlink()
    assert "restored" in run(folder, "restore", str(folder / "b.sqlite"))
    assert "氢能" in run(folder, "search", "氢能")


def test_sources_go_to_other_readers_without_secrets_and_come_back(folder):
    out = run(folder, "export", "--opml")
    assert "geheim" not in out
    (folder / "other.opml").write_text(out.replace("a.example", "c.example"), encoding="utf-8")
    pasted = YAML(typ="safe", pure=True).load(run(folder, "import", str(folder / "other.opml")))
    (source,) = pasted["sources"]
    assert (source["name"], source["kind"]) == ("示例部", "feed")
    SourceSpec(**source)


def test_an_opml_file_of_folders_becomes_sources_with_ids_of_their_own(tmp_path):
    outlines = "".join(
        f'<outline text="{name}" xmlUrl="{url}"/>'
        for name, url in (
            ("一", "https://x.example/feed"),
            ("二", "https://y.x.example/feed"),
            ("又一", "https://x.example/feed"),
        )
    )
    path = tmp_path / "a.opml"
    path.write_text(
        f'<opml version="2.0"><body><outline text="政策">{outlines}</outline>'
        '<outline text="空"/><outline text="坏" xmlUrl="file:///etc/passwd"/></body></opml>',
        encoding="utf-8",
    )
    known = [SourceSpec(id="example-feed", kind="feed", url="https://z.example/")]
    entries, passed = opml.read(path, known)
    assert [one["name"] for one in entries] == ["一", "二"]
    assert {one["note"] for one in entries} == {"政策"}
    assert len({one["id"] for one in entries} | {"example-feed"}) == 3
    assert [line.partition(":")[0] for line in passed] == ["又一", "空", "坏"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html/>", "is no OPML"),
        ("<opml><body>", "is no OPML"),
        ("", "is no OPML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><opml/>', "entities"),
    ],
)
def test_what_is_no_opml_is_told_so(tmp_path, text, said):
    (tmp_path / "a.opml").write_text(text)
    with pytest.raises(errors.PolicywatchError, match=said):
        opml.read(tmp_path / "a.opml", ())
