"""Serves the sites of a newsroom, each at its own loopback address, with validators as real servers send them."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Self

from aiohttp import web

from policywatch import errors
from policywatch.newsroom import article, site

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

PORT = 8080


def bundled() -> list[site.Site]:
    """The sites of the demonstration; addresses in 127.86.0.0/24 belong to this machine alone."""
    return [
        site.DedeCms("127.86.0.11", "示例高新院", article.load("gaoxin")),
        site.Trs("127.86.0.12", "示例部", article.load("shiliban")),
        site.RssMedium("127.86.0.13", "示例产业网", article.load("chanye")),
        site.AtomWire("127.86.0.14", "Example Future Wire", article.load("futurewire")),
    ]


class Newsroom:
    """A few sites on one port. Use as an async context manager."""

    def __init__(self, sites: Sequence[site.Site], port: int = PORT) -> None:
        self.sites = {one.host: one for one in sites}
        self.port = port
        self._runner: web.AppRunner | None = None

    def url(self, host: str, path: str | None = None) -> str:
        """An address of a site; its entry without a path."""
        return f"http://{host}:{self.port}{self.sites[host].entry if path is None else path}"

    async def __aenter__(self) -> Self:
        """Listens; with port 0 on one that is free. Raises PolicywatchError where it cannot."""
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        for host in self.sites:
            listener = web.TCPSite(self._runner, host, self.port)
            try:
                await listener.start()
            except OSError as error:
                await self._runner.cleanup()
                raise errors.PolicywatchError(
                    f"the newsroom cannot listen on {host}:{self.port} ({error.strerror}); is another demo running? "
                    "(macOS answers 127.0.0.1 only; the demo wants Linux)"
                ) from error
            if not self.port:
                self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        host = request.transport.get_extra_info("sockname")[0] if request.transport else ""
        one = self.sites[host]
        one.requests.append((request.path, {name.lower(): value for name, value in request.headers.items()}))
        if one.fault.delay:
            await asyncio.sleep(one.fault.delay)
        if one.fault.status is not None:
            return web.Response(status=one.fault.status, headers=one.fault.headers)
        answer = one.answer(request.path)
        if answer is None:
            return web.Response(status=404, text="Not found")
        etag = f'"{hashlib.blake2b(answer.body, digest_size=8).hexdigest()}"'
        headers = {"ETag": etag, "Content-Type": answer.content_type}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=answer.body, headers=headers)
