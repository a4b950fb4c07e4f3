"""The reading process holds no sources: each call brings its own."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime

from policywatch import bootstrap, config
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Page, RawItem
from policywatch.pipeline.reading import Reader
from policywatch.sources.base import SourceSpec
from policywatch.store.db import Database

NOW = datetime(2026, 11, 25, tzinfo=UTC)
URL = "https://example.org/list/"
LISTS = (WatchlistSpec(name="部里的", any=[{"term": "示例部", "field": "source"}]),)


def spec(**more) -> SourceSpec:
    return SourceSpec(**{"id": "it", "kind": "listpage", "url": URL, **more})


def page(text: str) -> Page:
    return Page(URL, 200, {"content-type": "text/html; charset=utf-8"}, text.encode(), NOW)


def titles(outcome) -> list[str]:
    return [article.title for article, _ in outcome.articles]


def test_a_source_is_read_as_it_came_with_the_call():
    reader = Reader(LISTS)
    both = page(
        "<ul class=a><li><a href=1.html>关于甲的通知</a></ul><ul class=b><li><a href=2.html>关于乙的通知</a></ul>"
    )
    asked = [spec(options={"item": f"ul.{name} li"}) for name in "ab"]
    found = [titles(reader.read(one, both, frozenset(), None, NOW)) for one in asked]
    assert found == [["关于甲的通知"], ["关于乙的通知"]]


def test_rules_about_the_source_see_the_name_that_came_with_the_call():
    reader = Reader(LISTS)
    raw = RawItem("k", "https://example.org/1.html", "关于甲的通知")
    hits = [reader.give_up_text(spec(name=name), raw, NOW)[1] for name in ("示例部", "别的")]
    assert [len(one) for one in hits] == [1, 0]
    text = page(f"<h1>关于甲的通知</h1><div id=zoom><p>{'本通知自发布之日起施行。' * 30}</p></div>")
    article, hits = reader.read_text(spec(name="示例部"), raw, replace(text, url=raw.url), NOW)
    assert ("施行" in article.body, len(hits)) == (True, 1)


def test_what_a_reading_process_is_started_with_does_not_grow_with_the_sources(tmp_path):
    sizes = []
    for count in (1, 500):
        folder = tmp_path / str(count)
        folder.mkdir()
        sources = "".join(
            f"  - {{id: s{number}, kind: feed, url: 'https://s{number}.example.org/'}}\n" for number in range(count)
        )
        (folder / "policywatch.yaml").write_text(f"sources:\n{sources}", encoding="utf-8")
        db = Database.open(folder / "it.sqlite")
        try:
            parts = bootstrap.build(config.load(folder / "policywatch.yaml", {}), db, bootstrap.InFlight())
            sizes.append(len(pickle.dumps(parts.sandbox._arguments())))
        finally:
            db.close()
    assert sizes[0] == sizes[1]
