"""GET /: is it working, and what is new? Trouble first, then the lists, the next digests, what closes soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.routing import Route

from policywatch import logs
from policywatch.digests.status import NextDigest, StatusView
from policywatch.store import drafts, newest, outbox, runs, sources

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.store.newest import CameIn, Ending, Line
    from policywatch.web.site import Site

NEWEST = 5
ENDING = 12
AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Listed:
    """A watch-list and its newest stories."""

    name: str
    stories: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TodayPage:
    """What the page shows."""

    status: StatusView
    """Sources in trouble, next digests, the outbox, faults."""
    sources: int
    """How many there are."""
    settings_fault: str
    """Why no mail leaves; empty while it does."""
    came: CameIn
    since: datetime
    """The beginning of the day."""
    lists: tuple[Listed, ...]
    ending: tuple[Ending, ...]


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""

    async def answer(request: Request) -> Response:
        return await site.drawing.answer(request, "today", await site.db.read(look, site))

    return [Route("/", answer, name="today")]


def look(tx: Connection, site: Site) -> TodayPage:
    """Everything that the page shows, from one snapshot."""
    now, plan = site.now(), site.plan
    today = now.astimezone(plan.zone)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    coming = []
    for subscription in plan.subscriptions:
        timetable = plan.timetable(subscription)
        at = timetable.next(now) if timetable is not None else None
        waiting = len(runs.waiting(tx, subscription.id))
        coming.append(NextDigest(subscription.title, at, waiting, timetable, subscription.id))
    return TodayPage(
        status=StatusView(
            now=now,
            zone=plan.zone,
            sources=sources.statuses(tx, only_troubled=True),
            digests=coming,
            outbox=outbox.counts(tx),
            faults=site.faults(),
            unknown_year=plan.unknown_year(now),
            drafts=[draft.subject for draft in drafts.waiting(tx)],
            ping_fault=site.ping_fault(),
        ),
        sources=sources.count(tx),
        settings_fault=logs.masked(outbox.settings_fault(tx)),
        came=newest.came_in(tx, midnight),
        since=midnight,
        lists=tuple(
            Listed(name, tuple(newest.of_watchlists(tx, [name, *plan.members(name)], NEWEST)))
            for name in plan.watchlist_names
        ),
        ending=tuple(newest.ending(tx, today.date(), today.date() + AHEAD, ENDING)),
    )
