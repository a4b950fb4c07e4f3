"""Any number of feeds on loopback, each at a host of its own; they know when each was asked."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import defaultdict
from email.utils import formatdate

_ITEM = (
    "<item><title>第{number}号公告第{at}期</title><guid isPermaLink='false'>{number}-{at}</guid>"
    "<link>http://{host}/{at}.html</link><pubDate>{day}</pubDate><description>{text}</description></item>"
)


class Feeds:
    """Answers as a plain server does, with ETag and 304. Use as a context manager."""

    def __init__(self, count: int, every: float) -> None:
        """A tenth of the feeds have something new about every tenth time that they are asked."""
        self.count = count
        self._every = every
        self.asked: defaultdict[int, list[float]] = defaultdict(list)
        """When each was asked, by the monotonic clock."""
        self._begun = time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def host(self, number: int) -> str:
        return f"127.{60 + number // 250}.{number % 250}.7"

    def __enter__(self) -> Feeds:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._answer, "0.0.0.0", 0, backlog=1024),  # all of 127/8
            self._loop,
        ).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_error) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _body(self, number: int) -> bytes:
        newest = int((time.monotonic() - self._begun) / (10 * self._every)) if number % 10 == 0 else 0
        items = "".join(
            _ITEM.format(
                number=number,
                at=at,
                host=self.host(number),
                day=formatdate(1.7e9 + at),
                text=f"内容{number * 7919 + at}" * 40,
            )
            for at in range(max(0, newest - 15), newest + 5)
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>源{number}</title>{items}</channel></rss>'.encode()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                number = int(request.split(b" ", 2)[1].strip(b"/"))
                self.asked[number].append(time.monotonic())
                body = self._body(number)
                etag = b'"%s"' % hashlib.blake2b(body, digest_size=8).hexdigest().encode()
                if etag in request:
                    writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % etag)
                else:
                    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
                    writer.write(head % (etag, len(body)) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
