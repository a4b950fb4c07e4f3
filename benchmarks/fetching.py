"""1,000 conditional requests that are answered by 304s, 50 at once: aiohttp by itself against policywatch's client.

The client adds to aiohttp: a check of every address and port before and while connecting, one request at a time and
pauses for each host, redirects hop by hop, limits on time and size. Both ask 50 hosts over connections that are kept.
The server has the other core.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp

from benchmarks import origin
from benchmarks.endtoend import CORE, SERVER_CORE
from benchmarks.harness import Row
from policywatch.fetch.client import Client
from policywatch.fetch.options import FetchOptions
from policywatch.model import Request, Validators

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from typing import Any

HOSTS, EACH = 50, 20


def rows() -> Iterator[Row]:
    """Raises AssertionError for an answer that is not a 304."""
    pages = {f"/{number}.xml": b"<rss>%d</rss>" % number for number in range(EACH)}
    tags = [origin.answer(body, "application/xml")[0].decode() for body in pages.values()]
    loop = asyncio.new_event_loop()
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
    with origin.serving(pages, core=SERVER_CORE) as port:
        asked = [
            [(f"http://127.0.{host}.1:{port}{path}", tag) for path, tag in zip(pages, tags, strict=True)]
            for host in range(1, HOSTS + 1)
        ]
        bare, client = loop.run_until_complete(_opened(port))
        if allowed:
            os.sched_setaffinity(0, {CORE})
        try:
            yield Row(
                "304s, 50 at once", "aiohttp",
                _all(loop, lambda one: _bare(bare, one), asked), _all(loop, lambda one: _ours(client, one), asked),
                HOSTS * EACH, "requests", 0.7,
            )  # fmt: skip
        finally:
            if allowed:
                os.sched_setaffinity(0, allowed)
            loop.run_until_complete(_closed(bare, client))
            loop.close()


_Asked = list[tuple[str, str]]


def _all(
    loop: asyncio.AbstractEventLoop, work: Callable[[_Asked], Coroutine[Any, Any, None]], asked: list[_Asked]
) -> Callable[[], object]:
    async def ask() -> None:
        await asyncio.gather(*(work(one) for one in asked))

    return lambda: loop.run_until_complete(ask())


async def _opened(port: int) -> tuple[aiohttp.ClientSession, Client]:
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=HOSTS), timeout=aiohttp.ClientTimeout(30))
    options = FetchOptions(
        allow_private=(ipaddress.ip_network("127.0.0.0/8"),),
        allow_ports=(port,),
        spacing=timedelta(0),
        concurrency=HOSTS,
    )
    return session, Client(options)


async def _closed(session: aiohttp.ClientSession, client: Client) -> None:
    await session.close()
    await client.close()


async def _bare(session: aiohttp.ClientSession, asked: _Asked) -> None:
    for url, tag in asked:
        async with session.get(url, headers={"If-None-Match": tag, "Accept-Encoding": "gzip"}) as response:
            await response.read()
            assert response.status == 304


async def _ours(client: Client, asked: _Asked) -> None:
    for url, tag in asked:
        page = await client.fetch(Request(url), Validators(etag=tag))
        assert page.is_unchanged
