"""A policywatch from matched articles to the outbox: a real database, templates, and a clock of its own."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from sqlalchemy import text

from policywatch.digests.calendar import Calendar
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Article, Hit, Span, TextState
from policywatch.pipeline import record
from policywatch.pipeline.digest import Digester
from policywatch.pipeline.plan import Plan
from policywatch.store import runs, sources
from policywatch.store.db import Database

TEMPLATES = Path(__file__).parents[1] / "templates"
CHINA = ZoneInfo("Asia/Shanghai")
LISTS = ("量子", "储能", "商业航天")


def title(number: int) -> str:
    """One that no other resembles."""
    rng = random.Random(number)
    return "".join(chr(rng.randint(0x4E00, 0x9000)) for _ in range(16)) + str(number)


class Desk:
    """`now` may be set; `restart` is what a crash comes to."""

    def __init__(self, folder: Path, now: datetime, *subscriptions: dict, **plan) -> None:
        self.path = folder / "policywatch.sqlite"
        self.now = now
        self.plan = Plan(
            sources=(),
            watchlists=tuple(WatchlistSpec(name=name, any=[name]) for name in LISTS),
            subscriptions=tuple(
                SubscriptionSpec(**{"to": f"{one['id']}@example.org", "watchlists": "all", **one})
                for one in subscriptions
            ),
            **{
                "zone": CHINA,
                "language": "zh-CN",
                "sender": "policywatch <news@example.org>",
                "channel": "maildir",
                "calendar": Calendar(),
                **plan,
            },
        )
        self.renderer = Renderer(jinja2.FileSystemLoader(TEMPLATES))
        self.count = 0
        self.db = Database.open(self.path)
        self.db.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], self.now)
        self._begin()

    def _begin(self) -> None:
        self.digester = Digester(self.plan, self.db, self.renderer, lambda: self.now)
        self.db.write_now(runs.subscribe, [one.id for one in self.plan.subscriptions], self.now)

    def restart(self, plan: Plan | None = None) -> None:
        """Another process, perhaps with another configuration."""
        self.db.close()
        self.plan = plan or self.plan
        self.db = Database.open(self.path)
        self._begin()

    def replan(self, **changes) -> None:
        """Another configuration at runtime: what subscriptions say is changed as given."""
        specs = [SubscriptionSpec(**{**one.model_dump(), **changes}) for one in self.plan.subscriptions]
        self.plan = Plan(**{**{key: getattr(self.plan, key) for key in Plan.__slots__}, "subscriptions": tuple(specs)})
        self._begin()

    def arrive(self, *, score: float = 50.0, watchlist: str = "量子", term: str | None = None) -> str:
        """A matched article; gives its title."""
        self.count += 1
        return self.db.write_now(self.add, self.count, score, watchlist, term)

    def add(self, tx, number: int, score: float = 50.0, watchlist: str = "量子", term: str | None = None) -> str:
        name, url = title(number), f"https://a/{number}"
        article = Article(
            "s", f"{number:016x}", url, url, name, name, name, name, self.now, self.now, "",
            TextState.COMPLETE, f"{number:016x}",
        )  # fmt: skip
        hits = (Hit(watchlist, score, (Span(term or watchlist, "body", 0, 2, term or watchlist),)),)
        record.add_polls(tx, self.plan, [record.Poll([(article, hits)])], self.now)
        return name

    def tick(self, *later: timedelta):
        """Lets time go on, and closes what is due."""
        self.now += sum(later, timedelta())
        return asyncio.run(self.digester.close_due())

    def run_until(self, end: datetime, step: timedelta) -> list:
        closed = []
        while self.now < end:
            closed += self.tick(step)
        return closed

    def rows(self, statement: str, **values) -> list:
        return self.db.read_now(lambda tx: tx.execute(text(statement), values).all())

    def mails(self, to: str | None = None):
        """What is in the outbox, oldest first: (state, mail)."""
        found = self.rows("SELECT recipient, state, content FROM message JOIN message_content USING (id) ORDER BY id")
        return [
            (row.state, message_from_bytes(bytes(row.content), policy=policy.default))
            for row in found
            if to is None or row.recipient == f"{to}@example.org"
        ]

    def told(self, to: str) -> list[list[int]]:
        """The numbers of the stories in each mail to a subscription."""
        names = {title(number): number for number in range(1, self.count + 1)}
        texts = [mail.get_body(("plain",)).get_content() for _, mail in self.mails(to)]
        return [sorted(number for name, number in names.items() if name in body) for body in texts]
