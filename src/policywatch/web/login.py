"""GET and POST /login, POST /logout: who knows a password gets a session, and a wrong one costs time."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from policywatch import logs
from policywatch.web import door
from policywatch.web.access import safe_next, set_cookie
from policywatch.web.drawing import NO_STORE
from policywatch.web.forms import posted

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.web.door import Door
    from policywatch.web.site import Site

_log = logs.get("login")


@dataclass(frozen=True, slots=True)
class LoginPage:
    """What the page shows."""

    asks_name: bool
    name: str
    next: str
    fault: str = ""
    """`wrong`, or `wait` when there were too many tries."""
    minutes: int = 0


class Login:
    """The pages on which readers come and go."""

    def __init__(self, site: Site, gate: Door) -> None:
        self._site = site
        self._door = gate
        # One at a time: a try takes 32 MiB and a quarter of a second of a core.
        self._turn = asyncio.Semaphore(1)

    def routes(self) -> list[BaseRoute]:
        """Where it answers."""
        return [
            Route("/login", self.show, methods=["GET"], name="login"),
            Route("/login", self.try_in, methods=["POST"]),
            Route("/logout", self.leave, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The form; who is logged in already goes on."""
        self._require_users()
        wanted = safe_next(request.query_params.get("next", "/"))
        if request.scope["state"]["is_reader"]:
            return RedirectResponse(wanted, 303, NO_STORE)
        return await self._page(request, LoginPage(self._door.access.has_names, "", wanted))

    async def try_in(self, request: Request) -> Response:
        """Judges what was typed. Who was wrong too often waits, and so does everybody while many are wrong."""
        self._require_users()
        form = posted(request)
        name, password, wanted = (form.get(field, [""])[0] for field in ("name", "password", "next"))
        access, attempts, now = self._door.access, self._site.attempts, self._site.now()
        name = name if access.has_names else ""
        page = LoginPage(access.has_names, name[:64], safe_next(wanted))
        address = request.client.host if request.client else ""
        wait = attempts.wait(address, now)
        if wait:
            _log.warning("too many tries", address=address)
            minutes = max(1, math.ceil(wait.total_seconds() / 60))
            told = LoginPage(page.asks_name, page.name, page.next, "wait", minutes)
            seconds = str(math.ceil(wait.total_seconds()))
            return await self._page(request, told, 429, {"retry-after": seconds})
        attempts.begin(address, now)
        async with self._turn:
            is_right = await asyncio.to_thread(access.opens, name, password)
        if not is_right:
            _log.warning("not logged in", address=address)
            return await self._page(request, LoginPage(page.asks_name, page.name, page.next, "wrong"), 401)
        attempts.succeeded(address)
        cookie = await self._door.let_in(name)
        _log.info("logged in", reader=name)
        response = RedirectResponse(page.next, 303, NO_STORE)
        held = set_cookie(self._door, request.scope, door.SESSION, cookie, seconds=int(door.LONGEST.total_seconds()))
        response.raw_headers.append((b"set-cookie", held))
        return response

    async def leave(self, request: Request) -> Response:
        """Ends the session, here and in the store."""
        name = self._door.cookie_name(request.scope, door.SESSION)
        cookie = door.cookies(request.scope).get(name, "")
        if cookie:
            await self._door.let_out(cookie)
        response = RedirectResponse("/login" if self._door.access.users else "/", 303, NO_STORE)
        gone = set_cookie(self._door, request.scope, door.SESSION, "", seconds=0)
        response.raw_headers.append((b"set-cookie", gone))
        return response

    def _require_users(self) -> None:
        if not self._door.access.users:
            raise HTTPException(404)

    async def _page(
        self, request: Request, page: LoginPage, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        return await self._site.drawing.answer(request, "login", page, status=status, headers=headers)
