"""A web server for the tests of `fetch`: real sockets on loopback, and every byte of an answer is the test's own."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from policywatch import errors
from policywatch.fetch.client import Client
from policywatch.fetch.options import FetchOptions
from policywatch.model import Page, Request, Validators

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

LOOPBACK = "127.0.0.0/8"


class Origin:
    """What was asked of the server, and where it is."""

    def __init__(self, host: str, port: int, scheme: str) -> None:
        self.host = host
        self.port = port
        self.base = f"{scheme}://{host}:{port}"
        self.requests: list[bytes] = []
        """Head and body of each, as they came."""
        self.connections = 0

    def header(self, name: str, request: int = -1) -> list[bytes]:
        """All values of a request's header, byte for byte."""
        head = self.requests[request].partition(b"\r\n\r\n")[0]
        lines = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
        return [value.strip() for key, _, value in lines if key.lower() == name.lower().encode()]

    def line(self, request: int = -1) -> bytes:
        """The request line."""
        return self.requests[request].partition(b"\r\n")[0]


def answer(status: int = 200, body: bytes = b"", headers: str = "", *, length: int | None = None) -> bytes:
    """A whole response. `length` replaces the true Content-Length."""
    extra = "".join(f"{line.strip()}\r\n" for line in headers.splitlines() if line.strip())
    announced = len(body) if length is None else length
    return f"HTTP/1.1 {status} Word\r\n{extra}Content-Length: {announced}\r\n\r\n".encode() + body


@asynccontextmanager
async def serving(
    reply: Callable[[Origin, asyncio.StreamWriter], Awaitable[bytes | None]],
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    name: str | None = None,
) -> AsyncIterator[Origin]:
    """Runs a server for which `reply` gives the bytes of each answer, or writes them itself and gives None.

    After None the connection is closed. `name` is the host that the origin's URLs carry.
    """
    tasks: set[asyncio.Task[None]] = set()
    origin: Origin

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        origin.connections += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                    body = await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
                    origin.requests.append(head + body)
                    data = await reply(origin, writer)
                    if data is None:
                        break
                    writer.write(data)
                    await writer.drain()
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    origin = Origin(name or host, server.sockets[0].getsockname()[1], "https" if tls else "http")
    try:
        yield origin
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def always(data: bytes) -> Callable[[Origin, asyncio.StreamWriter], Awaitable[bytes | None]]:
    """The same answer each time."""

    async def reply(_origin: Origin, _writer: asyncio.StreamWriter) -> bytes | None:
        return data

    return reply


def options(*origins: Origin, **more: object) -> FetchOptions:
    """Loopback and the origins' ports allowed, no spacing."""
    ports = [origin.port for origin in origins] or [80]
    return FetchOptions.model_validate({"allow_private": [LOOPBACK], "allow_ports": ports, "spacing": "0s", **more})


async def fetch(origin: Origin, path: str = "/", validators: Validators | None = None, **more: object) -> Page:
    """One fetch by a client of its own."""
    async with Client(options(origin, **more)) as client:
        return await client.fetch(Request(origin.base + path), validators)


async def failure(client: Client, request: Request | str, validators: Validators | None = None) -> errors.FetchError:
    """The FetchError that a fetch ends in."""
    try:
        page = await client.fetch(Request(request) if isinstance(request, str) else request, validators)
    except errors.FetchError as error:
        return error
    raise AssertionError(f"a page came: {page.status} {page.body[:50]!r}")


async def failed(origin: Origin, path: str = "/", **more: object) -> errors.FetchError:
    """The FetchError that one fetch by a client of its own ends in."""
    async with Client(options(origin, **more)) as client:
        return await failure(client, origin.base + path)
