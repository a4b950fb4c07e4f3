"""What every answer carries, whoever gave it: errors, feeds and answers without a body as well.

A page of hostile texts may load and do nothing but our own style, script and forms (CSP 3); a past digest is a
document of its own, whose styles stand in it, and which may do nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PAGE = (
    b"default-src 'none'; script-src 'self'; connect-src 'self'; frame-src 'self'; style-src 'self'; img-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_MAIL = b"default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
MAILS = ("/issue/", "/preview/")
"""Where mails are shown as they were or would be sent."""
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_PAGE_HEADERS = ((b"content-security-policy", _PAGE), *_ALWAYS)
_MAIL_HEADERS = ((b"content-security-policy", _MAIL), *_ALWAYS)


class SafeHeaders:
    """Adds them to every response; stands outside of everything, so that a fault of the program carries them too."""

    def __init__(self, app: ASGIApp, is_https: Callable[[Scope], bool], answered: Callable[[int], None]) -> None:
        """`answered` hears the status of each response."""
        self._app = app
        self._is_https = is_https
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = _MAIL_HEADERS if scope["path"].startswith(MAILS) else _PAGE_HEADERS
                message["headers"] = [*message["headers"], *ours]
                if self._is_https(scope):
                    message["headers"].append(_HSTS)
                self._answered(message["status"])
            await send(message)

        await self._app(scope, receive, send_with_headers)
