"""GET /icon.svg, /favicon.ico: the small picture that a browser shows beside a title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from policywatch.web.site import Site

_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b5b4c"/>'
    '<path d="M3 5h10M3 8h10M3 11h6" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>'
)


def routes(_site: Site) -> list[BaseRoute]:
    """Where it answers; browsers ask for the second name where a document names none."""

    async def answer(_request: Request) -> Response:
        return Response(_PICTURE, media_type="image/svg+xml", headers={"cache-control": "max-age=86400"})

    return [Route("/icon.svg", answer, name="icon"), Route("/favicon.ico", answer)]
