"""The web application: the pages, the published feeds, the pages behind readers' links, a health check, and the fence.

Everything shown comes from the store and is meant for whoever the fence lets in (see `access`): titles, facts, short
excerpts and links.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.routing import Route

from policywatch import kinds
from policywatch.web import health, metrics, readers, refusals
from policywatch.web.access import fenced
from policywatch.web.door import Door
from policywatch.web.feeds import Feeds
from policywatch.web.headers import SafeHeaders
from policywatch.web.login import Login
from policywatch.web.proxies import Proxies
from policywatch.web.unchanged import Unchanged

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from policywatch.web.site import Site


_PAGES = "policywatch.web.pages"


def build(site: Site) -> ASGIApp:
    """The ASGI application.

    Answers only to host names that somebody configured, so that no foreign page can read it through a name that
    points here (DNS rebinding).
    """
    hosts = ["127.0.0.1", "localhost", "[::1]"]
    if site.plan.public_url:
        hosts.append(urlsplit(site.plan.public_url).hostname or "localhost")
    door = door_of(site)
    app = Starlette(
        routes=routes(site, door),
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
            Middleware(Proxies, access=site.access),
        ],
        exception_handlers={HTTPException: refusals.handler(site.drawing)},
    )
    # A redirect would repeat the token of a private feed.
    app.router.redirect_slashes = False
    app.state.site = site
    # Around Starlette's own guard against faults of the program, whose answers carry the headers, too.
    safe = SafeHeaders(app, door.is_https, site.counts.answered)
    return Unchanged(safe, site.db.version, site.now, site.counts.answered)


def door_of(site: Site) -> Door:
    """What judges who asks."""
    return Door(site.access, site.db, site.now, site.plan.public_url)


def routes(site: Site, door: Door) -> list[BaseRoute]:
    """Every route, each behind its fence."""

    async def style(_request: Request) -> Response:
        return Response(site.style, media_type="text/css", headers={"cache-control": "max-age=3600"})

    made: list[BaseRoute] = [
        # A watch-list's name may hold slashes and full stops. First, for it is asked for most.
        Route("/feeds/{kind}/{name:path}.{ending}", Feeds(site, door).answer),
        Route("/style.css", style),
        Route("/healthz", health.check),
        Route("/u/{token}", readers.subscription, methods=["GET", "POST"]),
        Route("/n/{token}", readers.story, methods=["GET", "POST"]),
        *Login(site, door).routes(),
        *_pages(site),
    ]
    if site.access.shows_metrics:
        made.append(Route("/metrics", metrics.answer))
    return fenced(made, door, site.drawing)


def _pages(site: Site) -> list[BaseRoute]:
    """What the files in `pages` answer to."""
    return [route for name in kinds.names(_PAGES) for route in importlib.import_module(f"{_PAGES}.{name}").routes(site)]
