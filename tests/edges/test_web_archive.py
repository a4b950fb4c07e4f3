"""The pages of the archive: what is found, filters, faults, pages; a story with all that is known of it."""

from __future__ import annotations

import html as markup
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import jinja2
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from policywatch import config
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Article, Attachment, Deadline, Document, Excerpt, Hit, Span, TextState
from policywatch.pipeline.plan import Plan
from policywatch.pipeline.saved import SearchSpec
from policywatch.store import articles, documents, hits, indexing, runs, sources
from policywatch.store.db import Database
from policywatch.web.app import build
from policywatch.web.door import Access
from webs import TEMPLATES, site_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
JSON = {"accept": "application/json"}


@pytest.fixture
def db(tmp_path):
    made = Database.open(tmp_path / "policywatch.sqlite")
    made.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], NOW)
    yield made
    made.close()


@pytest.fixture
def site(db):
    plan = Plan(
        sources=(),
        watchlists=(WatchlistSpec(name="未来能源", members=["氢能"]), WatchlistSpec(name="氢能")),
        subscriptions=(
            SubscriptionSpec(
                id="m", to=["secret@example.org"], watchlists="all", name="晨报", digest={"at": "30 8 * * *"}
            ),
        ),
        zone=ZoneInfo("Asia/Shanghai"),
        language="zh-CN",
        sender="a@example.org",
        channel="maildir",
    )
    return site_of(plan, db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: NOW)


@pytest.fixture
def client(site):
    return TestClient(build(site), base_url="http://127.0.0.1")


def add(db, number, title="补贴<b>通知</b>", body="第一段<script>。\n\n关于氢能补贴的第二段。", url="https://a/1"):
    article = Article(
        source="s", key=f"{number:016x}", url=url, canonical_url=f"https://a/{number}", title=title, original_title=title,
        body=body, original_body=body, published=NOW - timedelta(days=number % 9), fetched_at=NOW, publisher="财务司",
        text_state=TextState.COMPLETE, signature=f"{number:016x}",
        attachments=(Attachment("附件1.pdf", "https://a/1.pdf", "pdf"), Attachment("坏", "javascript:alert(1)", "")),
    )  # fmt: skip
    (added,) = db.write_now(articles.add, [articles.NewArticle(article)])
    return added


def index(db):
    while entries := db.read_now(indexing.take, 50):
        db.write_now(indexing.put, entries)


@pytest.fixture
def story(db):
    one = add(db, 1)
    hit = Hit("氢能", 72.4, (Span("氢能", "body", 2, 4, "氫能"),), Excerpt("关于氢能补贴", ((2, 4),)))
    document = Document(
        kind="申报", numbers=("示函〔2026〕1号",), issuers=("示例部",), region="广东省", level="省",
        deadlines=(Deadline(date(2026, 12, 2), "申报", "12月2日前"),), written=date(2026, 11, 20),
    )  # fmt: skip
    db.write_now(hits.add, [(one.article_id, hit)], NOW)
    db.write_now(documents.put, [documents.Row(one.article_id, document)])
    db.write_now(runs.add_due, [runs.Due("m", one.story_id, 72.4)], NOW)
    db.write_now(articles.mark_text_changed, one.article_id, NOW, "截止日期 11月30日 → 12月2日")
    index(db)
    return one.story_id


def test_the_archive_finds_marks_and_escapes(client, story):
    html = client.get("/archive", params={"q": "補貼", "watchlist": "未来能源", "kind": "申报"}).text
    assert "<mark>补贴</mark>&lt;b&gt;通知" in html
    assert f'href="/story/{story}"' in html
    assert "<script" not in html
    told = client.get("/archive", params={"q": "补贴"}, headers=JSON).json()
    assert [row["id"] for row in told["rows"]] == [story]
    for other in ({"watchlist": "储能"}, {"kind": "通知"}, {"issuer": "外交"}, {"since": "2026-11-24"}):
        assert "没有找到" in client.get("/archive", params={"q": "补贴", **other}).text


def test_the_archive_teaches_what_can_be_asked(client):
    assert "存档还是空的" in client.get("/archive").text
    assert "补贴 OR 奖励" in client.get("/archive", params={"q": "没有的词"}).text
    for wrong in ({"q": "-补贴"}, {"q": "OR"}, {"since": "昨天"}, {"q": "“补"}, {"q": "补" * 300}):
        answer = client.get("/archive", params=wrong)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


def test_a_search_shows_the_yaml_that_saves_it_and_a_saved_one_its_feeds(site, story, tmp_path):
    """What the page shows is pasted as it is; the configuration takes it, and the page knows it again."""
    asked = {"q": 'title:補貼 "b" ${env:X} it\'s', "watchlist": "氢能", "kind": "申报", "since": "2026-11-01"}
    client = TestClient(build(site), base_url="http://127.0.0.1")
    shown = client.get("/archive", params={**asked, "order": "newest"}).text
    assert "保存这次查找" in shown
    told = client.get("/archive", params=asked, headers=JSON).json()
    assert markup.escape(told["yaml"], quote=False).replace("'", "&#39;").replace('"', "&#34;") in shown
    lists = "watchlists:\n  - {name: 氢能, any: [氢能]}\n"
    (tmp_path / "policywatch.yaml").write_text(lists + told["yaml"], encoding="utf-8")
    (spec,) = config.load(tmp_path / "policywatch.yaml", {}).searches
    assert spec.asked == asked
    again = TestClient(build(replace(site, plan=replace(site.plan, searches=(spec,)))), base_url="http://127.0.0.1")
    page = again.get("/archive", params=asked, headers=JSON).json()
    assert page["yaml"] == ""
    assert [(one["name"], one["is_shown"]) for one in page["saved"]] == [("saved-1", True)]
    shown = again.get("/archive", params=asked, headers={"accept": "text/html"}).text
    assert 'href="/feeds/search/saved-1.atom"' in shown
    assert 'rel="alternate"' in shown
    other = again.get("/archive", params={"q": "补贴"}, headers=JSON).json()
    assert (other["saved"][0]["is_shown"], other["yaml"].splitlines()[1]) == (False, "  - id: saved-2")


@pytest.mark.parametrize(
    ("language", "words"), [("zh-CN", "从每篇文章的标题和正文中读出"), ("en", "text of every article")]
)
def test_the_filters_by_document_say_where_it_is_read(client, language, words):
    page = client.get("/archive", params={"lang": language}).text
    assert words in page[page.index('id="documents"') :][:300]
    assert page.count('aria-describedby="documents"') == 4


@pytest.mark.parametrize(
    "asked", [{}, {"order": "newest"}, {"q": "-补贴"}, {"watchlist": "没有"}, {"source": "没有"}, {"kind": "没有"}]
)
def test_what_no_configuration_could_say_is_not_offered(client, story, asked):
    assert client.get("/archive", params=asked, headers=JSON).json()["yaml"] == ""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_name_of_a_saved_search_opens_the_archive_with_it(site, story, language):
    """Also from the page of the feeds, and in the list for feed readers; days ago are days in the form."""
    spec = SearchSpec(id="drafts", name="<b>氢能</b>", query="补贴", kind="申报", since="30d")
    client = TestClient(build(replace(site, plan=replace(site.plan, searches=(spec,)))), base_url="http://127.0.0.1")
    link = 'href="/archive?q=%E8%A1%A5%E8%B4%B4&amp;kind=%E7%94%B3%E6%8A%A5&amp;since=30d&amp;order=newest"'
    for path in ("/archive", "/feeds"):
        page = client.get(path, params={"lang": language}).text
        assert f"{link}>&lt;b&gt;氢能&lt;/b&gt;</a>" in page
    opened = client.get("/archive?q=补贴&kind=申报&since=30d&order=newest").text
    assert 'name="since" value="2026-10-24"' in opened
    assert f'href="/story/{story}"' in opened
    assert 'aria-current="page">&lt;b&gt;氢能' in opened
    words = {"zh-CN": "查找的结果", "en": "stories of the saved search"}[language]
    assert words in client.get("/feeds", params={"lang": language}).text
    outlines = client.get("/feeds.opml", params={"lang": language}).text
    assert "http://127.0.0.1/feeds/search/drafts.atom" in outlines
    assert words in outlines


def test_the_archive_says_what_cannot_be_found_yet(client, db):
    add(db, 1)
    page = client.get("/archive").text
    assert "另有 1 篇刚到" in page
    assert "存档还是空的" not in page


def test_page_after_page_shows_every_story_once(client, db):
    for number in range(30):
        add(db, number, title=f"补贴 {number}")
    index(db)
    path, seen = "/archive?q=补贴&order=newest", []
    while path:
        told = client.get(path, headers=JSON).json()
        seen += [row["id"] for row in told["rows"]]
        path = told["more"]
    assert len(seen) == len(set(seen)) == 30
    assert client.get("/archive?q=补贴&after=xyz", headers=JSON).json()["rows"]


def test_a_document_is_told_in_the_readers_language(client, story):
    archive = client.get("/archive", params={"q": "补贴", "lang": "en"}).text
    assert " · Call for applications · Guangdong" in archive
    assert '<option value="广东省">Guangdong</option>' in archive
    assert '<option value="其他">其他</option>' in archive
    page = client.get(f"/story/{story}", params={"lang": "en"}).text
    for words in ("</b> Applications <span", "<dd>Call for applications</dd>", "<dd>Guangdong · provincial</dd>"):
        assert words in page


def test_a_story_shows_all_that_is_known_of_it(client, story):
    html = client.get(f"/story/{story}").text
    for words in (
        "补贴&lt;b&gt;通知", "财务司", "12月2日", "12月2日前", "示函〔2026〕1号", "广东", "截止日期 11月30日 → 12月2日",
        "附件1.pdf", "晨报", "待寄", "正文 氢能", "得分 72", "原文写作 氫能", "<mark>氢能</mark>",
    ):  # fmt: skip
        assert words in html, words
    assert "secret@example.org" not in html
    assert "javascript:" not in html


def test_the_captured_text_is_for_readers_who_are_logged_in(site, client, story):
    assert "第二段" not in client.get(f"/story/{story}").text
    assert client.get(f"/story/{story}", headers=JSON).json()["text"] == []

    closed = build(replace(site, access=Access(users=(("", SecretStr("a long password")),))))
    reader = TestClient(closed, base_url="http://127.0.0.1", follow_redirects=False)
    assert reader.get(f"/story/{story}").status_code == 303
    csrf = re.search(r'name="csrf" value="([^"]+)"', reader.get("/login").text)[1]
    entered = reader.post(
        "/login", data={"csrf": csrf, "password": "a long password"}, headers={"origin": "http://127.0.0.1"}
    )
    assert entered.status_code == 303
    html = reader.get(f"/story/{story}").text
    assert "<p>关于氢能补贴的第二段。</p>" in html
    assert "<script" not in html


def test_a_story_that_is_not_there_is_not_found(client):
    for path in ("/story/7", f"/story/{1 << 70}", "/story/x"):
        assert client.get(path).status_code == 404
