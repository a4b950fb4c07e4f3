"""`kind: smtp`: one message to one recipient, over TLS, with every stage known."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path  # pydantic reads it when the class is made
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, model_validator

from policywatch import dates
from policywatch.channels import addresses, base, session
from policywatch.channels import paces as careful
from policywatch.channels.presets import PRESETS, Tls
from policywatch.model import Outcome, Receipt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from policywatch.model import Message, Pace, StageRecorder

T = TypeVar("T")

_PORTS: dict[Tls, int] = {"starttls": 587, "implicit": 465, "none": 25}
CONFIG_PAUSE = 600.0
"""Seconds for which a server that refused the settings is left alone: tries with a wrong password lock accounts."""
IDLE_SECONDS = 45.0
"""For which a connection is kept for the next message; servers hang up after one to five minutes."""
QUIT_SECONDS = 2.0


def is_loopback(host: str) -> bool:
    """This machine itself, where nobody listens in."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _seconds(value: Any) -> Any:
    return dates.duration(value) if isinstance(value, str) else value


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing; write for example 30s")
    return value


def _host(value: str) -> str:
    host = value.strip()
    odd = any(sign.isspace() or sign in "/@。，：" or not sign.isprintable() for sign in host)
    # One colon parts a port off; an IPv6 address has two at least.
    if not host or odd or host.count(":") == 1:
        raise ValueError("is not the name of a server; write one such as smtp.example.org, and the port apart")
    return host.strip("[]")


def _context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _authority(path: Path, info: ValidationInfo) -> Path:
    # Relative to the configuration's folder, wherever the program was started.
    path = (info.context or {}).get("folder", Path()) / path
    try:
        _context(path)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise ValueError(f"{path} cannot be read as certificates; name a file in PEM form") from None
    return path


Lasting = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_positive)]


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why no connection could be opened, for those who would find the same."""

    receipt: Receipt
    at: float
    until: float
    """On the event loop's clock."""


class Channel(base.Channel):
    """An SMTP server, over a few kept connections, so that one slow reply does not hold back the other mails.

    When the server refuses the settings (outcome CONFIG), every message gets that answer for ten minutes without
    another try. A connection that cannot be had answers for all who were waiting for one.
    """

    class Options(base.Options):
        """What may stand under `mail:`."""

        preset: Literal["qq", "163", "exmail", "gmail", "outlook"] | None = None
        """A provider whose host, port and TLS are known; instead of those."""
        host: Annotated[str, AfterValidator(_host)] | None = None
        """The server's name."""
        port: Annotated[int, Field(ge=1, le=65535)] | None = None
        """By default what goes with `tls`: 587, 465 or 25."""
        tls: Tls | None = None
        """starttls (the default), implicit (the default with port 465), or none, for a server on this machine only."""
        user: str | None = None
        """What one logs in as; most providers want the whole address."""
        password: SecretStr | None = None
        """Best from `${env:SMTP_PASSWORD}` or `${file:PATH}`. QQ and 163 want the 授权码, Gmail an app password."""
        from_: Annotated[base.Address | None, Field(alias="from")] = None
        """What stands as sender: an address, or `Name <address>`; without it the user's address."""
        ca_file: Annotated[Path, AfterValidator(_authority)] | None = None
        """Certificates of a company's own authority, in PEM; the usual ones stay trusted."""
        connections: Annotated[int, Field(ge=1, le=20)] = 2
        """At once."""
        pace: careful.Paces = Field(default_factory=dict)
        """Tries by domain of the recipients, such as {qq.com: 20/min}; `all` is for everything. `off` lifts a limit.

        Large mailbox providers have careful limits without being named here, and so has a preset.
        """
        connect_timeout: Lasting = timedelta(seconds=30)
        """For a connection with its TLS handshake."""
        reply_timeout: Lasting = timedelta(minutes=5)
        """For the answer to a command (RFC 5321, 4.5.3.2)."""
        data_timeout: Lasting = timedelta(minutes=10)
        """For the answer to the final dot; giving up sooner doubles mails (RFC 5321, 4.5.3.2.6; RFC 1047)."""

        @model_validator(mode="after")
        def _is_whole(self) -> Self:
            if self.preset is None and self.host is None:
                raise ValueError(f"name a preset ({', '.join(PRESETS)}) or a host")
            if self.preset is not None and (self.host or self.port or self.tls):
                raise ValueError("a preset names host, port and tls itself; remove them or the preset")
            self._check_log_in()
            host, _, tls = self.server
            if tls == "none" and not is_loopback(host):
                raise ValueError(
                    "`tls: none` would show the mails to the network, and is for a server on this machine only; "
                    "write starttls or implicit"
                )
            if self.from_ is None:
                try:
                    addresses.mail_address(self.user or "")
                except ValueError:
                    raise ValueError("`from` is missing: write the address that mails come from") from None
            return self

        def _check_log_in(self) -> None:
            password = self.password.get_secret_value() if self.password is not None else None
            if (not self.user) != (not password):
                missing = "password" if self.user else "user"
                raise ValueError(f"`user` and `password` belong together; `{missing}` is missing or empty")
            if self.preset is not None and not self.user:
                raise ValueError(f"preset {self.preset} wants a log-in; write `user` and `password`")

        @property
        def server(self) -> tuple[str, int, Tls]:
            """Host, port and kind of TLS."""
            if self.preset is not None:
                preset = PRESETS[self.preset]
                return preset.host, preset.port, preset.tls
            tls = self.tls or ("implicit" if self.port == _PORTS["implicit"] else "starttls")
            return self.host or "", self.port or _PORTS[tls], tls

        @property
        def sender(self) -> str:
            """The From of every mail."""
            return self.from_ or self.user or ""

        @property
        def paces(self) -> Mapping[str, Pace]:
            """What is written under `pace`, and what goes without being written."""
            return careful.settled(self.pace, PRESETS[self.preset].pace if self.preset is not None else None)

    def __init__(self, options: Channel.Options) -> None:
        super().__init__(options)
        host, port, tls = options.server
        self._server = session.Server(
            host=host,
            port=port,
            tls=tls,
            context=None if tls == "none" else _context(options.ca_file),
            user=options.user or None,
            password=options.password.get_secret_value() if options.password is not None else None,
            connect_timeout=options.connect_timeout.total_seconds(),
            reply_timeout=options.reply_timeout.total_seconds(),
            data_timeout=options.data_timeout.total_seconds(),
        )
        self._sender = addresses.mailbox(addresses.bare(options.sender))
        self._slots = asyncio.Semaphore(options.connections)
        self._opening = asyncio.Lock()
        self._kept: dict[session.Session, asyncio.TimerHandle] = {}
        self._fault: _Fault | None = None

    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Tries once, with one RCPT; opens a fresh connection when the server has closed the kept one."""
        asked_at = asyncio.get_running_loop().time()
        try:
            recipient = addresses.mailbox(message.recipient)
        except ValueError as error:
            return Receipt(Outcome.FAILED, "rcpt", detail=f"{message.recipient}: {error}")
        async with self._slots:
            try:
                return await self._deliver(recipient, message.content, stage, asked_at)
            except session.EndedError as ended:
                return ended.receipt

    async def close(self) -> None:
        """Says QUIT on kept connections."""
        kept, self._kept = self._kept, {}
        for timer in kept.values():
            timer.cancel()
        await asyncio.gather(*(one.quit(QUIT_SECONDS) for one in kept))

    async def _deliver(
        self, recipient: addresses.Mailbox, content: bytes, stage: StageRecorder, asked_at: float
    ) -> Receipt:
        self._raise_fault(asked_at, only_config=True)
        while (kept := self._take()) is not None:
            if not await self._guarded(kept, kept.reset()):
                continue
            receipt = await self._send(kept, recipient, content, stage)
            # Closed, or said 421, though it had just answered RSET: some servers allow few messages a connection.
            if kept.is_open or receipt.outcome is not Outcome.RETRY:
                return receipt
        async with self._opening:
            self._raise_fault(asked_at)
            fresh = session.Session(self._server)
            try:
                await self._guarded(fresh, fresh.open(stage))
            except session.EndedError as ended:
                self._remember(ended.receipt)
                raise
            self._fault = None
        return await self._send(fresh, recipient, content, stage)

    async def _send(
        self, one: session.Session, recipient: addresses.Mailbox, content: bytes, stage: StageRecorder
    ) -> Receipt:
        receipt = await self._guarded(one, one.send(self._sender, recipient, content, stage))
        if receipt.outcome is Outcome.CONFIG:
            self._remember(receipt)
        if one.is_open:
            self._keep(one)
        return receipt

    @staticmethod
    async def _guarded(one: session.Session, step: Awaitable[T]) -> T:
        """A step that is cut short, or whose stage could not be recorded, leaves no half-spoken connection behind."""
        try:
            return await step
        except BaseException:
            one.abort()
            raise

    def _keep(self, one: session.Session) -> None:
        loop = asyncio.get_running_loop()
        self._kept[one] = loop.call_later(IDLE_SECONDS, self._let_go, one)

    def _let_go(self, one: session.Session) -> None:
        if self._kept.pop(one, None) is not None:
            one.abort()

    def _take(self) -> session.Session | None:
        if not self._kept:
            return None
        one, timer = self._kept.popitem()
        timer.cancel()
        return one

    def _remember(self, receipt: Receipt) -> None:
        now = asyncio.get_running_loop().time()
        if receipt.outcome is Outcome.CONFIG:
            self._fault = _Fault(receipt, now, now + CONFIG_PAUSE)
        elif receipt.code is None:
            self._fault = _Fault(receipt, now, now)

    def _raise_fault(self, asked_at: float, *, only_config: bool = False) -> None:
        fault = self._fault
        if fault is None or (only_config and fault.receipt.outcome is not Outcome.CONFIG):
            return
        if asyncio.get_running_loop().time() < fault.until or asked_at <= fault.at:
            raise session.EndedError(fault.receipt)
