"""GET /archive: everything that is kept, by words and filters, a dozen stories at a time.

Saved searches stand there by their names; what was asked for and is not saved is shown as the YAML that saves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.routing import Route

from policywatch.digests.lines import cut, pieces
from policywatch.model import KINDS, LEVELS
from policywatch.pipeline import saved
from policywatch.store import documents, query, search
from policywatch.web import publish
from policywatch.yamlscalar import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.digests.lines import Piece
    from policywatch.pipeline.saved import SearchSpec
    from policywatch.web.publish import Link
    from policywatch.web.site import Site

PAGE = 12
MAX_TITLE = 300
FIELDS = ("q", *saved.FILTERS, "order")


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
class Saved:
    """A saved search."""

    name: str
    path: str
    """Where the archive shows what it finds."""
    is_shown: bool
    """It is what is asked for now."""
    feeds: tuple[Link, ...]
    is_private: bool
    """Its feeds open with a token only."""


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
    unread: int
    """Older articles that filters by region, kind, level and issuing body do not find yet."""
    watchlists: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    regions: tuple[str, ...]
    kinds: tuple[str, ...]
    levels: tuple[str, ...]
    saved: tuple[Saved, ...]
    yaml: str
    """What saves the search that is asked for; empty when it is saved, and where nothing is asked for."""


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
    today = saved.today(site.plan, site.now())
    found = search.Results((), None, 0)
    try:
        asked = _with_days(asked, today)
        wanted, filters = query.parsed(asked["q"]), saved.filters_of(site.plan, asked, today)
    except query.QueryError as error:
        fault = error.code
    else:
        found = search.search(
            tx, wanted, filters, newest=asked["order"] == "newest", limit=PAGE, after=search.After.parsed(after)
        )
    kept = {name: value for name, value in asked.items() if value}
    searches = _saved(site, kept)
    return ArchivePage(
        asked=asked,
        fault=fault,
        is_asked=bool(kept.keys() - {"order"}),
        rows=tuple(_row(match) for match in found.matches),
        more=f"/archive?{urlencode({**kept, 'after': str(found.after)})}" if found.after else "",
        waiting=found.waiting,
        unread=found.unread,
        watchlists=site.plan.watchlist_names,
        sources=tuple(sorted(((one.id, one.name or one.id) for one in site.plan.sources), key=lambda one: one[1])),
        regions=tuple(documents.regions(tx)),
        kinds=KINDS,
        levels=LEVELS,
        saved=searches,
        yaml="" if fault or any(one.is_shown for one in searches) else _yaml(site, kept),
    )


def path_of(spec: SearchSpec) -> str:
    """Where the archive shows what a saved search finds, as its feed has it: the newest first."""
    return f"/archive?{urlencode({**spec.asked, 'order': 'newest'})}"


def _with_days(asked: Mapping[str, str], today: date) -> dict[str, str]:
    """With `30d` as the day that it is, which the form can show. Raises QueryError."""
    days = {name: query.day(asked[name], today) for name in ("since", "until")}
    return {**asked, **{name: day.isoformat() for name, day in days.items() if day}}


def _saved(site: Site, kept: Mapping[str, str]) -> tuple[Saved, ...]:
    today = saved.today(site.plan, site.now())
    asked = {name: value for name, value in kept.items() if name != "order"}
    found = []
    for spec in site.plan.searches:
        address = publish.Address("search", spec.id)
        whole = {"since": "", "until": "", **spec.asked}
        found.append(
            Saved(
                spec.title,
                path_of(spec),
                is_shown=asked == {name: value for name, value in _with_days(whole, today).items() if value},
                feeds=publish.links(address),
                is_private=site.access.is_closed or publish.token_of(site.plan, address) is not None,
            )
        )
    return tuple(found)


def _yaml(site: Site, kept: Mapping[str, str]) -> str:
    """To paste into a file of the configuration; empty for what no configuration could say."""
    said = {"query" if name == "q" else name: value for name, value in kept.items() if name != "order"}
    taken = {spec.id for spec in site.plan.searches}
    number = next(one for one in range(1, len(taken) + 2) if f"saved-{one}" not in taken)
    try:
        spec = saved.SearchSpec.model_validate({"id": f"saved-{number}", **said})
    except ValidationError:
        return ""
    is_known = (spec.watchlist or None) in {None, *site.plan.watchlist_names} and (
        (spec.source or None) in {None, *(one.id for one in site.plan.sources)}
    )
    if not is_known or not all(value.isprintable() for value in said.values()):
        return ""
    # `${` would name a variable of the environment.
    lines = [f"{name}: {quoted(value).replace('${', '$${')}" for name, value in said.items()]
    return "searches:\n" + "".join(f"  {line}\n" for line in (f"- id: {spec.id}", *(f"  {one}" for one in lines)))


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
