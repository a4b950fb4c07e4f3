"""A feed to a reader: 304 over a socket beside bare Starlette under the same uvicorn, and the document beside feedgen.

The bare application compares one ETag with one header. Ours, closed to who has no token, judges the token, looks for
the document on its shelf, and adds the headers that each answer carries. Both processes run one after the other on a
core of their own; the client asks over kept connections, all of them before it reads.
"""

from __future__ import annotations

import contextlib
import html
import os
import socket
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import jinja2
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.articles import articles
from benchmarks.harness import Row
from policywatch import bootstrap, logs
from policywatch.digests.feeds.formats import FORMATS
from policywatch.digests.feeds.published import Entry, Feed, urn
from policywatch.digests.render import Renderer
from policywatch.matching.base import WatchlistSpec
from policywatch.pipeline.plan import Plan
from policywatch.store.db import Database
from policywatch.web.app import build
from policywatch.web.door import Access
from policywatch.web.drawing import Drawing
from policywatch.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

ENTRIES = 100
CONNECTIONS = 32
ROUNDS = 8
"""Questions on each connection in one call."""
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TOKEN = "0123456789abcdefghijklmnopqrstuv"  # noqa: S105  # of the benchmark's own site
PATH = f"/feeds/watchlist/policy.atom?token={TOKEN}"


def rows() -> Iterator[Row]:
    """304s, then the document."""
    with _served("bare") as peer, _served("ours") as ours:
        yield Row("Feed served: 304", "Starlette, uvicorn", peer, ours, CONNECTIONS * ROUNDS, "answers", 1 / 1.3)
    entries = _entries()
    feed = Feed(urn("watchlist", "x"), "政策", "", entries)
    document = FORMATS["atom"].document
    yield Row(
        f"Feed built: {ENTRIES} entries with their whole text",
        "feedgen 1",
        lambda: _by_feedgen(entries),
        lambda: document(feed, "https://watch.example.org/x.atom", "https://watch.example.org/"),
        1,
        "feeds",
        3,
    )


def _entries() -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=urn("story", str(number)),
            title=text[:24],
            author="某新闻网",
            updated=NOW + timedelta(minutes=number),
            url=f"https://www.example.org/{number}.html",
            html="".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n")),
            text=text,
        )
        for number, text in enumerate(articles(ENTRIES))
    )


def _by_feedgen(entries: tuple[Entry, ...]) -> bytes:
    from feedgen.feed import FeedGenerator  # noqa: PLC0415  # a peer, which only this needs

    made = FeedGenerator()
    made.id(urn("watchlist", "x"))
    made.title("政策")
    made.link(href="https://watch.example.org/")
    made.updated(NOW)
    for one in entries:
        entry = made.add_entry(order="append")
        entry.id(one.id)
        entry.title(one.title)
        entry.link(href=one.url)
        entry.updated(one.updated)
        entry.content(one.html, type="html")
        entry.author(name=one.author)
    document: bytes = made.atom_str()
    return document


# --- 304s -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _served(which: str) -> Iterator[Callable[[], None]]:
    """Asks a server of its own process whether anything is new, on every connection; it never is."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.served", which], stdout=subprocess.PIPE)
    assert process.stdout is not None
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
    try:
        port = int(process.stdout.readline())
        with contextlib.ExitStack() as open_:
            connections = [
                open_.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
                for _ in range(CONNECTIONS)
            ]
            head = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
            tag = _asked(connections[0], f"{head}\r\n".encode()).partition(b"etag: ")[2].partition(b"\r\n")[0]
            question = f"{head}If-None-Match: {tag.decode()}\r\n\r\n".encode()
            assert _asked(connections[0], question).startswith(b"HTTP/1.1 304")

            def ask() -> None:
                for _ in range(ROUNDS):
                    for connection in connections:
                        connection.sendall(question)
                    for connection in connections:
                        assert connection.recv(65536).startswith(b"HTTP/1.1 304")

            yield ask
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _asked(connection: socket.socket, question: bytes) -> bytes:
    """One whole answer."""
    connection.sendall(question)
    answer = connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def _bare() -> ASGIApp:
    body = FORMATS["atom"].document(Feed(urn("watchlist", "x"), "x", "", ()), "http://127.0.0.1/x", "http://127.0.0.1/")
    tag = '"0123456789abcdef01234567"'

    async def feed(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        return Response(body, media_type="application/atom+xml", headers={"etag": tag})

    return Starlette(routes=[Route("/feeds/watchlist/policy.atom", feed)])


def _ours(folder: Path) -> ASGIApp:
    templates = bootstrap.shipped("templates")
    renderer = Renderer(jinja2.FileSystemLoader(templates))
    plan = Plan(
        sources=(),
        watchlists=(WatchlistSpec(name="policy"),),
        subscriptions=(),
        zone=ZoneInfo("Asia/Shanghai"),
        language="zh-CN",
        sender="a@example.org",
        channel="maildir",
        feed_token=SecretStr(TOKEN),
    )
    site = Site(
        plan=plan,
        db=Database.open(folder / "policywatch.sqlite"),
        renderer=renderer,
        drawing=Drawing(templates / "web", renderer, language="zh-CN", zone=plan.zone, now=bootstrap.now),
        style="",
        now=bootstrap.now,
        last_tick=bootstrap.now,
        access=Access(users=(("", SecretStr("a password of eight")),)),
    )
    return build(site)


def main() -> None:
    """Serves one of the two until it is ended; says the port first."""
    logs.configure(level="error")
    with tempfile.TemporaryDirectory() as folder:
        app = _bare() if sys.argv[1] == "bare" else _ours(Path(folder))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, proxy_headers=False, server_header=False, lifespan="off"
        )
        listening = socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS)
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
