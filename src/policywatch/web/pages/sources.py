"""GET /sources and one of them: how each is, how often it brings something, what to change; POST asks one now."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from policywatch import logs
from policywatch.digests.status import StatusView
from policywatch.pipeline import checks
from policywatch.store import newest, sources
from policywatch.web import sparkline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.model import SourceStatus
    from policywatch.sources.base import SourceSpec
    from policywatch.web.site import Site

DAYS = 30
KEPT = timedelta(minutes=5)
NEWEST = 20

_log = logs.get("sources")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many articles a source brought in each of the last days, the last one at the end."""

    daily: tuple[int, ...]
    bars: str
    """The same as the path of a picture, `width` units wide and sparkline.HEIGHT high."""
    width: int
    total: int


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """What the table shows."""

    status: StatusView
    rhythms: dict[str, Rhythm]
    """By the id of a source."""
    read: int
    """How many sources were read within their last day."""
    told: str


@dataclass(frozen=True, slots=True)
class SourcePage:
    """What the page of one shows."""

    status: StatusView
    """Of this source alone."""
    source: SourceStatus
    rhythm: Rhythm
    articles: tuple[newest.Line, ...]
    yaml: str
    doubts: tuple[str, ...]
    """What a look at its last pages makes one doubt, and what to change."""
    told: str


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""
    rhythms = _Rhythms()

    async def answer(request: Request) -> Response:
        page = await site.db.read(look, site, rhythms, _told(request))
        return await site.drawing.answer(request, "sources", page)

    async def one(request: Request) -> Response:
        spec = _named(site, request)
        page = await site.db.read(look_at, site, spec, _told(request))
        if page is None:
            raise HTTPException(404, "There is no such source")
        return await site.drawing.answer(request, "source", page)

    async def poll(request: Request) -> Response:
        spec = _named(site, request)
        # The engine asks the store for what is due: whichever it is, it finds this with its next look.
        await site.db.write(sources.postpone, {spec.id: site.now()})
        _log.info("asked for by hand", source=spec.id)
        return RedirectResponse(f"/sources/{spec.id}?told=polled", 303)

    return [
        Route("/sources", answer, name="sources"),
        Route("/sources/{id}", one),
        Route("/sources/{id}/poll", poll, methods=["POST"]),
    ]


class _Rhythms:
    """Those of all sources, as they were a few minutes ago at most: a month does not change in that time."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._known: dict[str, Rhythm] = {}

    def of(self, tx: Connection, now: datetime) -> dict[str, Rhythm]:
        """Of each source that brought something within the last month."""
        if self._at is None or not timedelta(0) <= now - self._at < KEPT:
            daily = newest.daily(tx, now, DAYS)
            self._known, self._at = {source: _rhythm(counts) for source, counts in daily.items()}, now
        return self._known


def look(tx: Connection, site: Site, rhythms: _Rhythms, told: str = "") -> SourcesPage:
    """Every source, those in trouble first."""
    now = site.now()
    statuses = sources.statuses(tx)
    known, nothing = rhythms.of(tx, now), _rhythm((0,) * DAYS)
    return SourcesPage(
        status=StatusView(now, site.plan.zone, statuses),
        rhythms={one.id: known.get(one.id, nothing) for one in statuses},
        read=sum(_is_read(one, now) for one in statuses),
        told=told,
    )


def look_at(tx: Connection, site: Site, spec: SourceSpec, told: str = "") -> SourcePage | None:
    """One source; None when the store does not know it (yet)."""
    now = site.now()
    status = sources.status(tx, spec.id)
    if status is None:
        return None
    return SourcePage(
        status=StatusView(now, site.plan.zone, [status]),
        source=status,
        rhythm=_rhythm(newest.daily(tx, now, DAYS, spec.id).get(spec.id, (0,) * DAYS)),
        articles=tuple(newest.of_source(tx, spec.id, NEWEST)),
        yaml=as_yaml(spec),
        doubts=checks.doubts(status, now),
        told=told,
    )


def as_yaml(spec: SourceSpec) -> str:
    """The entry as the configuration has it, without secrets."""
    written = spec.model_dump(mode="json", exclude_unset=True)
    if "every" in written:
        written["every"] = f"{spec.every.total_seconds() / 60:g}m"
    if "backfill" in written and spec.backfill is not None:
        written["backfill"] = f"{spec.backfill.total_seconds() / 3600:g}h"
    elif "backfill" in written:
        written["backfill"] = "all"
    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump({"sources": [written]}, out)
    return logs.masked(out.getvalue())


def _rhythm(daily: Sequence[int]) -> Rhythm:
    return Rhythm(tuple(daily), sparkline.path(daily), sparkline.width(daily), sum(daily))


def _is_read(status: SourceStatus, now: datetime) -> bool:
    return status.last_success_at is not None and (now - status.last_success_at).days < 1


def _named(site: Site, request: Request) -> SourceSpec:
    wanted = request.path_params["id"]
    found = next((one for one in site.plan.sources if one.id == wanted), None)
    if found is None:
        raise HTTPException(404, "There is no such source")
    return found


def _told(request: Request) -> str:
    return "polled" if request.query_params.get("told") == "polled" else ""
