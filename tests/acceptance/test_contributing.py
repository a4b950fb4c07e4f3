"""The recipes of CONTRIBUTING.md, as they stand there: a file is dropped in, and the word works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPES = dict(
    re.findall(
        r"^```python\n# (src/\S+)\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
)
CONFIG = """\
mail: {kind: mbox}
sources:
  - {id: table, kind: tsv, url: "https://example.org/list.tsv", options: {skip: 1}}
watchlists:
  - {name: 专项, any: [{least: {rules: [规划, 专项, 资金], number: 2}}]}
subscriptions:
  - {id: morning, to: reader@example.org, watchlists: all, digest: {at: "0 8 * * *", empty: send}}
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The project with the recipes' files in it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("src", "templates", "config"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for place, code in RECIPES.items():
        (folder / place).write_text(code, encoding="utf-8")
    (folder / "policywatch.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


def policywatch(checkout, *arguments, stdin=""):
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "policywatch", *arguments],
        cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout / "src")},
        input=stdin, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_three_recipes():
    assert [Path(place).parent.as_posix() for place in RECIPES] == [
        "src/policywatch/sources/kinds",
        "src/policywatch/matching/rules",
        "src/policywatch/channels/kinds",
    ]


def test_the_configuration_knows_the_words(checkout):
    assert "1 sources, 1 watch-lists" in policywatch(checkout, "check")
    assert '"least"' in policywatch(checkout, "schema")


def test_the_source_kind_reads(checkout):
    (checkout / "list.tsv").write_text("题\t址\t日\n专项规划\ta/1.html\t2026-11-20\n", encoding="utf-8")
    line = {"file": "list.tsv", "kind": "tsv", "url": "https://example.org/x/", "options": {"skip": 1}}
    (checkout / "manifest").write_text(json.dumps(line), encoding="utf-8")
    answer = json.loads(policywatch(checkout, "try", "read", "--manifest", "manifest"))
    assert answer["items"] == [
        {
            "title": "专项规划",
            "url": "https://example.org/x/a/1.html",
            "id": "https://example.org/x/a/1.html",
            "published": "2026-11-20T00:00:00+08:00",
        }
    ]


def test_the_rule_matches(checkout):
    texts = ["专项规划发布", "专项发布"]
    lines = "\n".join(json.dumps({"id": number, "title": text, "body": ""}) for number, text in enumerate(texts))
    answers = policywatch(checkout, "try", "match", stdin=lines).splitlines()
    assert [json.loads(answer)["watchlists"] for answer in answers] == [["专项"], []]


def test_the_channel_delivers(checkout):
    policywatch(checkout, "digest", "--now")
    assert "1 sent" in policywatch(checkout, "deliver")
    assert b"To: reader@example.org" in (checkout / "var" / "mails.mbox").read_bytes()
