"""Pages: every template and word in both languages, HTML or JSON, the language that a reader chose."""

from __future__ import annotations

import html as html_lib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import jinja2
import pytest
from ruamel.yaml import YAML
from starlette.testclient import TestClient

from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.pipeline.plan import Plan
from policywatch.store.db import Database
from policywatch.web import drawing
from policywatch.web.app import build
from webs import TEMPLATES, site_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WORDS = sorted((TEMPLATES / "web" / "words").glob("*.yaml"))


@pytest.fixture
def site(tmp_path):
    db = Database.open(tmp_path / "policywatch.sqlite")
    plan = Plan(
        sources=(),
        watchlists=(WatchlistSpec(name="量子科技"),),
        subscriptions=(SubscriptionSpec(id="m", to=["a@example.org"], watchlists="all", digest={"at": "30 8 * * *"}),),
        zone=ZoneInfo("Asia/Shanghai"),
        language="zh-CN",
        sender="a@example.org",
        channel="maildir",
    )
    yield site_of(plan, db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: NOW)
    db.close()


@pytest.fixture
def client(site):
    return TestClient(build(site), base_url="http://127.0.0.1")


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_every_word_stands_in_both_languages_under_the_name_of_its_page(path: Path):
    told = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    assert set(told) == set(drawing.LANGUAGES)
    chinese, english = (set(told[code]) for code in drawing.LANGUAGES)
    assert chinese == english
    if path.stem != "base":
        assert {key.partition(".")[0] for key in chinese} == {path.stem}


@pytest.mark.parametrize("path", sorted((TEMPLATES / "web").glob("*.j2")), ids=lambda path: path.stem)
def test_every_template_compiles_and_uses_words_that_there_are(site, path: Path):
    known = site.drawing.words("en").keys() | site.renderer.catalogue("en").keys()
    used = set(re.findall(r"""\bt\("([a-z0-9_.-]+)"\s*[,)]""", path.read_text(encoding="utf-8")))
    assert used <= known
    site.drawing._environment.get_template(path.name)


def test_a_page_is_html_or_the_same_as_json(client):
    html = client.get("/feeds", headers={"accept": "text/html,*/*"})
    assert html.headers["content-type"].startswith("text/html")
    assert "量子科技" in html.text
    told = client.get("/feeds", headers={"accept": "application/json"}).json()
    assert told["feeds"][0]["name"] == "量子科技"
    assert told["feeds"][0]["links"][0]["path"].startswith("/feeds/watchlist/")


def test_a_reader_s_language_is_remembered(client):
    assert 'lang="zh-CN"' in client.get("/feeds").text
    assert 'lang="en"' in client.get("/feeds?lang=en").text
    assert 'lang="en"' in client.get("/feeds").text
    assert 'lang="en"' in client.get("/feeds?lang=xx").text


def test_what_was_asked_stays_asked_in_the_other_language(client):
    html = client.get("/archive", params={"q": '量子 & "x"', "lang": "zh-CN"}).text
    link = html_lib.unescape(re.search(r'href="([^"]*)" lang="en"', html)[1])
    asked = parse_qs(urlsplit(link).query)
    assert asked == {"q": ['量子 & "x"'], "lang": ["en"]}
    assert 'value="量子 &amp; &#34;x&#34;"' in client.get(link).text


def test_json_says_moments_as_iso_8601_and_values_of_any_kind():
    assert drawing.plain({"at": NOW, "span": timedelta(minutes=1), "set": frozenset({1}), "other": Path("x")}) == {
        "at": "2026-11-23T04:00:00+00:00",
        "span": 60.0,
        "set": [1],
        "other": "x",
    }
