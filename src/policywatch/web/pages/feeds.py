"""GET /feeds: every published feed, and where it stands in each format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Route

from policywatch.digests.feeds.formats import FORMATS
from policywatch.web import publish

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.web.site import Site


@dataclass(frozen=True, slots=True)
class Link:
    """A feed in one format."""

    format: str
    media_type: str
    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """A feed."""

    name: str
    kind: str
    """`watchlist`, `subscription` or `digest`."""
    links: tuple[Link, ...]
    is_private: bool
    """Its addresses open with a token only."""


@dataclass(frozen=True, slots=True)
class FeedsPage:
    """What the page shows."""

    feeds: tuple[Row, ...]


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""

    async def answer(request: Request) -> Response:
        return await site.drawing.answer(request, "feeds", look(site))

    return [Route("/feeds", answer, name="feeds")]


def look(site: Site) -> FeedsPage:
    """Every feed of the configuration, in its order."""
    return FeedsPage(
        tuple(
            Row(
                publish.title_of(site.plan, address),
                address.kind,
                tuple(Link(one.name, one.media_type, address.path(ending)) for ending, one in FORMATS.items()),
                is_private=site.access.is_closed or publish.token_of(site.plan, address) is not None,
            )
            for address in publish.addresses(site.plan)
        )
    )
