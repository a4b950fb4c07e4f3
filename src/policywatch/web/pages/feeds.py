"""GET /feeds: every published feed, and where it stands in each format; /feeds.opml: all of them for a feed reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from policywatch.digests.feeds import opml
from policywatch.web import publish
from policywatch.web.pages import archive

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from policywatch.web.publish import Link
    from policywatch.web.site import Site


@dataclass(frozen=True, slots=True)
class Row:
    """A feed."""

    name: str
    kind: str
    """`watchlist`, `subscription`, `digest` or `search`."""
    links: tuple[Link, ...]
    is_private: bool
    """Its addresses open with a token only."""
    about: str = ""
    """The page that shows the same; empty where there is none."""


@dataclass(frozen=True, slots=True)
class FeedsPage:
    """What the page shows."""

    feeds: tuple[Row, ...]


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""

    async def answer(request: Request) -> Response:
        return await site.drawing.answer(request, "feeds", look(site))

    async def every(request: Request) -> Response:
        words = site.drawing.words(site.drawing.language(request))
        base = site.plan.public_url or str(request.base_url).rstrip("/")
        # One of a private feed stands there without its token: whoever knows it adds it.
        feeds = [
            (f"{row.name} · {words.text(f'status.feeds.{row.kind}')}", f"{base}{row.links[0].path}")
            for row in look(site).feeds
        ]
        return Response(
            opml.document(words.text("site.title"), feeds, f"{base}/feeds"),
            media_type=f"{opml.MEDIA_TYPE}; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="policywatch.opml"', "cache-control": "no-store"},
        )

    return [Route("/feeds", answer, name="feeds"), Route("/feeds.opml", every)]


def look(site: Site) -> FeedsPage:
    """Every feed of the configuration, in its order."""
    searches = {publish.Address("search", one.id): archive.path_of(one) for one in site.plan.searches}
    return FeedsPage(
        tuple(
            Row(
                publish.title_of(site.plan, address),
                address.kind,
                publish.links(address),
                is_private=site.access.is_closed or publish.token_of(site.plan, address) is not None,
                about=searches.get(address, ""),
            )
            for address in publish.addresses(site.plan)
        )
    )
