"""The web application: a status page, the published feeds, the pages behind readers' links, a health check.

Everything shown comes from the store and is meant for whoever reaches the address: titles, facts, short excerpts and
links, never an article's full text.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.routing import Route

from policywatch import kinds
from policywatch.web import health, readers, status
from policywatch.web.feeds import Feeds

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from policywatch.web.site import Site


_PAGES = "policywatch.web.pages"
_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class _SafeHeaders:
    """Adds the security headers to every response, those of errors and feeds included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def build(site: Site) -> Starlette:
    """The ASGI application.

    Answers only to host names that somebody configured, so that no foreign page can read it through a name that
    points here (DNS rebinding).
    """
    hosts = ["127.0.0.1", "localhost", "[::1]"]
    if site.plan.public_url:
        hosts.append(urlsplit(site.plan.public_url).hostname or "localhost")

    async def style(_request: Request) -> Response:
        return Response(site.style, media_type="text/css", headers={"cache-control": "max-age=3600"})

    app = Starlette(
        routes=[
            Route("/", status.page),
            Route("/style.css", style),
            # A watch-list's name may hold slashes and full stops.
            Route("/feeds/{kind}/{name:path}.{ending}", Feeds(site).answer),
            Route("/healthz", health.check),
            Route("/u/{token}", readers.subscription, methods=["GET", "POST"]),
            Route("/n/{token}", readers.story, methods=["GET", "POST"]),
            *(
                route
                for name in kinds.names(_PAGES)
                for route in importlib.import_module(f"{_PAGES}.{name}").routes(site)
            ),
        ],
        middleware=[Middleware(_SafeHeaders), Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
    )
    # A redirect would repeat the token of a private feed.
    app.router.redirect_slashes = False
    app.state.site = site
    return app


def _pages(site: Site) -> list[BaseRoute]:
    """What the files in `pages` answer to."""
    return [route for name in kinds.names(_PAGES) for route in importlib.import_module(f"{_PAGES}.{name}").routes(site)]
