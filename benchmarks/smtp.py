"""SMTP: the outbox emptied through the SMTP channel, beside aiosmtplib alone on as many kept connections.

200 mails of 50 KB to a server in a process of its own, which reads each and says 250. Both sides make two durable
commits a mail in a database on disk, by the same writer: aiosmtplib's before and after each mail, ours the stage before
the content leaves and the server's answer. What is measured is thus all the rest: claims, receipts, stages, pools. The
goal is an overhead of 30 % at most.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import aiosmtplib
from sqlalchemy import Connection, text

from benchmarks.harness import Row
from policywatch.channels.kinds.smtp import Channel
from policywatch.model import Message
from policywatch.pipeline import deliver
from policywatch.store import outbox, runs
from policywatch.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection as Pipe

MAILS = 200
CONNECTIONS = 10
BYTES = 50_000
GOAL = 1 / 1.3
HEAD = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: s\r\nMessage-ID: <%d@example.org>\r\n\r\n"


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 taken\r\n")
        elif verb == b"EHLO":
            writer.write(b"250-sink\r\n250 8BITMIME\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(b"250 ok\r\n")
    writer.close()


def _sink(told: Pipe) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(_talk, "127.0.0.1", 0, limit=1 << 20)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def _server() -> Iterator[int]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_sink, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _now() -> datetime:
    return datetime.now(UTC)


def _mails() -> list[Message]:
    line = b"x" * 70 + b"\r\n"
    body = line * (BYTES // len(line))
    return [Message("b@example.org", f"<{at}@example.org>", "s", HEAD % at + body) for at in range(MAILS)]


def _fill(tx: Connection, mails: list[Message]) -> None:
    for number, mail in enumerate(mails):
        run = runs.open_run(tx, "bench", str(number), _now(), "digest", _now())
        assert run is not None
        outbox.add(tx, run, [mail], "smtp", _now())


def _again(tx: Connection) -> None:
    tx.execute(text("UPDATE message SET state = 'pending', next_at = 0"))


def _touch(tx: Connection, number: int) -> None:
    tx.execute(text("UPDATE message SET last_error = :at WHERE id = :id"), {"at": str(_now()), "id": number})


def rows() -> Iterator[Row]:
    """One row: mails a second."""
    mails = _mails()
    with tempfile.TemporaryDirectory() as folder, _server() as port:
        db = Database.open(Path(folder) / "bench.sqlite")
        try:
            db.write_now(_fill, mails)
            given = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "a@example.org"}
            options = Channel.Options.model_validate({**given, "connections": CONNECTIONS})

            async def connection(numbers: range) -> None:
                async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
                    for number in numbers:
                        await db.write(_touch, number + 1)
                        await client.sendmail("a@example.org", ["b@example.org"], mails[number].content)
                        await db.write(_touch, number + 1)

            async def alone() -> None:
                await asyncio.gather(*(connection(range(at, MAILS, CONNECTIONS)) for at in range(CONNECTIONS)))

            async def ours() -> None:
                channel = Channel(options)
                await db.write(_again)
                done = await deliver.deliver_due(db, {"smtp": channel}, _now)
                await channel.close()
                assert done.sent == MAILS, done

            yield Row(
                name=f"{MAILS} mails of {BYTES // 1000} KB over {CONNECTIONS} connections",
                peer_name="aiosmtplib, kept connections, two commits a mail",
                peer=lambda: asyncio.run(alone()),
                ours=lambda: asyncio.run(ours()),
                amount=MAILS,
                unit="mails",
                goal=GOAL,
            )
        finally:
            db.close()
