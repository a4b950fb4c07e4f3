"""The bounds on size and time, and answers that lie about themselves."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from edges.fetch_origin import Origin, always, answer, failed, fetch, options, serving
from policywatch.fetch.client import Client
from policywatch.fetch.options import FetchOptions
from policywatch.model import Request

LIMIT = 10 * 2**20
TEXT = "低空经济政策通知\n".encode() * 2_000
SHORT = {"timeout": timedelta(seconds=0.5), "connect_timeout": timedelta(seconds=0.5)}


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def bomb(coding: str, gibibytes: float = 1) -> list[bytes]:
    """Compressed zeros: one MiB block, ended so that it can be repeated, as often as needed."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    head = {"gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\xff", "deflate": b"\x78\x9c", "bare": b""}[coding]
    return [head, *[block * 8] * int(gibibytes * 128)]


def chunked(chunk: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


async def peak_of_too_large(origin: Origin) -> int:
    """The most bytes that Python held while it fetched what is too large."""
    tracemalloc.start()
    try:
        error = await failed(origin)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.code == "body_too_large"
    return peak


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        ("GZip", gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0)),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\0" * 512),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\r\n"),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("identity", TEXT),
        ("identity, gzip", gzip.compress(TEXT, mtime=0)),
        ("", TEXT),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1_000_000])
def test_a_compressed_page_is_read_however_it_is_cut(coding, data, piece):
    async def scenario() -> None:
        async def reply(_origin: Origin, writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n".encode())
            writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
            start = min(piece * 30, len(data))  # a few small pieces suffice
            for at in range(0, start, piece):
                writer.write(chunked(data[at : min(at + piece, start)]))
                await writer.drain()
            if start < len(data):
                writer.write(chunked(data[start:]))
            writer.write(b"0\r\n\r\n")

        async with serving(reply) as origin:
            assert (await fetch(origin)).body == TEXT

    asyncio.run(scenario())


def test_an_empty_body_needs_no_compressed_data():
    async def scenario() -> None:
        async with serving(always(answer(200, b"", "Content-Encoding: gzip"))) as origin:
            assert (await fetch(origin)).body == b""

    asyncio.run(scenario())


@pytest.mark.parametrize("coding", ["gzip", "deflate", "bare"])
@pytest.mark.parametrize("framing", ["chunked", "until the end", "length"])
def test_020_decompression_bomb_ends_at_the_limit_in_little_memory(coding, framing):
    async def scenario() -> int:
        parts = bomb(coding)
        header = {
            "chunked": b"Transfer-Encoding: chunked\r\n",
            "until the end": b"Connection: close\r\n",
            "length": b"Content-Length: %d\r\n" % sum(map(len, parts)),
        }[framing]
        assert sum(map(len, parts)) < LIMIT

        async def reply(_origin: Origin, writer: asyncio.StreamWriter) -> None:
            name = "gzip" if coding == "gzip" else "deflate"
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Encoding: {name}\r\n".encode() + header + b"\r\n")
            for part in parts:
                writer.write(chunked(part) if framing == "chunked" and part else part)
                await writer.drain()

        async with serving(reply) as origin:
            return await peak_of_too_large(origin)

    assert asyncio.run(scenario()) <= 3 * LIMIT


def test_020_a_bomb_is_left_at_a_modest_size_and_a_large_page_that_shrinks_well_is_read():
    """Dozens of bombs at once would fill the memory long before each reached the limit."""
    lines = "".join(
        f'<li><a href="/art/{n % 50}.html" target="_blank">低空经济政策通知</a></li>\n' for n in range(60_000)
    )

    async def scenario() -> int:
        page = gzip.compress(lines.encode(), mtime=0)
        assert len(lines.encode()) > 60 * len(page)
        async with serving(always(answer(200, page, "Content-Encoding: gzip"))) as origin:
            assert (await fetch(origin)).body == lines.encode()
        whole = gzip.compress(bytes(60 * 2**20), mtime=0)
        async with serving(always(answer(200, whole, "Content-Encoding: gzip"))) as origin:
            return await peak_of_too_large(origin)

    assert asyncio.run(scenario()) <= 4 * 2**20


def test_020_gzip_in_gzip_and_unknown_codings_are_named_errors():
    async def scenario() -> None:
        for coding in ("gzip, gzip", "deflate, gzip", "br", "zstd", "gzip;q=1", "compress"):
            async with serving(always(answer(200, b"xx", f"Content-Encoding: {coding}"))) as origin:
                assert (await failed(origin)).code == "bad_encoding"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)[:-20]),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-1]),
        ("gzip", gzip.compress(TEXT, mtime=0)[:5]),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-8] + bytes(8)),
        ("gzip", gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT, mtime=0)[:-9]),
        ("gzip", TEXT),
        ("gzip", gzip.compress(b"", mtime=0) * 1_001),
        ("deflate", zlib.compress(TEXT)[:-3]),
        ("deflate", bare_deflate(TEXT)[:-3]),
        ("deflate", b"\x78"),
        ("deflate", b"\xff\xff\xff"),
    ],
)
def test_damaged_or_incomplete_compressed_data_is_a_named_error(coding, data):
    async def scenario() -> None:
        async with serving(always(answer(200, data, f"Content-Encoding: {coding}"))) as origin:
            assert (await failed(origin)).code == "bad_encoding"

    asyncio.run(scenario())


@pytest.mark.parametrize("prelude", [b"", gzip.compress(b"x", mtime=0)])
def test_021_an_endless_body_is_left_at_the_limit(prelude):
    async def scenario() -> None:
        sent = 0
        gone = asyncio.Event()
        coding = b"Content-Encoding: gzip\r\n" if prelude else b""

        async def reply(_origin: Origin, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            writer.write(b"HTTP/1.1 200 OK\r\n" + coding + b"\r\n" + prelude)
            try:
                while True:
                    writer.write(bytes(16 * 1024))
                    await writer.drain()
                    sent += 16 * 1024
            except ConnectionError:
                gone.set()

        async with serving(reply) as origin, Client(options(origin, max_bytes=100_000)) as client:
            with pytest.raises(Exception, match="100,000 bytes") as caught:
                await client.fetch(Request(origin.base))
            assert caught.value.code == "body_too_large"
            await gone.wait()  # the connection was dropped, not drained
        # What the kernel's buffers hold on both sides was sent without being read.
        assert sent < 16 * 2**20

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [0, 1, 99_999, 100_000])
def test_a_body_of_exactly_the_limit_is_read(size):
    async def scenario() -> None:
        body = b"x" * size
        for data, coding in ((body, ""), (gzip.compress(body, mtime=0), "Content-Encoding: gzip")):
            async with serving(always(answer(200, data, coding))) as origin:
                assert (await fetch(origin, max_bytes=100_000)).body == body

    asyncio.run(scenario())


def test_one_byte_more_than_the_limit_is_too_large():
    async def scenario() -> None:
        body = b"x" * 100_001
        for data, coding in ((body, ""), (gzip.compress(body, mtime=0), "Content-Encoding: gzip")):
            async with serving(always(answer(200, data, coding))) as origin:
                assert (await failed(origin, max_bytes=100_000)).code == "body_too_large"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (answer(200, b"the whole page", length=0), "bad_response"),
        (answer(200, b"the whole page", length=5), "bad_response"),
        (answer(200, b"x" * 50_000, length=49_990), "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n0123456789", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", "bad_response"),
        (answer(200, b"short", length=10**12), "body_too_large"),
    ],
)
def test_022_a_content_length_that_lies_is_a_named_error(data, code):
    async def scenario() -> None:
        async with serving(always(data)) as origin:
            assert (await failed(origin, **SHORT)).code == code

    asyncio.run(scenario())


def test_022_a_page_longer_than_announced_is_an_error_also_when_its_head_came_first():
    async def scenario() -> None:
        async def reply(_origin: Origin, writer: asyncio.StreamWriter) -> bytes:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)  # so that the head travels alone
            return b"hello, this is more"

        async with serving(reply) as origin:
            assert (await failed(origin)).code == "bad_response"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "head", ["Connection: close\r\nContent-Length: 300000\r\n", "Connection: close\r\n", "HTTP/1.0"]
)
def test_a_whole_page_is_read_when_the_server_hangs_up_right_after_it(head):
    async def scenario() -> None:
        async def reply(_origin: Origin, writer: asyncio.StreamWriter) -> None:
            line = "HTTP/1.0 200 OK\r\n" if head == "HTTP/1.0" else f"HTTP/1.1 200 OK\r\n{head}"
            writer.write(f"{line}\r\n".encode())
            await writer.drain()
            writer.write(b"x" * 300_000)

        async with serving(reply) as origin, Client(options(origin)) as client:
            for _ in range(20):
                assert len((await client.fetch(Request(origin.base))).body) == 300_000

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "data",
    [
        answer(200, b"half of it", length=20),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
)
def test_022_an_answer_that_breaks_off_is_an_error(data):
    async def scenario() -> None:
        async def reply(_origin: Origin, writer: asyncio.StreamWriter) -> None:
            writer.write(data)
            await writer.drain()

        async with serving(reply) as origin:
            assert (await failed(origin, **SHORT)).code in {"bad_response", "connection"}

    asyncio.run(scenario())


def test_023_a_hundred_thousand_header_lines_are_a_bad_response():
    async def scenario() -> None:
        async def reply(_origin: Origin, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(1_000):
                writer.write(b"X: y\r\n" * 100)
                await writer.drain()

        async with serving(reply) as origin:
            assert (await failed(origin)).code == "bad_response"

    asyncio.run(scenario())


def drip(*parts: bytes):
    """Sends the parts at once, then a byte now and then until nobody listens."""

    async def reply(_origin: Origin, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
        while not writer.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.05)

    return reply


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ",),
        (b"",),
    ],
)
def test_023_a_slow_drip_ends_at_the_total_deadline(parts):
    async def scenario() -> None:
        async with serving(drip(*parts)) as origin:
            started = time.monotonic()
            error = await failed(origin, **SHORT)
            assert error.code in {"timeout", "bad_response"} if parts == (b"",) else error.code == "timeout"
            assert time.monotonic() - started < 2

    asyncio.run(scenario())


def test_023_a_slow_chain_of_redirects_ends_at_the_same_total_deadline():
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            await asyncio.sleep(0.15)
            return answer(302, b"", f"Location: /{len(origin.requests)}")

        async with serving(reply) as origin:
            error = await failed(origin, **SHORT)
            assert error.code == "timeout"
            assert error.what == "the server did not answer within 0.5 s"
            assert len(origin.requests) <= 4

    asyncio.run(scenario())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_023_a_server_that_says_nothing_is_left_after_its_time(scheme):
    async def scenario() -> None:
        async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)

        writers: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        origin = Origin("127.0.0.1", server.sockets[0].getsockname()[1], scheme)
        quick = {"read_timeout": timedelta(seconds=0.2), "connect_timeout": timedelta(seconds=0.2)}
        error = await failed(origin, **quick)
        for writer in writers:
            writer.close()
        server.close()
        assert error.code == "timeout"
        assert "0.2 s" in error.what

    asyncio.run(scenario())


def test_023_other_fetches_are_not_delayed_by_a_slow_one():
    async def scenario() -> None:
        slow_server = serving(drip(b"HTTP/1.1 200 OK\r\n\r\n"), host="127.0.0.2")
        quick_server = serving(always(answer(200)), host="0.0.0.0")
        async with slow_server as slow, quick_server as quick, AsyncExitStack() as stack:
            client = await stack.enter_async_context(Client(options(slow, quick)))
            stuck = asyncio.create_task(client.fetch(Request(slow.base)))
            hosts = [f"http://127.0.1.{number}:{quick.port}/" for number in range(1, 100)]
            started = time.monotonic()
            await asyncio.gather(*(client.fetch(Request(url)) for url in hosts))
            assert time.monotonic() - started < 3
            assert not stuck.done()
            stuck.cancel()
            await asyncio.gather(stuck, return_exceptions=True)

    asyncio.run(scenario())


def test_a_cancelled_fetch_gives_its_place_back():
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            if len(origin.requests) == 1:
                asked.set()
                await asyncio.Event().wait()
            return answer(200)

        asked = asyncio.Event()
        async with serving(reply) as origin, Client(options(origin, concurrency=1)) as client:
            stuck = asyncio.create_task(client.fetch(Request(origin.base)))
            await asked.wait()
            stuck.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stuck
            assert (await client.fetch(Request(origin.base))).status == 200

    asyncio.run(scenario())


def test_023_the_deadline_is_30_seconds_unless_set():
    assert FetchOptions().timeout == timedelta(seconds=30)
    assert FetchOptions().max_bytes == LIMIT
