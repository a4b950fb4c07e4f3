"""A store that articles come into by the pipeline's own steps, on either database, and rules that may be edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

from policywatch.articles.normalise import normalise
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher
from policywatch.model import RawItem, TextState
from policywatch.pipeline import record
from policywatch.pipeline.plan import Plan, Rematch
from policywatch.pipeline.reading import matched
from policywatch.pipeline.rematch import Rematcher
from policywatch.sandbox.pool import Sandbox
from policywatch.sources.base import SourceSpec
from policywatch.store import runs, sources
from policywatch.store.db import Database

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
NAMES = {"ministry": "示例部", "wire": "示例产业网", "paper": "示例日报"}
HOSTS = {"ministry": "www.shili.gov.cn", "wire": "news.example.net", "paper": "paper.example.com"}


def watchlist(name: str, *terms: object, **said: object) -> WatchlistSpec:
    return WatchlistSpec.model_validate({"name": name, **({"any": list(terms)} if terms else {}), **said})


class ArchiveDesk:
    """Articles come in, rules are edited, digests are closed."""

    def __init__(self, place, *watchlists: WatchlistSpec) -> None:
        self.place = place
        self.now = START
        self.count = 0
        self.plan = Plan(
            sources=tuple(
                SourceSpec(id=name, name=NAMES[name], kind="feed", url=f"https://{HOSTS[name]}/feed") for name in NAMES
            ),
            watchlists=watchlists or (watchlist("量子", "量子科技"), watchlist("6G", "6G")),
            subscriptions=(
                SubscriptionSpec(id="m", to=["a@example.org"], watchlists="all", digest={"at": "0 8 * * *"}),
            ),
            zone=ZoneInfo("Asia/Shanghai"),
            language="zh-CN",
            sender="news@example.org",
            channel="maildir",
        )
        self.db = Database.open(place)
        rows = [sources.SourceRow(spec.id, spec.name, spec.kind, spec.url, spec.url) for spec in self.plan.sources]
        self.db.write_now(sources.sync, rows, self.now)

    def close(self) -> None:
        self.db.close()

    def edit(self, *watchlists: WatchlistSpec, mode: str = "quietly", days: int = 30) -> None:
        """The configuration has these lists from now on, beside those of other names."""
        names = {one.name for one in watchlists}
        others = tuple(one for one in self.plan.watchlists if one.name not in names)
        self.plan = replace(self.plan, watchlists=(*watchlists, *others), rematch=Rematch(timedelta(days=days), mode))

    def come(self, title: str, body: str = "", source: str = "wire", *, days: float = 0, oldest=None, **raw) -> int:
        """An article comes in, published so many days ago; gives its number."""
        self.count += 1
        slug = str(self.count)
        item = RawItem(
            key=slug,
            url=f"https://{HOSTS[source]}/{slug}",
            title=title,
            body=body,
            published=self.now - timedelta(days=days),
            **raw,
        )
        article = normalise(item, source=source, now=self.now, text_state=TextState.COMPLETE)
        found = [matched(Matcher(self.plan.watchlists), article, NAMES[source])]
        self.db.write_now(record.add_polls, self.plan, [record.Poll(found, oldest=oldest)], self.now)
        return self.rows("SELECT max(id) FROM article")[0][0]

    def rows(self, statement: str) -> list:
        return [tuple(row) for row in self.db.read_now(lambda tx: tx.execute(text(statement)).all())]

    def hits(self, name: str) -> set[int]:
        return {article for article, there in self.rows("SELECT article_id, watchlist FROM hit") if there == name}

    def mailed(self) -> list:
        """What the next digest holds; afterwards it is mailed."""

        def close(tx):
            run = runs.open_run(tx, "m", self.now.isoformat(), self.now, "digest", self.now)
            runs.claim(tx, run, "m")
            return runs.stories(tx, run, [one.name for one in self.plan.watchlists])

        return self.db.write_now(close)

    async def rematch(self, *, until_done: bool = True) -> Rematcher:
        """The service notices what was edited and matches the archive anew."""
        sandbox = Sandbox("policywatch.pipeline.reading:Reader", lambda: (self.plan.watchlists,))
        made = Rematcher(self.plan, self.db, sandbox, lambda: self.now)
        try:
            await made.notice()
            while until_done and await made.is_needed():
                await made.apply()
        finally:
            await sandbox.close()
        return made
