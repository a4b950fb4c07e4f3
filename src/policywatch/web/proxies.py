"""What a web server before the pages says of a request: who is logged in there, whence it came, by which scheme."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from policywatch.web import door

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from policywatch.web.door import Access

USER = "policywatch.user"
"""Where in the scope the name stands that a trusted proxy gave."""
MAX_NAME = 200


class Proxies:
    """Believes the headers of connections from the proxies that are configured, and of no other."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what the proxy passed on as if it had come directly."""
        if scope["type"] == "http" and self._access.proxies and scope.get("client"):
            self._believe(scope)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        peer, port = scope["client"]
        if not self._access.trusts(peer):
            return
        name = self._user(scope)
        if name:
            scope[USER] = name
        if door.header(scope, b"x-forwarded-proto") in {"http", "https"}:
            scope["scheme"] = door.header(scope, b"x-forwarded-proto")
        # Each proxy adds at the end whom it saw; what stands before the first stranger may be anybody's invention.
        for told in reversed(_addresses(scope)):
            scope["client"] = (told, port)
            if not self._access.trusts(told):
                break

    def _user(self, scope: Scope) -> str:
        """Empty when the header is missing, stands twice or is no name."""
        if not self._access.header:
            return ""
        name = door.header(scope, self._access.header.encode()).strip()
        try:
            name = name.encode("latin-1").decode()
        except UnicodeDecodeError:
            return ""
        return name if len(name) <= MAX_NAME and name.isprintable() else ""


def _addresses(scope: Scope) -> list[str]:
    """Of X-Forwarded-For, up to the first from the right that is none."""
    found: list[str] = []
    given = ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == b"x-forwarded-for")
    for told in reversed(given.split(",")):
        try:
            found.insert(0, str(ip_address(told.strip().strip("[]"))))
        except ValueError:
            break
    return found
