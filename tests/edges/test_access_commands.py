"""The commands around access: tokens beside a running service, hashes of passwords."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from policywatch import bootstrap, config, passwords
from policywatch.store import tokens
from policywatch.store.db import Database
from policywatch.web import door

CONFIG = """
watchlists: [{name: 量子科技, any: [量子计算]}]
subscriptions: [{id: m, to: a@example.org, watchlists: all, digest: {at: "30 8 * * *"}}]
"""


@pytest.fixture
def here(tmp_path):
    (tmp_path / "policywatch.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def run(here, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "policywatch", *words], cwd=here, input=stdin, capture_output=True, text=True,
        env={**os.environ, "PYTHONUTF8": "1"}, timeout=60, check=False,
    )  # fmt: skip


def test_108_tokens_are_made_listed_and_revoked_beside_a_running_service(here):
    """SQLite's file is held by the service meanwhile, which sees the new token."""
    service = Database.open(bootstrap.database(config.load(here / "policywatch.yaml", {})))
    try:
        made = run(here, "token", "new", "阅读器", "--feeds", "watchlist/量子科技", "--feeds", "digest/m")
        assert made.returncode == 0, made.stderr
        token = made.stdout.strip()
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
        now = datetime.now(UTC)
        (row,) = service.read_now(tokens.valid, now)
        assert (row.id, row.scope, row.feeds) == (door.digest(token), "feeds", ("watchlist/量子科技", "digest/m"))
        assert row.expires_at is None

        again = run(here, "token", "new", "阅读器", "--json", "--overlap", "2h")
        assert "1 earlier tokens of that name end in 2h" in again.stderr
        listed = run(here, "token", "list").stdout.splitlines()
        assert len(listed) == 2
        assert listed[0].startswith("阅读器: watchlist/量子科技, digest/m; made 20")
        assert "; ends 20" in listed[0]
        assert listed[1].startswith("阅读器: json; made 20")
        assert token not in "".join(listed)

        assert run(here, "token", "revoke", "阅读器").stdout == "2 tokens revoked\n"
        assert service.read_now(tokens.valid, now) == []
    finally:
        service.close()
    assert run(here, "token", "list").stdout == "no tokens\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("new", "x", "--feeds", "watchlist/量子"),
            "there is no feed 'watchlist/量子'; there are: watchlist/量子科技,",
        ),
        (("new", "x", "--feeds", "digest/m", "--json"), "say one of --feeds, --json and --metrics"),
        (("new", "x", "--overlap", "soon"), "--overlap: "),
        (("new", "x\ty"), "a token's name has 1 to 64 characters"),
        (("revoke", "x"), "there is no token 'x'"),
    ],
)
def test_what_cannot_be_done_is_told(here, words, told):
    done = run(here, "token", *words)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hash_is_made_of_a_password_that_is_piped(here):
    done = run(here, "hash-password", stdin="correct horse battery\n")
    assert done.returncode == 0, done.stderr
    assert passwords.opens("correct horse battery", done.stdout.strip())
    for typed in ("short\n", "", f"{done.stdout}"):
        refused = run(here, "hash-password", stdin=typed)
        assert refused.returncode == 1
        assert refused.stderr.startswith("the password ")
