"""`policywatch explain`: an article of the store by number or address, a file, standard input, a term."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policywatch import bootstrap, config, errors
from policywatch.commands import look
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Article, Document, TextState
from policywatch.store import articles, documents, sources
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
    db = Database.open(bootstrap.database(loaded))
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
            db.write_now(articles.add, [articles.NewArticle(article)])
    finally:
        db.close()
    return loaded


@pytest.mark.parametrize("wanted", ["1", "https://example.org/1.html?utm_source=x", "http://example.org/1.html#top"])
def test_an_article_is_found_by_number_and_by_address(stored, wanted):
    title, *said = look.explain(stored, wanted, None)
    assert title == "量子專(zhuān)項"
    assert any(line.startswith("量子科技: matched") for line in said)
    assert any(line.startswith("部委: matched") for line in said)
    assert any(line.startswith("6G: not matched, but nearly") for line in said)


def test_kind_and_region_hold_for_an_article_as_when_it_came(stored):
    db = Database.open(bootstrap.database(stored))
    db.write_now(documents.put, [documents.Row(1, Document(kind="申报", region="广东省"))])
    db.close()
    rule = WatchlistSpec.model_validate({"name": "申报", "all": ["量子", {"kind": "申报"}, {"region": "广东"}]})
    _, *said = look.explain(replace(stored, watchlists=(rule,)), "1", None)
    assert said[0].startswith("申报: matched")


def test_an_article_without_text_is_said_to_have_only_a_title(stored):
    assert look.explain(stored, "2", "zh-CN")[-1].startswith("只有标题")


def test_an_article_that_is_not_there_is_said_to_be_missing(stored):
    for wanted in ("99", "https://example.org/none", "9" * 30):
        with pytest.raises(errors.PolicywatchError, match="no article in the store"):
            look.explain(stored, wanted, None)
    with pytest.raises(errors.PolicywatchError, match="no file"):
        look.explain(stored, "none.txt", None)


def test_a_file_s_first_line_is_the_title_in_whatever_encoding(loaded, tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("研究量子\r\n正文谈6G研发，也谈量子速读。\n".encode("gb18030"))
    title, *said = look.explain(loaded, str(path), "zh-CN")
    assert title == "研究量子"
    assert said[0].startswith("“量子科技”：收录")
    assert "量子速读" in said[0]
    assert said[1].startswith("“6G”：收录")


def command(loaded, *arguments: str, given: str = "") -> subprocess.CompletedProcess:
    environ = {**os.environ, "PYTHONPATH": str(Path(bootstrap.__file__).parents[1]), "PYTHONIOENCODING": "utf-8"}
    words = [sys.executable, "-m", "policywatch", "explain", *arguments, "--config", str(loaded.path)]
    return subprocess.run(words, input=given.encode(), capture_output=True, env=environ, check=False)


def test_the_command_reads_standard_input_and_tells_of_a_term(loaded):
    told = command(loaded, "-", given="6G\n量子")
    assert (told.returncode, told.stderr) == (0, b"")
    assert "6G: matched" in told.stdout.decode()
    assert "软体" in command(loaded, "--term", "软件").stdout.decode()
    assert command(loaded).returncode == 2
    assert command(loaded, "none.txt").returncode == 1


def test_what_can_be_no_term_is_refused_with_the_reason(loaded):
    with pytest.raises(errors.PolicywatchError, match="can be no term of a watch-list: 'x' is one letter"):
        look.explain_term(loaded, "x", None)
