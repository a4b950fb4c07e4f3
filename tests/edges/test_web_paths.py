"""Addresses that mean to leave the place where files lie, over a real socket, since clients tidy them up."""

from __future__ import annotations

import itertools
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
import uvicorn

from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.pipeline.plan import Plan
from policywatch.store.db import Database
from policywatch.web.app import build
from webs import TEMPLATES, site_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CANARY = "canary-in-a-file-beside-the-database"

DOTS = ("..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..%00", "%c0%ae%c0%ae", "%uff0e%uff0e", "．．", "....//..")
SLASHES = ("/", "%2f", "%5c", "\\", "%252f", "%c0%af", "//", "/./", ";/", "%2f%2f")
PLACES = (
    "/{0}secret.txt", "/style.css/{0}secret.txt", "/feeds/watchlist/{0}secret.txt", "/feeds/{0}{0}secret.atom",
    "/feeds/digest/{0}{0}secret.txt%00.atom", "/feeds/subscription/{0}etc/passwd.json", "/login/{0}secret.txt",
    "/static/{0}{0}{0}secret.txt", "/issue/{0}secret.txt", "/preview/{0}secret.txt", "/u/{0}secret.txt",
)  # fmt: skip


def attacks() -> list[str]:
    """A thousand and more, of which the first hundreds are of each kind at least once."""
    made = []
    for depth, place, dots, slash in itertools.product((1, 6), PLACES, DOTS, SLASHES):
        made.append(place.format((dots + slash) * depth))
    return [*dict.fromkeys(made), "//etc/passwd", "/file:///etc/passwd", "http://127.0.0.1/../secret.txt"]


@pytest.fixture
def port(tmp_path):
    (tmp_path / "secret.txt").write_text(CANARY, encoding="utf-8")
    db = Database.open(tmp_path / "policywatch.sqlite")
    plan = Plan(
        sources=(),
        watchlists=(WatchlistSpec(name="../secret"), WatchlistSpec(name="量子科技")),
        subscriptions=(SubscriptionSpec(id="m", to=["a@example.org"], watchlists="all", digest={"at": "0 8 * * *"}),),
        zone=ZoneInfo("Asia/Shanghai"),
        language="en",
        sender="a@example.org",
        channel="maildir",
    )
    site = site_of(plan, db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(build(site), log_config=None, lifespan="off"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    db.close()


def answers(port: int, targets: list[str]) -> list[bytes]:
    """Each target as it is written, in one connection each."""
    found = []
    for target in targets:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode())
            found.append(b"".join(iter(lambda: connection.recv(1 << 16), b"")))
    return found


def test_110_no_address_leads_to_a_file(port, monkeypatch, tmp_path):
    """Of every encoding none opens a file outside: what is opened while they are asked is listed, and it is nothing."""
    monkeypatch.chdir(tmp_path)
    opened = []
    real = Path.open

    def noted(self, *words, **more):
        opened.append(self)
        return real(self, *words, **more)

    monkeypatch.setattr(Path, "open", noted)
    targets = attacks()
    assert len(targets) >= 200
    seen = answers(port, targets)
    for target, answer in zip(targets, seen, strict=True):
        status = int(answer.split(b" ", 2)[1])
        assert status in {303, 400, 404}, (target, answer[:200])
        assert CANARY.encode() not in answer, target
        assert b"root:" not in answer, target
    assert opened == []
    assert {400, 404} >= {int(answer.split(b" ", 2)[1]) for answer in seen}


def test_110_a_list_that_is_called_like_a_path_is_only_a_name(port):
    (answer,) = answers(port, ["/feeds/watchlist/..%2Fsecret.atom"])
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"<feed" in answer
    assert CANARY.encode() not in answer
