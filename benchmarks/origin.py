"""A news site of its own process on loopback: fixed answers with ETag, gzip and 304, as fast as plain asyncio sends.

    with origin.serving({"/f/1.xml": body}) as port: ...

A page may be several bodies: what its first request gets, its second, and so on; the last stays. Such a page has no
ETag, as lists on many sites have none, and no answer about it is a 304.

It listens on every address of 127/8, so that each site of a benchmark has a host of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextlib.contextmanager
def serving(
    pages: Mapping[str, bytes | tuple[bytes, ...]], *, kind: str = "application/xml", core: int | None = None
) -> Iterator[int]:
    """Serves the pages until the block ends; gives the port. `core` pins the process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.origin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {core})
    try:
        process.stdin.write(pickle.dumps((dict(pages), kind)))
        process.stdin.close()
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class _Answers(asyncio.Protocol):
    """One connection. Requests without a body, pipelined or not."""

    def __init__(self, answers: Mapping[bytes, list[tuple[bytes, bytes, bytes]]]) -> None:
        self._answers = answers
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            request, self._rest = self._rest[:end], self._rest[end + 4 :]
            path = request.split(b" ", 2)[1].split(b"?", 1)[0]
            turns = self._answers.get(path, _MISSING)
            etag, whole, unchanged = turns.pop(0) if len(turns) > 1 else turns[0]
            self._transport.write(unchanged if etag and etag in request else whole)  # type: ignore[attr-defined]


_MISSING = [(b"", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b"")]


def _turns(body: bytes | tuple[bytes, ...], kind: str) -> list[tuple[bytes, bytes, bytes]]:
    if isinstance(body, bytes):
        return [answer(body, kind)]
    return [(b"", _head(kind, b"", packed) + packed, b"") for packed in (gzip.compress(one, 6) for one in body)]


def answer(body: bytes, kind: str) -> tuple[bytes, bytes, bytes]:
    """The ETag, the whole answer (gzip) and the one that says that nothing changed."""
    packed = gzip.compress(body, 6)
    etag = b'"%s"' % hashlib.blake2b(body, digest_size=8).hexdigest().encode()
    head = _head(kind, b"ETag: %s\r\n" % etag, packed)
    return etag, head + packed, b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % etag


def _head(kind: str, more: bytes, packed: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: %s; charset=utf-8\r\n%s"
        b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (kind.encode(), more, len(packed))
    )


async def _serve() -> None:
    pages, kind = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # from the benchmark that started us
    answers = {path.encode(): _turns(body, kind) for path, body in pages.items()}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answers(answers), "0.0.0.0", 0, backlog=4096)  # noqa: S104  # all of 127/8
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
