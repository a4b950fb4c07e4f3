"""Matches the archive anew: tells what rules would gain and lose, and makes it so.

An article is matched as it was when it came in: on the text as its source wrote it, with the document that is kept of
it. So unchanged rules find what stands recorded, and a difference is the rules' doing.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from policywatch import errors, logs
from policywatch.matching.fingerprint import fingerprint
from policywatch.pipeline import documents, record
from policywatch.pipeline.gather import gather
from policywatch.store import hits as hit_rows
from policywatch.store import rematch as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.model import Document, Hit
    from policywatch.pipeline.plan import Plan
    from policywatch.sandbox.pool import Sandbox
    from policywatch.store.db import Database
    from policywatch.store.rematch import Kept, Pending

Mode = Literal["quietly", "digest"]

BATCH = 200
"""Articles matched between two looks at the clock: a second's work at the most."""
BUDGET = 10.0
"""Seconds of one run; the next one goes on. A change of the configuration need not wait longer."""
UNDER_WAY = timedelta(minutes=10)
"""The longest that a poll or a text goes on which began with the rules of before."""
YOUNGEST = timedelta(days=1)

_log = logs.get("rematch")


@dataclass(frozen=True, slots=True)
class Found:
    """An article of the archive and what it matches now."""

    kept: Kept
    hits: tuple[Hit, ...]
    profile: bytes = b""
    """What its reprints are known by; empty where that is known already, or nothing was matched."""
    document: Document | None = None
    """What it is, where that was not kept: of an article without hits nobody had asked."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one list gains and loses with one article; at most one of the two is there."""

    kept: Kept
    gained: Hit | None = None
    lost: Hit | None = None


def found_in(kept: Kept, document: Document | None, profile: bytes, hits: tuple[Hit, ...]) -> Found:
    """What was found in an article, with what of it is not kept yet."""
    new = document if kept.article.document is None else None
    return Found(kept, hits, b"" if kept.has_profile else profile, new)


def difference(kept: Kept, now: Hit | None, was: Hit | None) -> Difference | None:
    """What a list gains or loses with an article that it has a hit in now, or had one in.

    Where the text is no longer kept, a hit that was found in it is not lost: nobody can look any more.
    """
    if now is not None and was is None:
        return Difference(kept, gained=now)
    if was is not None and now is None and (kept.has_text or not _is_from_text(was)):
        return Difference(kept, lost=was)
    return None


def _is_from_text(hit: Hit) -> bool:
    return any(span.field == "body" for span in hit.spans)


def settle(
    tx: Connection, plan: Plan, batch: Sequence[Found], watchlists: Collection[str], mode: Mode, now: datetime
) -> list[Difference]:
    """Makes the recorded hits of these lists those that were found, and says what that changed.

    What is gained quietly stands as if it had been found when its article came in, so that no feed tells it as news.
    For the next digest it is made due, except where the article was older than its source's backfill.
    """
    names = sorted(watchlists)
    recorded = rows.recorded(tx, [one.kept.article_id for one in batch], names)
    told: list[Difference] = []
    added: dict[datetime, list[tuple[int, Hit]]] = defaultdict(list)
    renewed: list[tuple[int, Hit]] = []
    for one in batch:
        article_id, there = one.kept.article_id, recorded.get(one.kept.article_id, {})
        hits = {hit.watchlist: hit for hit in one.hits}
        asked = [difference(one.kept, hits.get(name), there.get(name)) for name in names]
        mine = [each for each in asked if each is not None]
        at = one.kept.article.fetched_at if mode == "quietly" else now
        added[at] += [(article_id, each.gained) for each in mine if each.gained is not None]
        renewed += [(article_id, hits[name]) for name, was in there.items() if name in hits and hits[name] != was]
        told += mine
    for at, found in added.items():
        hit_rows.add(tx, found, at)
    hit_rows.add(tx, renewed, now, renew=True)
    lost = [(one.kept, one.lost.watchlist) for one in told if one.lost is not None]
    hit_rows.remove(tx, [(kept.article_id, name) for kept, name in lost])
    gaining = {one.kept.article_id for one in told if one.gained is not None}
    stories = _gathered(tx, plan, [one for one in batch if one.kept.article_id in gaining], now)
    unread = [one for one in batch if one.kept.article_id in gaining and one.document is not None]
    documents.keep(tx, [(one.kept.article_id, replace(one.kept.article, document=one.document)) for one in unread])
    if mode == "digest":
        _make_due(tx, plan, [one for one in told if one.gained is not None], stories, now)
    for subscription in plan.subscriptions:
        affected = sorted({kept.story_id for kept, name in lost if name in plan.lists_of(subscription)})
        rows.drop_waiting(tx, subscription.id, plan.lists_of(subscription), affected)
    return told


def _gathered(tx: Connection, plan: Plan, gaining: Sequence[Found], now: datetime) -> dict[int, int]:
    """The story of each article; one that matches for the first time is joined with its reprints."""
    young = [one for one in gaining if one.kept.article.fetched_at >= now - plan.story_window]
    found = [
        (one.kept.article_id, one.kept.story_id, replace(one.kept.article, profile=one.profile))
        for one in young
        if one.profile
    ]
    stories = {one.kept.article_id: one.kept.story_id for one in gaining}
    return stories | (gather(tx, found, plan.story_window, now) if found else {})


def _make_due(
    tx: Connection, plan: Plan, gained: Sequence[Difference], stories: Mapping[int, int], now: datetime
) -> None:
    """Puts what is gained into the next digest. Not into alerts: it is due as of when its article came in."""
    digests = replace(plan, subscriptions=tuple(one for one in plan.subscriptions if one.digest is not None))
    by_time: dict[datetime, list[tuple[int, Sequence[Hit]]]] = defaultdict(list)
    for one in gained:
        if one.gained is not None and not one.kept.baseline:
            by_time[min(one.kept.article.fetched_at, now)].append((stories[one.kept.article_id], [one.gained]))
    for at, found in by_time.items():
        record.make_due(tx, digests, found, at)


# --- edits of the configuration ----------------------------------------------------------------------------------


class Rematcher:
    """Brings the archive up to the watch-lists of a configuration, a part at a time.

    How far it has come lies in the store, in the transaction of what it changed: killed at any point, it goes on there.
    """

    def __init__(self, plan: Plan, db: Database, sandbox: Sandbox, now: Callable[[], datetime]) -> None:
        self._plan = plan
        self._db = db
        self._sandbox = sandbox
        self._now = now
        self._fingerprints = {spec.name: fingerprint(spec) for spec in plan.watchlists}

    async def notice(self) -> tuple[str, ...]:
        """Remembers which lists were edited since they were last seen; gives their names.

        Some minutes after an edit the youngest articles are looked at again: a poll that was under way may have
        recorded them by the rules of before.
        """
        now = self._now()
        unsettled = await self._db.read(rows.unsettled, now - UNDER_WAY)
        if unsettled:
            await self._db.write(rows.look_again, unsettled, now - YOUNGEST)
        if await self._db.read(rows.fingerprints) == self._fingerprints:
            return ()
        since = now - self._plan.rematch.days if self._plan.rematch.mode != "off" else None
        edited: tuple[str, ...] = await self._db.write(rows.notice, self._fingerprints, since, now)
        if edited:
            _log.info("edited; the archive is matched anew", watchlists=list(edited))
        return edited

    async def is_needed(self) -> bool:
        """Whether edited lists wait for the archive."""
        return bool(await self._mine())

    async def apply(self) -> int:
        """Matches the archive against edited lists for some seconds; gives how many articles it looked at."""
        loop = asyncio.get_running_loop()
        until = loop.time() + BUDGET
        looked = 0
        while loop.time() < until and (lists := await self._mine()):
            looked += await self._part(lists)
        return looked

    async def _mine(self) -> list[Pending]:
        """Lists that wait and read as this configuration has them: another process may know a newer one."""
        found = await self._db.read(rows.pending)
        return [one for one in found if self._fingerprints.get(one.name) == one.fingerprint]

    async def _part(self, lists: Sequence[Pending]) -> int:
        position, since = min(one.position for one in lists), min(one.since for one in lists)
        batch = await self._db.read(rows.after, position, since, BATCH)
        found = await self._matched(batch)
        reached = batch[-1].article_id if batch else position
        await self._db.write(self._record, lists, found, reached, is_last=len(batch) < BATCH)
        return len(batch)

    async def _matched(self, batch: Sequence[Kept]) -> list[Found]:
        """What a child finds in these articles; one that breaks it is left out."""
        if not batch:
            return []
        try:
            answers = await self._sandbox.call(
                "the archive", "match_again", [(one.article, one.source_name) for one in batch]
            )
        except errors.ParseError as error:
            if len(batch) == 1:
                _log.warning("left as it is", article=batch[0].article_id, error=str(error))
                return []
            half = len(batch) // 2
            return [*await self._matched(batch[:half]), *await self._matched(batch[half:])]
        return [found_in(kept, *answer) for kept, answer in zip(batch, answers, strict=True)]

    def _record(
        self, tx: Connection, lists: Sequence[Pending], found: Sequence[Found], reached: int, *, is_last: bool
    ) -> None:
        now = self._now()
        still = {(one.name, one.fingerprint): one for one in rows.pending(tx)}
        lists = [still[one.name, one.fingerprint] for one in lists if (one.name, one.fingerprint) in still]
        mode: Mode = "digest" if self._plan.rematch.mode == "digest" else "quietly"
        told = settle(tx, self._plan, found, [one.name for one in lists], mode, now)
        changed = [(one.kept.article_id, one.gained or one.lost, one.gained is not None) for one in told]
        rows.keep_changes(tx, [(article, hit, is_gained) for article, hit, is_gained in changed if hit is not None])
        for one in lists:
            rows.advance(
                tx,
                one.name,
                one.fingerprint,
                reached,
                looked=sum(each.kept.article_id > one.position for each in found),
                gained=sum(each.gained is not None and each.gained.watchlist == one.name for each in told),
                lost=sum(each.lost is not None and each.lost.watchlist == one.name for each in told),
            )
            if is_last and (done := rows.finish(tx, one.name, one.fingerprint, now)) is not None:
                looked, gained, lost = done
                _log.info("applied to the archive", watchlist=one.name, looked=looked, gained=gained, lost=lost)
