"""The health check, metrics, how late the event loop is, and the sign of life."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from zoneinfo import ZoneInfo

import jinja2
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from policywatch.digests.render import Renderer
from policywatch.fetch.client import Client
from policywatch.fetch.options import FetchOptions
from policywatch.matching.base import WatchlistSpec
from policywatch.pipeline.plan import Plan
from policywatch.store import sources
from policywatch.store.db import Database
from policywatch.web import health, lag
from policywatch.web.app import build
from policywatch.web.door import Access
from policywatch.web.lag import LoopLag
from policywatch.web.ping import Ping
from webs import TEMPLATES, site_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SECRET = "canary-of-an-address"


class World:
    def __init__(self, where) -> None:
        self.db = Database.open(where)
        self.now = NOW
        self.tick = NOW
        self.lag = LoopLag()
        self.ping = Ping()
        self.plan = Plan(
            sources=(),
            watchlists=(WatchlistSpec(name="量子科技"),),
            subscriptions=(),
            zone=ZoneInfo("Asia/Shanghai"),
            language="en",
            sender="a@example.org",
            channel="maildir",
        )

    def site(self, *, shows_metrics: bool = True):
        return site_of(
            self.plan, self.db, Renderer(jinja2.FileSystemLoader(TEMPLATES)), lambda: self.now, lambda: self.tick,
            lag=self.lag, access=Access(shows_metrics=shows_metrics), ping_fault=lambda: self.ping.fault,
        )  # fmt: skip

    def client(self, **options) -> TestClient:
        return TestClient(build(self.site(**options)), base_url="http://127.0.0.1")


@pytest.fixture
def world(place):
    made = World(place)
    yield made
    made.db.close()


# --- health -----------------------------------------------------------------------------------------------------------


def test_a_clock_that_stands_and_a_loop_that_is_blocked_are_told(world):
    client = world.client()
    assert client.get("/healthz").json()["status"] == "ok"
    world.lag.saw(0.25)
    assert client.get("/healthz").json()["loop_lag_seconds"] == 0.25
    world.lag.saw(health.MOST_LAG + 1)
    world.now += health.TICK_AGE + timedelta(seconds=1)
    told = client.get("/healthz")
    assert told.status_code == 503
    assert told.json()["faults"] == [
        "the clock of the service stands still",
        "something blocks the service for seconds",
    ]


def test_a_loop_that_was_blocked_is_seen_and_forgotten_after_a_minute():
    """By a clock of the test's own, which jumps as a blocked loop's does."""
    times = iter([0.0, 3.5, 4.0, 4.5, 10.0, 10.5])
    seen = LoopLag(clock=lambda: next(times))

    async def two_looks() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(seen.measure(stop))
        while len(seen._late) < 2:
            await asyncio.sleep(0)
        stop.set()
        await task

    assert seen.seconds == 0
    asyncio.run(two_looks())
    assert list(seen._late) == [3.0, 0.0]
    assert seen.seconds == 3.0
    for _ in range(lag.KEPT):
        seen.saw(0.01)
    assert seen.seconds == 0.01
    assert lag.KEPT * lag.EVERY == 60


# --- metrics ----------------------------------------------------------------------------------------------------------


def test_114_metrics_are_off_by_default(world):
    assert world.client(shows_metrics=False).get("/metrics").status_code == 404


def test_114_metrics_are_few_and_hold_no_address_for_ten_thousand_sources(world):
    """Labels are ours: no source, list, reader or address becomes one, so that no secret in an address can."""
    rows = [
        sources.SourceRow(
            f"s{number}", f"来源{number}", "feed", f"https://user:{SECRET}@a{number}.example/?key={SECRET}", "f"
        )
        for number in range(10_000)
    ]
    world.db.write_now(sources.sync, rows, NOW)
    world.db.write_now(sources.record_failure, sources.Failure("s1", NOW, NOW, f"https://u:{SECRET}@a/ is down"))
    client = world.client()
    client.get("/nowhere")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    samples = [sample for family in families.values() for sample in family.samples]
    assert len(samples) <= 60
    assert {sample.labels["state"]: sample.value for sample in families["policywatch_sources"].samples} == {
        "ok": 0, "failing": 1, "new": 9999,
    }  # fmt: skip
    assert {sample.labels["status"]: sample.value for sample in families["policywatch_http_answers"].samples}[
        "4xx"
    ] == 1
    assert SECRET not in answer.text
    assert "来源" not in answer.text
    assert not re.search(r"https?://", answer.text)
    assert set().union(*(sample.labels for sample in samples)) <= {"state", "status", "version"}
    assert all(family.documentation for family in families.values())


# --- the sign of life -------------------------------------------------------------------------------------------------


@pytest.fixture
def watcher():
    """A watcher elsewhere: what it was asked, and the status it answers with."""
    asked, status = [], [200]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status[0])
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{SECRET}", asked, status
    server.shutdown()
    thread.join()
    server.server_close()


def give(world, url: str) -> None:
    async def once() -> None:
        async with Client(FetchOptions()) as fetcher:
            await world.ping.send(world.site(), fetcher, url)

    asyncio.run(once())


def test_the_sign_of_life_is_given_while_all_is_well_and_its_failure_is_shown(world, watcher):
    """It goes through the guarded client, to an address that may be private because the operator wrote it."""
    url, asked, status = watcher
    give(world, url)
    assert asked == [f"/{SECRET}"]
    assert world.ping.fault == ""

    world.now += health.TICK_AGE + timedelta(seconds=1)
    give(world, url)
    assert len(asked) == 1, "silence is the alarm"
    world.tick = world.now

    status[0] = 500
    with structlog.testing.capture_logs() as lines:
        give(world, url)
        give(world, url)
    assert len(asked) == 3
    assert len(lines) == 1, "the same fault is told once"
    assert SECRET not in repr(lines)
    page = world.client().get("/?lang=en").text
    assert "The sign of life (<code>ping</code>) could not be given: " in page
    assert SECRET not in page

    status[0] = 200
    give(world, url)
    assert "sign of life" not in world.client().get("/?lang=en").text


def test_a_watcher_that_is_gone_is_told_without_its_address(world):
    give(world, f"http://127.0.0.1:9/{SECRET}")
    assert world.ping.fault
    assert SECRET not in world.ping.fault
