"""An SMTP server on loopback that answers as it is told, and remembers every command it got."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import ssl
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP

from policywatch.channels.kinds.smtp import Channel
from policywatch.model import Message, Receipt

DROP = None
"""As an answer: hangs up without a word."""

STEPS = ("connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "dot", "RSET", "QUIT")
USUAL = {
    "connect": "220 mx ESMTP",
    "STARTTLS": "220 go ahead",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go ahead",
    "dot": "250 2.0.0 queued as 4711",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


@dataclass
class Accepted:
    """A message that the server took with 2yz."""

    sender: str
    recipients: list[str]
    content: bytes
    connection: int


@dataclass
class SmtpServer:
    """Answers each step with what `script` says, else as usual.

    A value is a reply, DROP, a list of them (one a time, then as usual), or a function of the command's text that
    gives one, or awaits it.
    """

    script: dict = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    implicit: bool = False
    offers: tuple[str, ...] = ("STARTTLS", "AUTH PLAIN LOGIN", "8BITMIME", "SIZE 10000000")
    alert: bytes = b""
    """Sent instead of a TLS handshake: what a server says that knows only other versions."""
    log: list[tuple[int, str]] = field(default_factory=list)
    """(connection counted from 1, command line)."""
    received: list[bytes] = field(default_factory=list)
    """Every content that came in whole, accepted or not, as on the wire."""
    accepted: list[Accepted] = field(default_factory=list)
    connections: int = 0
    clear: bytes = b""
    """What was said before encryption."""

    @contextlib.asynccontextmanager
    async def running(self):
        self._tasks: set[asyncio.Task] = set()
        server = await asyncio.start_server(
            self._track, "127.0.0.1", 0, ssl=self.context if self.implicit and not self.alert else None
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def verbs(self) -> list[str]:
        """The commands over all connections, by their first word."""
        return [line.split(" ")[0].upper() for _, line in self.log]

    @property
    def talking(self) -> int:
        """Connections that are open now."""
        return len(self._tasks)

    async def _track(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._talk(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, step: str, text: str = "") -> str | None:
        told = self.script.get(step, USUAL.get(step))
        if isinstance(told, list):
            told = told.pop(0) if told else USUAL[step]
        if callable(told):
            told = told(text)
            if inspect.isawaitable(told):
                told = await told
        return told

    async def _talk(self, reader, writer):
        self.connections += 1
        number = self.connections
        is_encrypted = self.implicit
        sender, recipients = "", []

        async def say(step: str, text: str = "") -> str | None:
            reply = await self._answer(step, text)
            if reply is DROP:
                raise ConnectionResetError
            writer.write(f"{reply}\r\n".encode("utf-8", "surrogateescape"))
            await writer.drain()
            return reply

        async def refuse_handshake():
            await reader.read(1000)
            writer.write(self.alert)
            await writer.drain()
            raise ConnectionResetError

        if self.implicit and self.alert:
            await refuse_handshake()
        await say("connect")
        while raw := await reader.readline():
            if not is_encrypted:
                self.clear += raw
            line = raw.decode().rstrip("\r\n")
            self.log.append((number, line))
            verb = line.split(" ")[0].upper()
            if verb == "EHLO" and "EHLO" not in self.script:
                offers = [offer for offer in self.offers if offer != "STARTTLS" or not is_encrypted]
                lines = ["mx greets you", *offers]
                reply = "\r\n".join(f"250{' ' if at == len(lines) - 1 else '-'}{one}" for at, one in enumerate(lines))
                writer.write(f"{reply}\r\n".encode())
                continue
            if verb not in STEPS:
                writer.write(b"500 what\r\n")
                continue
            reply = await say(verb, line)
            if verb == "STARTTLS" and reply.startswith("220"):
                if self.alert:
                    await refuse_handshake()
                await writer.start_tls(self.context)
                is_encrypted = True
            elif verb == "AUTH" and reply.startswith("334"):
                self.log.append((number, (await reader.readline()).decode().strip()))
                await say("AUTH")
            elif verb == "MAIL":
                sender, recipients = line, []
            elif verb == "RCPT" and reply.startswith("250"):
                recipients.append(line)
            elif verb == "DATA" and reply.startswith("354"):
                content = await reader.readuntil(b"\r\n.\r\n")
                self.received.append(content[:-3])
                reply = await say("dot", line)
                if reply.startswith("2"):
                    self.accepted.append(Accepted(sender, recipients, content[:-3], number))
            elif verb == "QUIT" or reply.startswith("421"):
                return


class Inbox:
    """What a real server (aiosmtpd) was handed."""

    def __init__(self, refusals: dict[str, str] | None = None) -> None:
        self.envelopes = []
        self.refusals = refusals or {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd's name
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        self.envelopes.append(envelope)
        return "250 queued"


@contextlib.asynccontextmanager
async def real_server(inbox, **given):
    """aiosmtpd on a port of its own; gives the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, **given), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def message(number: int = 1, to: str = "a@example.org", content: bytes | None = None) -> Message:
    """A small mail that can be told from others."""
    name = f"<{number}@example.org>"
    text = f"Message-ID: {name}\r\nDate: Mon, 23 Nov 2026 08:30:00 +0800\r\nSubject: {number}\r\n\r\nhello\r\n"
    return Message(to, name, str(number), content if content is not None else text.encode())


class Stages(list):
    """A stage recorder that keeps what it was told."""

    async def __call__(self, stage: str) -> None:
        self.append(stage)


def channel(server: SmtpServer, **options) -> Channel:
    """A channel to the server; without TLS unless told otherwise."""
    given = {"host": "127.0.0.1", "port": server.port, "tls": "none", "from": "news@example.org", **options}
    return Channel(Channel.Options.model_validate(given))


@contextlib.asynccontextmanager
async def connected(server: SmtpServer, **options):
    """A running server and a channel to it."""
    async with server.running():
        way = channel(server, **options)
        try:
            yield way
        finally:
            await way.close()


def try_once(server: SmtpServer, sent: Message | None = None, **options) -> tuple[Receipt, Stages]:
    """One try on a server of its own."""

    async def go() -> tuple[Receipt, Stages]:
        async with connected(server, **options) as way:
            stages = Stages()
            return await way.deliver(sent or message(), stages), stages

    return asyncio.run(go())
