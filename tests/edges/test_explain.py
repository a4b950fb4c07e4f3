"""`policywatch explain`: an article of the store by number or address, a file, standard input, a term."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from policywatch import bootstrap, config, errors
from policywatch.cli import app
from policywatch.model import Article, TextState
from policywatch.store import articles, sources
from policywatch.store.db import Database

NOW = datetime(2026, 11, 23, tzinfo=UTC)
YAML = """\
language: en
sources: [{id: a, name: 示例部, kind: feed, url: "https://example.org/feed"}]
watchlists:
  - {name: 量子科技, any: [量子], except: [量子速读]}
  - {name: 部委, all: [量子, {term: 示例部, field: source}]}
  - {name: 6G}
"""


@pytest.fixture
def loaded(tmp_path):
    path = tmp_path / "policywatch.yaml"
    path.write_text(YAML, encoding="utf-8")
    return config.load(path, {})


@pytest.fixture
def stored(loaded):
    """Two articles: one with a repaired text, one whose text was never read."""
    db = Database.open(bootstrap.database_path(loaded))
    try:
        db.write_now(sources.sync, [bootstrap.source_row(spec) for spec in loaded.sources], NOW)
        for number, body in enumerate(("研究量子與16GB", ""), 1):
            article = Article(
                source="a",
                key=f"{number:016x}",
                url=f"https://example.org/{number}.html?utm_source=x",
                canonical_url=f"https://example.org/{number}.html",
                title="量子專項",
                original_title="量子專(zhuān)項",
                body=body,
                original_body=body,
                published=NOW,
                fetched_at=NOW,
                publisher="",
                text_state=TextState.COMPLETE,
                signature=f"{number:016x}",
            )
            options = {"story_id": None, "baseline": False, "detail": None, "next_text_at": None}
            db.write_now(articles.add, article, **options)
    finally:
        db.close()
    return loaded


@pytest.mark.parametrize("wanted", ["1", "https://example.org/1.html?utm_source=x", "http://example.org/1.html#top"])
def test_an_article_is_found_by_number_and_by_address(stored, wanted):
    title, *said = bootstrap.explain(stored, wanted, None)
    assert title == "量子專(zhuān)項"
    assert any(line.startswith("量子科技: matched") for line in said)
    assert any(line.startswith("部委: matched") for line in said)
    assert any(line.startswith("6G: not matched, but nearly") for line in said)


def test_an_article_without_text_is_said_to_have_only_a_title(stored):
    assert bootstrap.explain(stored, "2", "zh-CN")[-1].startswith("只有标题")


def test_an_article_that_is_not_there_is_said_to_be_missing(stored):
    for wanted in ("99", "https://example.org/none", "9" * 30):
        with pytest.raises(errors.PolicywatchError, match="no article in the store"):
            bootstrap.explain(stored, wanted, None)
    with pytest.raises(errors.PolicywatchError, match="no file"):
        bootstrap.explain(stored, "none.txt", None)


def test_a_file_s_first_line_is_the_title_in_whatever_encoding(loaded, tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("研究量子\r\n正文谈6G研发，也谈量子速读。\n".encode("gb18030"))
    title, *said = bootstrap.explain(loaded, str(path), "zh-CN")
    assert title == "研究量子"
    assert said[0].startswith("“量子科技”：收录")
    assert "量子速读" in said[0]
    assert said[1].startswith("“6G”：收录")


def test_the_command_reads_standard_input_and_tells_of_a_term(loaded):
    runner = CliRunner()
    arguments = ["--config", str(loaded.path)]
    told = runner.invoke(app, ["explain", "-", *arguments], input=io.BytesIO("6G\n量子".encode()).read())
    assert told.exit_code == 0
    assert "6G: matched" in told.output
    told = runner.invoke(app, ["explain", "--term", "软件", *arguments])
    assert "软体" in told.output
    assert runner.invoke(app, ["explain", *arguments]).exit_code == 2
    with pytest.raises(errors.PolicywatchError, match="can be no term"):
        bootstrap.explain_term(loaded, "x", None)
