"""Tries sources out: asked and read as in a poll, judged, and nothing kept."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import errors, logs
from policywatch.model import Cursor
from policywatch.pipeline import asking
from policywatch.pipeline.polled import MAX_HOPS, Gathered
from policywatch.sources import base, rhythm

if TYPE_CHECKING:
    from collections.abc import Callable

    from policywatch.model import Fetcher, SourceStatus
    from policywatch.pipeline.robots import Robots
    from policywatch.sandbox.pool import Sandbox
    from policywatch.sources.base import SourceSpec

DATED = 0.8
"""The share of items that should have a date."""
CLEAN = 0.5
"""With fewer clean titles something else than a list of articles was read."""
OLD = timedelta(days=60)
_FAULTY_TITLE = (
    ("no text", re.compile(r"\W*")),
    ("characters that could not be decoded", re.compile(r".*[\ufffd\x00-\x08\x0b-\x1f\x7f-\x9f].*", re.DOTALL)),
    ("markup", re.compile(r".*(?:</?[a-z][^>]*>|&(?:[a-z]{2,8}|#\d{2,5});).*", re.DOTALL | re.IGNORECASE)),
    ("a date glued to it", re.compile(r".*\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\])]?\s*", re.DOTALL)),
    ("its end cut off", re.compile(r".*(?:\.{3}|…)\s*", re.DOTALL)),
    ("a page's text", re.compile(r".{200,}", re.DOTALL)),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a trial of one source came to."""

    source: str
    name: str
    kind: str
    url: str
    is_well: bool
    items: int = 0
    newest: datetime | None = None
    dated: float = 0.0
    """The share of items with a date."""
    clean: float = 0.0
    """The share of items whose titles are nothing but titles."""
    seconds: float = 0.0
    wrong: tuple[str, ...] = ()
    """What is wrong or doubtful, and what to change."""


class Checker:
    """Tries sources out, one at a time for each host."""

    def __init__(self, fetcher: Fetcher, sandbox: Sandbox, robots: Robots, now: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._sandbox = sandbox
        self._robots = robots
        self._now = now

    async def check(self, spec: SourceSpec) -> Checked:
        """Asks, reads and judges one source. Does not raise for anything that its site does."""
        started = time.monotonic()
        gathered = Gathered()
        fault = ""
        try:
            await self._read(spec, gathered)
        except errors.PolicywatchError as error:
            fault = logs.masked(getattr(error, "what", "") or str(error))
        seconds = round(time.monotonic() - started, 2)
        return judged(spec, gathered, fault, seconds, self._now())

    async def check_all(self, specs: list[SourceSpec], on_checked: Callable[[Checked], None]) -> list[Checked]:
        """All of them; `on_checked` hears of each as it ends."""

        async def one(spec: SourceSpec) -> Checked:
            checked = await self.check(spec)
            on_checked(checked)
            return checked

        return list(await asyncio.gather(*(one(spec) for spec in specs)))

    async def _read(self, spec: SourceSpec, gathered: Gathered) -> None:
        source = base.build(spec)
        queue = [(request, 0) for request in source.requests(Cursor(last_success_at=self._now()))]
        asked = set()
        while queue:
            request, hop = queue.pop(0)
            asked.add(request.url)
            page = await self._fetcher.fetch(await asking.asked(source, request, self._robots))
            if request.url == spec.url:
                gathered.moved_to = page.moved_to
            now = self._now()
            # Everything counts as old, so that no article's own page would be asked for.
            gathered.take(await self._sandbox.call(page.url, "read", spec, page, frozenset(), now, now))
            if hop < MAX_HOPS and gathered.last is not None:
                queue += [(one, hop + 1) for one in gathered.last.follow if one.url not in asked]


def judged(spec: SourceSpec, gathered: Gathered, fault: str, seconds: float, now: datetime) -> Checked:
    """What a reading says of its source."""
    titles = [article.original_title for article, _ in gathered.articles]
    faults = [found for found in map(title_fault, titles) if found]
    items = len(titles)
    dated = sum(article.published is not None for article, _ in gathered.articles) / items if items else 0.0
    clean = 1 - len(faults) / items if items else 0.0
    wrong = [fault] if fault else []
    if not items and not fault:
        wrong.append("it can be read, and holds no item: is it the address of the list itself?")
    wrong += _undated(items, round(dated * items))
    if faults:
        worst = max(set(faults), key=faults.count)
        wrong.append(
            f"{len(faults)} of {items} titles hold {worst}: write `title:` under options, where its kind has one"
        )
    wrong += _old(gathered.newest, now)
    wrong += _moved(gathered.moved_to)
    if gathered.cadence is not None and rhythm.skips_everything(gathered.cadence):
        wrong.append("it wants never to be asked (skipHours, skipDays), and is asked once a day")
    return Checked(
        source=spec.id,
        name=spec.title,
        kind=spec.kind,
        url=logs.masked(spec.url),
        is_well=not fault and items > 0 and clean >= CLEAN,
        items=items,
        newest=gathered.newest,
        dated=round(dated, 3),
        clean=round(clean, 3),
        seconds=seconds,
        wrong=tuple(wrong),
    )


def doubts(status: SourceStatus, now: datetime) -> tuple[str, ...]:
    """What the last polls of a source make one doubt, as far as the store knows it."""
    return (*_undated(status.items_seen, status.items_dated), *_old(status.newest, now), *_moved(status.moved_to))


def _undated(items: int, dated: int) -> list[str]:
    if not items or dated / items >= DATED:
        return []
    said = (
        f"{items - dated} of {items} items have no date: write `date:` (a selector or path) under options, where its "
        "kind has one; undated items of the first poll are not mailed"
    )
    return [said]


def _old(newest: datetime | None, now: datetime) -> list[str]:
    if newest is None or now - newest <= OLD:
        return []
    return [f"its newest item is of {newest:%Y-%m-%d}: does it publish elsewhere now?"]


def _moved(to: str) -> list[str]:
    return [f"it has moved for good: write url: {logs.masked(to)}"] if to else []


def title_fault(title: str) -> str | None:
    """What is in a title beside the title, in words; None when it is clean."""
    return next((what for what, pattern in _FAULTY_TITLE if pattern.fullmatch(title)), None)
