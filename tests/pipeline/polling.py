"""Polling with a real database and a clock of its own, for the tests of rhythm, politeness and health."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2

from policywatch import bootstrap, errors
from policywatch.digests.render import Renderer
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Page
from policywatch.pipeline import troubles
from policywatch.pipeline.plan import Plan
from policywatch.pipeline.poll import Poller
from policywatch.pipeline.reading import Reader
from policywatch.pipeline.texts import TextReader
from policywatch.sources.base import SourceSpec
from policywatch.store import outbox, runs, sources
from policywatch.store.db import Database

TOP = Path(__file__).parents[2]
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday


class Web:
    """A web without sockets: `answers` maps an address to what it answers, or to a function of the moment."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.asked: list[tuple[datetime, str]] = []
        self.requests = []
        self.clock = lambda: START

    async def fetch(self, request, validators=None):
        if request.url.endswith("/robots.txt") and request.url not in self.answers:
            raise errors.FetchError(request.url, "the server answered 404", code="http_status", status=404)
        self.asked.append((self.clock(), request.url))
        self.requests.append((request, validators))
        answer = self.answers.get(request.url, status(404))
        answer = answer(self.clock()) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Page):
            return answer
        return page(request.url, answer)

    def times(self, url: str) -> list[datetime]:
        return [at for at, asked in self.asked if asked == url]


def page(url: str, text: str, moved_to: str = "", **headers: str) -> Page:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page(url, 200, {"content-type": "text/html; charset=utf-8", **given}, text.encode(), START, moved_to)


def status(number: int, retry_after: datetime | None = None) -> errors.FetchError:
    what = f"the server answered {number}"
    return errors.FetchError("", what, code="http_status", status=number, retry_after=retry_after)


def down(code: str = "connection") -> errors.FetchError:
    return errors.FetchError("", "the name is not known, or no name server answers", code=code)


def rss(*names: str, head: str = "") -> str:
    items = "".join(
        f"<item><title>{name}</title><link>https://a.example/{name}</link><guid>{name}</guid>"
        f"<description>{name}</description></item>"
        for name in names
    )
    return f"<rss version='2.0'><channel><title>t</title>{head}{items}</channel></rss>"


def listing(*names: str) -> str:
    rows = "".join(f"<li><a href='/{name}.html'>{name}</a><span>2026-11-22</span></li>" for name in names)
    return f"<ul class=l>{rows}</ul>"


def feed(name: str = "feed", url: str = "", **more) -> SourceSpec:
    more = {"options": {"full_text": "never"}, **more}
    return SourceSpec(id=name, kind="feed", url=url or f"https://{name}.example/feed", **more)


def column(name: str = "column", **more) -> SourceSpec:
    more = {"options": {"item": "ul.l li", "date": "span"}, **more}
    return SourceSpec(id=name, kind="listpage", url=f"https://{name}.example/list/", **more)


class InProcess:
    """The sandbox's place without a child: the same object, the same calls."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.calls = 0

    async def call(self, _subject, method, *arguments):
        self.calls += 1
        return getattr(self._reader, method)(*arguments)


class Polling:
    """A policywatch that only polls. Use as a context manager."""

    def __init__(self, folder: Path, web, *specs: SourceSpec, operator: str | None = None, asked_as: str = "") -> None:
        self.now = START
        self.web = web
        self.db = Database.open(folder / "policywatch.sqlite")
        self._operator = operator
        self.renderer = Renderer(jinja2.FileSystemLoader(TOP / "templates"))
        if isinstance(web, Web):
            web.clock = lambda: self.now
        self.configure(*specs, asked_as=asked_as)

    def __enter__(self):
        return self

    def __exit__(self, *_error) -> None:
        self.db.close()

    def configure(self, *specs: SourceSpec, asked_as: str = "") -> None:
        """As a start with this configuration does: nothing but the database knows what was before."""
        self.plan = Plan(
            sources=specs,
            watchlists=(WatchlistSpec(name="量子", any=["量子"]),),
            subscriptions=(),
            zone=ZoneInfo("Asia/Shanghai"),
            language="en",
            sender="policywatch <news@example.org>",
            channel="maildir",
            operator=self._operator,
            asked_as=asked_as,
        )
        self.sandbox = InProcess(Reader(self.plan.watchlists))
        clock = lambda: self.now  # noqa: E731
        self.poller = Poller(self.plan, self.db, self.web, self.sandbox, clock, rng=random.Random(1))
        network = self.poller.network
        self.texts = TextReader(self.plan, self.db, self.web, self.sandbox, clock, network=network)
        rows = [bootstrap.source_row(spec, self.plan.asked_as) for spec in specs]
        self.db.write_now(sources.sync, rows, self.now)
        self.db.write_now(runs.subscribe, [], self.now)

    async def poll(self, *only: str):
        return {one.source: one for one in await self.poller.poll_due(only or None)}

    async def run(self, long: timedelta, step: timedelta = timedelta(minutes=5), each=lambda: None) -> None:
        """Looks every step for what is due, as the service's tick does."""
        end = self.now + long
        while self.now < end:
            await self.poll()
            each()
            self.now += step

    def source(self, name: str = "feed"):
        return next(one for one in self.db.read_now(sources.statuses) if one.id == name)

    def tell(self) -> int:
        return self.db.write_now(
            troubles.tell, self.plan, self.renderer, self.now, network_is_down=self.poller.network.is_down
        )

    def mails(self) -> list[str]:
        """The texts of the notices that wait, each once."""
        rows = self.db.write_now(outbox.claim, self.now, 100)
        parsed = [message_from_bytes(row.message.content, policy=policy.default) for row in rows]
        return [mail.get_body(("plain",)).get_content() for mail in parsed]
