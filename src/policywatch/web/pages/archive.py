"""GET /archive: everything that is kept, by words and filters, a dozen stories at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.routing import Route

from policywatch.digests.lines import cut, pieces
from policywatch.model import KINDS
from policywatch.store import documents, query, search

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.digests.lines import Piece
    from policywatch.web.site import Site

PAGE = 12
MAX_TITLE = 300
FIELDS = ("q", "watchlist", "source", "region", "kind", "issuer", "since", "until", "order")


@dataclass(frozen=True, slots=True)
class Row:
    """A story that was found."""

    id: int
    title: tuple[Piece, ...]
    url: str
    source: str
    published: datetime
    excerpt: tuple[Piece, ...]
    watchlists: tuple[str, ...]
    kind: str
    region: str
    reprints: int


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """What the page shows."""

    asked: Mapping[str, str]
    """What stands in the form."""
    fault: str
    """The code of what is wrong with it; empty when nothing is."""
    is_asked: bool
    """Something was asked for; else the newest stand there."""
    rows: tuple[Row, ...]
    more: str
    """The address of the next page; empty when there is none."""
    waiting: int
    """Articles that cannot be found yet."""
    watchlists: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    regions: tuple[str, ...]
    kinds: tuple[str, ...]


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""

    async def answer(request: Request) -> Response:
        asked = {name: request.query_params.get(name, "").strip() for name in FIELDS}
        page = await site.db.read(look, site, asked, request.query_params.get("after", ""))
        return await site.drawing.answer(request, "archive", page, status=400 if page.fault else 200)

    return [Route("/archive", answer, name="archive")]


def look(tx: Connection, site: Site, asked: Mapping[str, str], after: str) -> ArchivePage:
    """What the form asks for, from one snapshot."""
    fault = ""
    found = search.Results((), None, 0)
    try:
        wanted, filters = query.parsed(asked["q"]), _filters(site, asked)
    except query.QueryError as error:
        fault = error.code
    else:
        found = search.search(
            tx, wanted, filters, newest=asked["order"] == "newest", limit=PAGE, after=search.After.parsed(after)
        )
    kept = {name: value for name, value in asked.items() if value}
    return ArchivePage(
        asked=asked,
        fault=fault,
        is_asked=bool(kept.keys() - {"order"}),
        rows=tuple(_row(match) for match in found.matches),
        more=f"/archive?{urlencode({**kept, 'after': str(found.after)})}" if found.after else "",
        waiting=found.waiting,
        watchlists=site.plan.watchlist_names,
        sources=tuple(sorted(((one.id, one.name or one.id) for one in site.plan.sources), key=lambda one: one[1])),
        regions=tuple(documents.regions(tx)),
        kinds=KINDS,
    )


def _filters(site: Site, asked: Mapping[str, str]) -> search.Filters:
    watchlist = asked["watchlist"]
    return search.Filters(
        watchlists=(watchlist, *site.plan.members(watchlist)) if watchlist else (),
        sources=_given(asked["source"]),
        regions=_given(asked["region"]),
        kinds=_given(asked["kind"]),
        issuer=asked["issuer"],
        since=_day(asked["since"]),
        until=_day(asked["until"]),
    )


def _given(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _day(value: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise query.QueryError("day", f"{value!r} is no day; write it as 2026-11-25") from None


def _row(match: search.Match) -> Row:
    story = match.story
    return Row(
        id=story.id,
        title=pieces(story.title, match.title_marks, MAX_TITLE),
        url=story.url,
        source=cut(story.source_name or story.source, 80),
        published=story.published or story.first_seen,
        excerpt=pieces(match.excerpt.text, match.excerpt.marks, search.EXCERPT + 2),
        watchlists=tuple(hit.watchlist for hit in story.hits),
        kind=story.document.kind if story.document else "",
        region=story.document.region if story.document else "",
        reprints=story.reprints,
    )
