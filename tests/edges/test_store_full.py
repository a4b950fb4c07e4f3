"""A disk that is full: nothing is half written, nothing is sent that cannot be recorded, and it goes on by itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import jinja2
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from policywatch import errors
from policywatch.digests.render import Renderer
from policywatch.model import Article, Excerpt, Hit, Message, Outcome, Receipt, TextState
from policywatch.pipeline import deliver
from policywatch.pipeline.plan import Plan
from policywatch.store import articles, backup, hits, indexing, outbox, runs, sources
from policywatch.store.db import Database
from policywatch.web.app import build
from webs import TEMPLATES, site_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def volume(tmp_path):
    """3 MB of memory as a disk."""
    folder = tmp_path / "volume"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("a disk of 3 MB can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Channel:
    """Counts what leaves."""

    sent = 0

    async def deliver(self, message, stage):
        await stage("dot")
        self.sent += 1
        return Receipt(Outcome.SENT, "reply", 250)

    async def close(self):
        pass


def article(number: int, body: str = "正文" * 2000) -> Article:
    return Article(
        source="s", key=f"{number:016x}", url=f"https://a/{number}", canonical_url=f"https://a/{number}", title="题",
        original_title="题", body=body, original_body=body, published=NOW, fetched_at=NOW, publisher="",
        text_state=TextState.COMPLETE, signature=f"{number:016x}",
    )  # fmt: skip


def fill(folder) -> None:
    with (folder / "filler").open("wb") as file:
        for size in (65536, 4096, 512):
            try:
                while True:
                    os.write(file.fileno(), b"\0" * size)
            except OSError:
                continue


def test_097_a_full_disk_stops_writing_and_nothing_else(volume, monkeypatch):
    db = Database.open(volume / "policywatch.sqlite")
    db.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], NOW)
    (one,) = db.write_now(articles.add, [articles.NewArticle(article(1))])
    run = db.write_now(runs.open_run, "m", "slot", NOW, "digest", NOW)
    db.write_now(outbox.add, run, [Message("a@example.org", "<1@x>", "s", b"mail")], "smtp", NOW)
    plan = Plan((), (), (), ZoneInfo("Asia/Shanghai"), "zh-CN", "a@example.org", "smtp")
    app = build(site_of(plan, db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: NOW))
    client = TestClient(app, base_url="http://127.0.0.1")
    channel = Channel()
    assert client.get("/healthz").status_code == 200
    taken = db.read_now(indexing.take, 10)
    before = db.read_now(_state)
    fill(volume)
    # What little room the log has left is used up first.
    for number in range(2, 1000):
        try:
            db.write_now(articles.add, [articles.NewArticle(article(number))])
        except errors.StoreFullError:
            break
        before = db.read_now(_state)
    else:
        pytest.fail("the disk is never full")
    hit = Hit("量子", 70.0, (), Excerpt("长" * 20_000))
    for write in (
        lambda: db.write_now(articles.add, [articles.NewArticle(article(5000 + number)) for number in range(20)]),
        lambda: db.write_now(hits.add, [(one.article_id, hit)], NOW),
        lambda: db.write_now(indexing.put, taken),
        lambda: db.write_now(outbox.add, run, [Message("b@example.org", "<2@x>", "s", b"m" * 50_000)], "smtp", NOW),
        lambda: db.write_now(runs.subscribe, [f"{'x' * 100}{number}" for number in range(500)], NOW),
    ):
        with pytest.raises(errors.StoreError, match="no room left|cannot be written"):
            write()
        assert db.read_now(_state) == before
    with pytest.raises(errors.StoreError):
        backup.write(volume / "policywatch.sqlite", volume / "backup.sqlite")
    assert not list(volume.glob("*backup*"))
    with pytest.raises(errors.StoreError):
        asyncio.run(deliver.deliver_due(db, {"smtp": channel}, lambda: NOW))
    assert channel.sent == 0
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "there is no room left to write the database" in answer.json()["faults"]

    (volume / "filler").unlink()
    db.write_now(hits.add, [(one.article_id, hit)], NOW)
    db.write_now(indexing.put, db.read_now(indexing.take, 1))
    asyncio.run(deliver.deliver_due(db, {"smtp": channel}, lambda: NOW))
    assert channel.sent == 1
    monkeypatch.setattr("policywatch.store.db.FULL_SECONDS", 0.0)
    assert client.get("/healthz").status_code == 200
    assert db.read_now(lambda tx: tx.execute(text("PRAGMA integrity_check")).scalar()) == "ok"
    db.close()


def _state(tx):
    return [
        tx.execute(text(f"SELECT count(*) FROM {table}")).scalar()
        for table in (
            "article",
            "article_text",
            "story",
            "hit",
            "message",
            "subscription",
            "search_queue",
            "search_text",
        )
    ]


def test_102_a_folder_of_another_user_ends_the_command_with_78(tmp_path):
    """Without root's right to write everywhere: the text says what to do, and nothing is left behind."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root may give a folder to another user")
    state, config = tmp_path / "state", tmp_path / "policywatch.yaml"
    state.mkdir(mode=0o755)
    os.chown(state, 65534, 65534)
    config.write_text(f"state: {state}\n")
    rights = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-dac_override"]
    done = subprocess.run(
        [*rights, sys.executable, "-m", "policywatch", "poll", "--config", str(config)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 78, done.stderr
    assert "give policywatch a folder of its own" in done.stderr
    assert list(state.iterdir()) == []
