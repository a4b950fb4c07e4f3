"""Published feeds over the real application: every address, validators, tokens."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import feedparser
import jinja2
import pytest
import structlog
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

import feed_rules
from policywatch import logs
from policywatch.digests.feeds.formats import FORMATS
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Article, Excerpt, Hit, Span, TextState
from policywatch.pipeline.digest import Digester
from policywatch.pipeline.plan import Plan
from policywatch.pipeline.saved import SearchSpec
from policywatch.service import Service
from policywatch.store import articles, hits, indexing, runs, sources
from policywatch.store.db import Database
from policywatch.web.app import build
from policywatch.web.shelf import Document, Shelf
from webs import site_of

TOP = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LIST = "量子科技"
ODD = "AI/机器人 v2.0?&#%"
HOSTILE = '<script>alert(1)</script>"onload=x'
WEB_TOKEN = "canary-token-of-the-web-0123456789"
OWN_TOKEN = "canary-token-of-one-subscription-0"
BODY = "全文绝不外露" * 100
PATHS = {
    "watchlist": f"/feeds/watchlist/{quote(LIST)}",
    "subscription": "/feeds/subscription/m.x",
    "digest": "/feeds/digest/m.x",
    "search": "/feeds/search/titles",
}
every_feed = pytest.mark.parametrize("path", [f"{path}.{ending}" for path in PATHS.values() for ending in FORMATS])


def spec(name: str, **changes) -> SubscriptionSpec:
    to = [
        {"address": "canary-zh@example.org", "language": "zh-CN", "name": "canary-李"},
        {"address": "canary-en@example.org", "language": "en"},
    ]
    return SubscriptionSpec(
        id=name, name=f"早报{HOSTILE}", to=to, watchlists="all", digest={"at": "30 8 * * mon-fri"}, **changes
    )


class World:
    """A policywatch with stories and mailed digests, and its pages."""

    def __init__(self, folder: Path, **changes) -> None:
        self.now = NOW
        self.db = Database.open(folder / "policywatch.sqlite")
        self.renderer = Renderer(jinja2.FileSystemLoader(TOP / "templates"))
        self.db.write_now(sources.sync, [sources.SourceRow("s", f"示例部{HOSTILE}", "feed", "https://a/", "f")], NOW)
        self.plan = Plan(
            sources=(),
            watchlists=(WatchlistSpec(name=LIST), WatchlistSpec(name=ODD), WatchlistSpec(name="空清单")),
            subscriptions=(spec("m.x"), spec("own", feed={"token": OWN_TOKEN})),
            zone=ZoneInfo("Asia/Shanghai"),
            language="zh-CN",
            sender="policywatch <news@example.org>",
            channel="maildir",
            searches=(
                SearchSpec(id="titles", name=f"标题{HOSTILE}", query="title:标题 -没有的词"),
                SearchSpec(id="own", query="标题", feed={"token": OWN_TOKEN}),
                SearchSpec(id="body", query="绝不外露"),
                SearchSpec(id="recent", source="s", since="2d"),
            ),
            **changes,
        )
        self.number = 0
        self.db.write_now(runs.subscribe, ["m.x", "own"], NOW - timedelta(days=1))

    def site(self):
        return site_of(self.plan, self.db, self.renderer, lambda: self.now)

    def client(self, **options) -> TestClient:
        return TestClient(build(self.site()), base_url="http://127.0.0.1:8090", **options)

    def publish(self, title: str = "标题") -> None:
        self.number += 1
        self.now += timedelta(minutes=1)
        key, url = f"{self.number:016x}", f"https://a.example/{self.number}?a=1&section=2"
        title = f"{title}{self.number}{HOSTILE}"
        article = Article(
            "s", key, url, url, title, title, BODY, BODY, NOW, self.now, "示例部", TextState.COMPLETE, key
        )  # fmt: skip
        (added,) = self.db.write_now(articles.add, [articles.NewArticle(article)])
        found = [
            Hit(name, 70.0, (Span(name, "title", 0, 2, "标题"),), Excerpt(f"关于量子{HOSTILE}", ((2, 4),)))
            for name in (LIST, ODD)
        ]
        self.db.write_now(hits.add, [(added.article_id, hit) for hit in found], self.now)
        due = [runs.Due(subscription.id, added.story_id, 70.0) for subscription in self.plan.subscriptions]
        self.db.write_now(runs.add_due, due, self.now)
        while entries := self.db.read_now(indexing.take, 50):
            self.db.write_now(indexing.put, entries)

    def mail(self) -> None:
        self.now += timedelta(minutes=1)
        digester = Digester(self.plan, self.db, self.renderer, lambda: self.now)
        for subscription in self.plan.subscriptions:
            asyncio.run(digester.close_now(subscription))


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def guarded(tmp_path):
    made = World(tmp_path, feed_token=spec("x", feed={"token": WEB_TOKEN}).feed.token)
    yield made
    made.db.close()


@every_feed
def test_114_a_feed_is_valid_and_of_its_type(world, path):
    world.publish()
    world.publish()
    world.mail()
    world.publish()
    answer = world.client().get(path)
    ending = path.rpartition(".")[2]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{FORMATS[ending].media_type}; charset=utf-8"
    assert answer.headers["cache-control"] == "max-age=60"
    assert feed_rules.faults(answer.content, ending) == []
    count = (
        len(json.loads(answer.content)["items"]) if ending == "json" else len(feedparser.parse(answer.content).entries)
    )
    assert count == (1 if "/digest/" in path else 3)
    assert "全文" not in answer.text
    assert "canary" not in answer.text


@every_feed
def test_a_reader_who_has_it_hears_304_until_there_is_news(world, path):
    world.publish()
    world.mail()
    client = world.client()
    first = client.get(path)
    for header, value in (
        ("If-None-Match", first.headers["etag"]),
        ("If-None-Match", f'"x", W/{first.headers["etag"]}'),
        ("If-None-Match", "*"),
        ("If-Modified-Since", first.headers["last-modified"]),
    ):
        same = client.get(path, headers={header: value})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == first.headers["etag"]
    for headers in (
        {"If-None-Match": '"other"', "If-Modified-Since": first.headers["last-modified"]},
        {"If-Modified-Since": "Mon, 23 Nov 2020 04:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": "Mon, 23 Nov 2099 04:00:00 -0000"},
    ):
        assert client.get(path, headers=headers).status_code == 200
    world.publish()
    world.mail()
    for headers in (
        {"If-None-Match": first.headers["etag"]},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        again = client.get(path, headers=headers)
        assert again.status_code == 200
        assert again.headers["etag"] != first.headers["etag"]


def test_a_start_with_another_configuration_is_news(world):
    """What a configuration says of a feed has no date of its own."""
    world.publish()
    path = f"{PATHS['watchlist']}.atom"
    before = world.client().get(path).headers["last-modified"]
    world.now += timedelta(hours=1)
    assert world.client().get(path, headers={"If-Modified-Since": before}).status_code == 200


@every_feed
def test_head_answers_as_get_without_a_body(world, path):
    world.publish()
    client = world.client()
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag", "last-modified", "content-length"):
        assert head.headers[name] == get.headers[name]
    assert client.head(path, headers={"If-None-Match": get.headers["etag"]}).status_code == 304
    assert client.post(path).status_code == 405


def test_names_are_percent_encoded_and_any_name_has_a_feed(world):
    world.publish()
    client = world.client()
    encoded = f"/feeds/watchlist/{quote(ODD, safe='')}.atom"
    feed = feedparser.parse(client.get(encoded).content)
    assert feed.feed.title == ODD
    (self_link,) = [link.href for link in feed.feed.links if link.rel == "self"]
    assert self_link == f"http://127.0.0.1:8090{encoded}"
    assert len(feedparser.parse(client.get(self_link).content).entries) == 1
    assert client.get(f"/feeds/watchlist/{LIST}.atom").status_code == 200
    assert feedparser.parse(client.get("/feeds/watchlist/空清单.atom").content).entries == []


def test_links_begin_with_the_public_address(tmp_path):
    world = World(tmp_path, public_url="https://watch.example.org/p")
    feed = json.loads(world.client().get(f"{PATHS['digest']}.json").content)
    assert feed["feed_url"] == "https://watch.example.org/p/feeds/digest/m.x.json"
    assert feed["home_page_url"] == "https://watch.example.org/p/"
    world.db.close()


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/watchlist/none.atom",
        f"/feeds/watchlist/{LIST}.xml",
        f"/feeds/watchlist/{LIST}",
        f"/feeds/watchlist/{LIST}.atom/",
        "/feeds/watchlist/m.x.atom",
        "/feeds/subscription/none.rss",
        f"/feeds/subscription/{LIST}.rss",
        "/feeds/digest/none.json",
        "/feeds/digest/.json",
        "/feeds/none/m.x.json",
        "/feeds/search/m.x.json",
        "/feeds/search/none.json",
        "/feeds/",
        "/feeds/watchlist/..%2f..%2fetc%2fpasswd.atom",
    ],
)
def test_what_is_not_published_is_not_found(world, path):
    answer = world.client().get(path, follow_redirects=False)
    assert answer.status_code == 404
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_same_story_has_one_id_in_every_feed(world):
    world.publish()
    client = world.client()
    found = {
        feedparser.parse(client.get(f"{PATHS[kind]}.{ending}").content).entries[0].id
        for kind in ("watchlist", "subscription")
        for ending in ("atom", "rss")
    }
    found |= {
        json.loads(client.get(f"{PATHS[kind]}.json").content)["items"][0]["id"]
        for kind in ("watchlist", "subscription")
    }
    assert len(found) == 1


def test_a_digest_feed_has_what_was_mailed_and_nobody_it_was_mailed_to(world):
    world.publish("甲")
    world.mail()
    world.publish("乙")
    world.mail()
    client = world.client()
    feed = json.loads(client.get(f"{PATHS['digest']}.json").content)
    assert feed["language"] == "zh-CN"
    second, first = feed["items"]
    assert "甲1" in first["content_html"]
    assert "甲1" in first["content_text"]
    assert "甲1" not in second["content_text"]
    assert first["title"].startswith("早报")
    tree = LexborHTMLParser(first["content_html"])
    assert "https://a.example/1?a=1&section=2" in [link.attributes["href"] for link in tree.css("a")]
    # The mails do name their recipients: the test would see it if they were taken from there.
    kept = world.db.read_now(lambda tx: tx.exec_driver_sql("SELECT content FROM message_content").scalars().all())
    assert all(b"canary-" in content for content in kept)
    for ending in FORMATS:
        assert "canary" not in client.get(f"{PATHS['digest']}.{ending}").text
    # What templates or sources say later does not change what was sent.
    before = client.get(f"{PATHS['digest']}.atom").content
    world.db.write_now(lambda tx: tx.exec_driver_sql("UPDATE article SET title = 'neu'"))
    assert client.get(f"{PATHS['digest']}.atom").content == before


def test_the_feed_of_a_search_has_what_the_archive_finds_and_the_text_around_it(world):
    for _ in range(3):
        world.publish()
    world.publish("另一个题目")
    feed = json.loads(world.client().get(f"{PATHS['search']}.json").content)
    assert feed["title"].startswith("标题<script>")
    assert [item["title"][:3] for item in feed["items"]] == ["标题3", "标题2", "标题1"]
    both = json.loads(world.client().get(f"{PATHS['watchlist']}.json").content)
    assert feed["items"][0]["id"] == both["items"][1]["id"], "a story is one in every feed"
    every = json.loads(world.client().get("/feeds/search/recent.json").content)
    assert [item["title"][:2] for item in every["items"]] == ["另一", "标题", "标题", "标题"]
    assert "关于量子" in feed["items"][0]["content_text"], "what is only in titles shows the words of a list"
    found = json.loads(world.client().get("/feeds/search/body.json").content)["items"][0]["content_text"]
    assert "绝不外露" in found
    assert len(found) < 400, "an excerpt, never the text"


def test_a_search_of_the_last_days_goes_on_with_the_day(world):
    """The store is the same; the day is another."""
    world.publish()
    client = world.client()
    first = client.get("/feeds/search/recent.json")
    assert len(first.json()["items"]) == 1
    world.now += timedelta(days=4)
    later = client.get("/feeds/search/recent.json", headers={"If-None-Match": first.headers["etag"]})
    assert (later.status_code, later.json()["items"]) == (200, [])


def test_an_alert_is_an_entry_of_the_digest_feed(tmp_path):
    world = World(tmp_path)
    world.plan = Plan(
        **{
            **{name: getattr(world.plan, name) for name in Plan.__slots__},
            "subscriptions": (spec("m.x", alert={"min_score": 60}),),
        }
    )
    world.publish()
    asyncio.run(Digester(world.plan, world.db, world.renderer, lambda: world.now).close_due())
    (item,) = json.loads(world.client().get(f"{PATHS['digest']}.json").content)["items"]
    assert item["title"].startswith("【快讯】")
    world.db.close()


# --- tokens ----------------------------------------------------------------------------------------------------------


def tokens():
    """Every feed of a guarded site, with what opens it."""
    for ending in FORMATS:
        yield f"/feeds/watchlist/{quote(LIST)}.{ending}", WEB_TOKEN, OWN_TOKEN
        yield f"/feeds/search/titles.{ending}", WEB_TOKEN, OWN_TOKEN
        yield f"/feeds/search/own.{ending}", OWN_TOKEN, WEB_TOKEN
        for kind in ("subscription", "digest"):
            yield f"/feeds/{kind}/m.x.{ending}", WEB_TOKEN, OWN_TOKEN
            yield f"/feeds/{kind}/own.{ending}", OWN_TOKEN, WEB_TOKEN


@pytest.mark.parametrize(("path", "right", "wrong"), list(tokens()))
def test_108_a_private_feed_opens_to_its_own_token_only(guarded, path, right, wrong):
    guarded.publish()
    guarded.mail()
    client = guarded.client()
    unknown = client.get("/feeds/watchlist/none.atom")
    for query in (
        "",
        "?token=",
        f"?token={wrong}",
        f"?token={right[:-1]}",
        f"?token={right}x",
        f"?token=%ff&Token={right}",
    ):
        answer = client.get(path + query, follow_redirects=False)
        assert answer.status_code == 404
        # Not even that there is such a feed is told.
        assert answer.content == unknown.content
        assert answer.headers == unknown.headers
    answer = client.get(f"{path}?token={right}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, max-age=60"
    assert "canary" not in answer.text + str(answer.headers)
    assert client.head(f"{path}?token={right}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 404


def test_without_a_token_of_all_feeds_only_a_subscription_s_own_are_private(world):
    client = world.client()
    assert client.get(f"{PATHS['watchlist']}.atom").status_code == 200
    assert client.get(f"{PATHS['subscription']}.atom").status_code == 200
    assert client.get("/feeds/subscription/own.atom").status_code == 404
    assert client.get(f"/feeds/subscription/own.atom?token={OWN_TOKEN}").status_code == 200


@pytest.fixture
def logged(monkeypatch):
    """Everything that is logged, as the service logs it."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(style="json", level="debug")
    yield stream
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_106_a_token_stands_in_no_log_error_or_page(guarded, logged):
    """Over a real socket, with the service's own server; also when the store fails under a request."""
    site = guarded.site()
    service = Service([], build(site), host="127.0.0.1", port=0, on_tick=lambda: None)
    answers = []

    def ask(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{service._port}{path}", timeout=10) as answer:
                answers.append((answer.status, str(answer.headers), answer.read().decode()))
        except urllib.error.HTTPError as error:
            with error:
                answers.append((error.code, str(error.headers), error.read().decode()))

    async def talk():
        running = asyncio.create_task(service.run())
        while service._port == 0 and not running.done():
            await asyncio.sleep(0)
        for path, token, wrong in tokens():
            await asyncio.to_thread(ask, f"{path}?token={token}")
            await asyncio.to_thread(ask, f"{path}?token={wrong}")
            await asyncio.to_thread(ask, f"{path}/?token={token}")
        await asyncio.to_thread(ask, f"/?token={WEB_TOKEN}")
        guarded.db.write_now(lambda tx: tx.exec_driver_sql("ALTER TABLE hit RENAME TO broken"))
        await asyncio.to_thread(ask, f"/feeds/watchlist/{quote(LIST)}.atom?token={WEB_TOKEN}")
        service.stop()
        await running

    asyncio.run(talk())
    statuses = [status for status, _, _ in answers]
    assert statuses == [200, 404, 404] * (len(statuses) // 3) + [200, 500]
    assert not any("canary" in headers + body for _, headers, body in answers)
    assert "no such table: hit" in logged.getvalue()
    assert "canary" not in logged.getvalue()


def test_the_page_of_feeds_links_every_format_and_says_which_feeds_are_private(world):
    tree = LexborHTMLParser(world.client().get("/feeds?lang=en").text)
    rows = {
        row.css_first("td").text(): [link.attributes["href"] for link in row.css("a")]
        for row in tree.css(".feeds tbody tr")
    }
    assert rows["stories of the subscription needs a token"] == [
        f"/feeds/subscription/own.{ending}" for ending in FORMATS
    ]
    client = world.client()
    offered = [link.attributes["href"] for link in tree.css("head link[rel=alternate]")]
    assert len(offered) == 24
    for href in offered:
        assert client.get(href).status_code == 200
    links = [link.attributes["href"] for link in tree.css("table.feeds td a")]
    assert len(links) == 33
    assert len(tree.css("table.feeds th a[href^='/archive?']")) == 4, "a search opens the archive by its name"
    assert set(offered) < set(links)


# --- what is kept between two requests ---------------------------------------------------------------------------------


def test_a_document_is_built_once_for_a_state_of_the_store(world, monkeypatch):
    built = []
    load = runs.load
    monkeypatch.setattr(runs, "load", lambda *arguments: built.append(1) or load(*arguments))
    world.publish()
    client = world.client()
    path = f"{PATHS['watchlist']}.atom"
    first = client.get(path)
    assert client.get(path).content == first.content
    assert client.head(path).status_code == 200
    assert len(built) == 1
    world.publish()
    assert client.get(path).content != first.content
    assert len(built) == 2


def test_a_shelf_gives_back_what_was_built_from_the_same_state_and_forgets_the_oldest():
    shelf = Shelf(max_bytes=10)
    one, two = Document.of(b"12345", NOW), Document.of(b"6789", NOW)
    shelf.put("a", 1, one)
    assert shelf.get("a", 1) is one
    assert shelf.get("a", 2) is None
    shelf.put("a", 2, two)
    shelf.put("b", 2, one)
    assert shelf.get("a", 2) is two
    shelf.put("c", 2, one)
    assert [shelf.get(name, 2) for name in "abc"] == [two, None, one]
    shelf.put("d", 2, Document.of(b"x" * 11, NOW))
    assert [shelf.get(name, 2) for name in "abcd"] == [None] * 4
    assert one.etag != two.etag
