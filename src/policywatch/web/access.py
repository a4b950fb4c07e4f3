"""The fence around the pages: each route is closed unless it stands in DECLARED, and each form is checked.

Plain ASGI around each route's own application, so that what a route is called decides, not how its address is
written. A request passes: what may be asked without a log-in, a token, or a log-in; then, where it changes something,
the form's token.
"""

from __future__ import annotations

import hmac
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route

from policywatch.web import door, forms
from policywatch.web.drawing import NO_STORE, wants_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from policywatch.web.door import Door, Visitor
    from policywatch.web.drawing import Drawing


class Who(Enum):
    """Who may reach a route."""

    READERS = "readers"
    """Who is logged in, and GET with a token of scope `json`. What is not declared is for them."""
    METRICS = "metrics"
    """Who is logged in, and GET with a token of scope `metrics`."""
    ANYBODY = "anybody"
    """Everybody; what changes something needs the form's token."""
    BY_ITS_OWN_TOKEN = "by its own token"  # noqa: S105  # no password
    """Who has a token that the route itself judges: feeds, links in mails. It gets no cookie and asks for no form."""
    PROGRAMS = "programs"
    """Everybody, without cookies: what holds no secret and changes nothing."""


DECLARED = {
    "/healthz": Who.PROGRAMS,
    "/style.css": Who.PROGRAMS,
    "/favicon.ico": Who.PROGRAMS,
    "/login": Who.ANYBODY,
    "/feeds/{kind}/{name:path}.{ending}": Who.BY_ITS_OWN_TOKEN,
    "/u/{token}": Who.BY_ITS_OWN_TOKEN,
    "/n/{token}": Who.BY_ITS_OWN_TOKEN,
    "/metrics": Who.METRICS,
}
"""Routes that are not for readers alone, by the route's own path. One click in a mail program must work without
cookies (RFC 8058), and a health check without a password."""
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = b"x-csrf-token"
"""Where a script of ours puts what stands in the forms' field `csrf`."""


def who_may(route: BaseRoute) -> Who:
    """Who may reach a route."""
    return DECLARED.get(getattr(route, "path", ""), Who.READERS)


def fenced(routes: Iterable[BaseRoute], gate: Door, drawing: Drawing) -> list[BaseRoute]:
    """The routes, each behind the fence that is declared for it. Raises TypeError for a kind that cannot be fenced."""
    made = list(routes)
    for route in made:
        if not isinstance(route, Route | Mount):
            raise TypeError(f"{route!r} cannot be fenced")
        who = who_may(route)
        if who not in {Who.BY_ITS_OWN_TOKEN, Who.PROGRAMS}:
            route.app = _Fence(route.app, who, gate, drawing)
    return made


class _Fence:
    """Before one route."""

    def __init__(self, app: ASGIApp, who: Who, gate: Door, drawing: Drawing) -> None:
        self._app = app
        self._who = who
        self._door = gate
        self._drawing = drawing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        token = door.bearer(scope)
        if token is not None and self._who is not Who.ANYBODY:
            answer = await self._by_token(scope, token)
            await (answer or self._app)(scope, receive, send)
            return
        visitor = await self._door.visitor(scope)
        state = scope.setdefault("state", {})
        state.update(csrf=visitor.csrf, is_reader=visitor.is_logged_in, reader=visitor.name or "")
        if self._who is not Who.ANYBODY and self._door.access.is_closed and visitor.name is None:
            await self._refused(request)(scope, receive, send)
            return
        if scope["method"] not in _HARMLESS:
            try:
                body = await forms.body_of(receive)
            except forms.TooLongError:
                await self._told(request, "login.too_long", 413)(scope, receive, send)
                return
            form = forms.fields(body, door.header(scope, b"content-type"))
            state["form"] = form
            if not _is_ours(scope, form, visitor):
                await self._told(request, "login.csrf", 403)(scope, receive, send)
                return
            receive = forms.again(body, receive)
        await self._app(scope, receive, self._remembering(scope, visitor, send) if visitor.is_new else send)

    async def _by_token(self, scope: Scope, given: str) -> Response | None:
        """Why a token does not open; None when it does: then pages answer as JSON."""
        wanted = "metrics" if self._who is Who.METRICS else "json"
        found = await self._door.token(given)
        if found is None or found.scope != wanted:
            return _unauthorised('Bearer error="invalid_token"')
        if scope["method"] not in _HARMLESS:
            return JSONResponse({"detail": "A token opens pages for reading only"}, 403, NO_STORE)
        scope.setdefault("state", {}).update(csrf="", is_reader=False, reader=found.name)
        if wanted == "json":
            kept = [(name, value) for name, value in scope["headers"] if name != b"accept"]
            scope["headers"] = [*kept, (b"accept", b"application/json")]
        return None

    def _refused(self, request: Request) -> Response:
        """To the log-in where there is one and the browser can come back to the same page, else 401."""
        if wants_json(request) or not self._door.access.users or request.method not in _HARMLESS:
            return _unauthorised("Bearer")
        path = request.scope["path"]
        here = quote(path) + (f"?{request.url.query}" if request.url.query else "")
        place = "/login" if here == "/" else f"/login?next={quote(here, safe='/')}"
        return RedirectResponse(place, 303, NO_STORE)

    def _told(self, request: Request, key: str, status: int) -> Response:
        words = self._drawing.words(self._drawing.language(request))
        return PlainTextResponse(words.text(key), status, NO_STORE)

    def _remembering(self, scope: Scope, visitor: Visitor, send: Send) -> Send:
        """Sets the cookie that forms are bound to, with the page that holds them."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_html(message):
                cookie = set_cookie(self._door, scope, door.VISIT, visitor.cookie)
                message["headers"] = [*message["headers"], (b"set-cookie", cookie)]
            await send(message)

        return sending


def set_cookie(gate: Door, scope: Scope, name: str, value: str, *, seconds: int | None = None) -> bytes:
    """A Set-Cookie header of the strict kind (RFC 6265bis); without `seconds` it ends with the browser."""
    parts = [f"{gate.cookie_name(scope, name)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if seconds is not None:
        parts.append(f"Max-Age={seconds}")
    if gate.is_https(scope):
        parts.append("Secure")
    return "; ".join(parts).encode("latin-1")


def safe_next(wanted: str) -> str:
    """A place on this site to go on to; the first page for anything else."""
    is_plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and len(wanted) <= 2000
    if not is_plain or any(ord(sign) < 0x21 or ord(sign) == 0x7F or sign == "\\" for sign in wanted):
        return "/"
    return quote(wanted, safe="/?&=%:;,+@!$'()*~#[]")


def _is_ours(scope: Scope, form: dict[str, list[str]], visitor: Visitor) -> bool:
    """The form was drawn for this very visitor, and no other site sent it."""
    if door.header(scope, b"sec-fetch-site") in {"cross-site", "same-site"}:
        return False
    origin = door.header(scope, b"origin")
    # Browsers say `null` of forms on pages without a referrer, as ours are (Fetch, "append a request Origin header").
    if origin not in {"", "null"} and urlsplit(origin).netloc != door.header(scope, b"host"):
        return False
    given = door.header(scope, CSRF_HEADER) or form.get("csrf", [""])[0]
    return not visitor.is_new and hmac.compare_digest(door.digest(given), door.digest(visitor.csrf))


def _unauthorised(challenge: str) -> Response:
    detail = "Log in, or send a token: Authorization: Bearer ..."
    return JSONResponse({"detail": detail}, 401, {**NO_STORE, "www-authenticate": challenge})


def _is_html(message: dict[str, Any] | Message) -> bool:
    return any(key == b"content-type" and value.startswith(b"text/html") for key, value in message["headers"])
