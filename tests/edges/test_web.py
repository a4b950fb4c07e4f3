"""Pages, feeds and health over the real application."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
from starlette.testclient import TestClient

from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Article, Excerpt, Hit, Span, TextState
from policywatch.pipeline.plan import Plan
from policywatch.store import articles, hits, runs, sources
from policywatch.store.db import Database
from policywatch.web.app import build
from webs import site_of

TOP = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NAME = "量子科技"
HOSTILE = '<script>alert(1)</script>"onload=x'


@pytest.fixture
def site(tmp_path):
    db = Database.open(tmp_path / "policywatch.sqlite")
    plan = Plan(
        sources=(),
        watchlists=(WatchlistSpec(name=NAME), WatchlistSpec(name="空清单")),
        subscriptions=(
            SubscriptionSpec(
                id="m", name="早报", to=["a@example.org"], watchlists="all", digest={"at": "30 8 * * mon-fri"}
            ),
        ),
        zone=ZoneInfo("Asia/Shanghai"),
        language="zh-CN",
        sender="a@example.org",
        channel="maildir",
    )
    now = [NOW]
    ticks = [NOW]
    renderer = Renderer(jinja2.FileSystemLoader(TOP / "templates"))
    made = site_of(plan, db, renderer, lambda: now[0], lambda: ticks[0])
    db.write_now(sources.sync, [sources.SourceRow("s", f"示例部{HOSTILE}", "feed", "https://a/", "f")], NOW)
    yield made, now
    db.close()


@pytest.fixture
def client(site):
    return TestClient(build(site[0]), base_url="http://127.0.0.1")


def publish(site, number: int) -> None:
    db = site[0].db
    article = Article(
        "s", f"{number:016x}", f"https://a/{number}", f"https://a/{number}", f"标题{number}{HOSTILE}", f"标题{number}{HOSTILE}",
        "正文", "正文", NOW, NOW + timedelta(minutes=number), "示例部", TextState.COMPLETE, f"{number:016x}",
    )  # fmt: skip
    (added,) = db.write_now(articles.add, [articles.NewArticle(article)])
    hit = Hit(NAME, 70.0, (Span(NAME, "title", 0, 2, "标题"),), Excerpt(f"关于量子{HOSTILE}", ((2, 4),)))
    db.write_now(hits.add, [(added.article_id, hit)], NOW + timedelta(minutes=number))
    db.write_now(runs.add_due, [runs.Due("m", added.story_id, 70.0)], NOW)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_today_shows_trouble_digests_and_news(site, client, language):
    publish(site, 1)
    site[0].db.write_now(sources.record_failure, sources.Failure("s", NOW, NOW, "the server did not answer"))
    page = client.get(f"/?lang={language}")
    assert page.status_code == 200
    assert f'lang="{language}"' in page.text
    for word in ("示例部", "早报", NAME, "标题1", "the server did not answer", "08:30"):
        assert word in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize(
    "path", ["/", "/style.css", "/healthz", "/none", f"/feeds/watchlist/{NAME}.atom", "/feeds/watchlist/none.atom"]
)
def test_109_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_foreign_host_name_is_not_answered(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_health_follows_ticks_and_mail(site, client):
    assert client.get("/healthz").json()["status"] == "ok"
    site[1][0] = NOW + timedelta(minutes=3)
    late = client.get("/healthz")
    assert late.status_code == 503
    assert late.json()["faults"] == ["the clock of the service stands still"]
