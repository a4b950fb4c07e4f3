"""`kind: smtp`: one message to one recipient, over TLS, with every stage known."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

import aiosmtplib
from pydantic import Field, SecretStr, model_validator

from policywatch.channels import base, replies
from policywatch.channels.presets import PRESETS, login_hint
from policywatch.model import Outcome, Receipt

if TYPE_CHECKING:
    from policywatch.model import Message, StageRecorder

Tls = Literal["starttls", "implicit", "none"]
_PORTS: dict[str, int] = {"starttls": 587, "implicit": 465, "none": 25}


def is_loopback(host: str) -> bool:
    """This machine itself, where nobody listens in."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _StoppedError(Exception):
    """A stage ended with a refusal or a broken link."""

    receipt: Receipt


class Channel(base.Channel):
    """An SMTP server, over a few kept connections."""

    class Options(base.Options):
        """What may stand under `mail:`."""

        preset: Literal["qq", "163", "exmail", "gmail", "outlook"] | None = None
        host: str | None = None
        port: Annotated[int, Field(ge=1, le=65535)] | None = None
        tls: Tls | None = None
        """starttls (the default), implicit, or none, which only a server on this machine may have."""
        user: str | None = None
        password: SecretStr | None = None
        from_: Annotated[base.Address | None, Field(alias="from")] = None
        """Without it the user's address."""
        ca_file: Path | None = None
        """Certificates of your own authority, in PEM."""
        connections: Annotated[int, Field(ge=1, le=20)] = 2
        connect_timeout: Annotated[float, Field(gt=0)] = 30.0
        """Seconds, for each command too."""
        data_timeout: Annotated[float, Field(gt=0)] = 600.0
        """Seconds for the answer to the final dot (RFC 5321, 4.5.3.2.6: at least 10 minutes)."""

        @model_validator(mode="after")
        def _is_whole(self) -> Self:
            if self.preset is None and not self.host:
                raise ValueError(f"name a preset ({', '.join(PRESETS)}) or a host")
            if self.preset is not None and (self.host or self.port or self.tls):
                raise ValueError("a preset names host, port and tls itself; remove them or the preset")
            if (self.user is None) != (self.password is None):
                raise ValueError("`user` and `password` belong together; write both or neither")
            if self.server[2] == "none" and not is_loopback(self.server[0]):
                raise ValueError("`tls: none` would show mails and password to the network; write starttls or implicit")
            if self.from_ is None:
                try:
                    base.mail_address(self.user or "")
                except ValueError:
                    raise ValueError("write `from`: the address that mails come from") from None
            return self

        @property
        def server(self) -> tuple[str, int, str]:
            """Host, port and kind of TLS."""
            if self.preset is not None:
                preset = PRESETS[self.preset]
                return preset.host, preset.port, preset.tls
            tls = self.tls or ("implicit" if self.port == 465 else "starttls")
            return self.host or "", self.port or _PORTS[tls], tls

        @property
        def sender(self) -> str:
            """The From of every mail."""
            return self.from_ or self.user or ""

    def __init__(self, options: Channel.Options) -> None:
        super().__init__(options)
        self._slots = asyncio.Semaphore(options.connections)
        self._idle: list[aiosmtplib.SMTP] = []

    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """One try. The stage `dot` is recorded before the content leaves: after it the server may have the mail."""
        async with self._slots:
            client = await self._kept()
            at = "connect"
            try:
                if client is None:
                    client = self._client()
                    await self._open(client)
                at = "mail"
                await _step("mail", client.mail(parseaddr(self.options.sender)[1]))
                at = "rcpt"
                await _step("rcpt", client.rcpt(message.recipient))
                at = "dot"
                await stage("dot")
                reply = await _step("dot", client.data(message.content, timeout=self.options.data_timeout))
            except _StoppedError as stopped:
                await self._put_back(client, stopped.receipt)
                return self._explained(stopped.receipt)
            except asyncio.CancelledError:
                self._drop(client)
                raise
            except (aiosmtplib.SMTPException, OSError, ValueError) as error:
                self._drop(client)
                outcome = Outcome.UNKNOWN if at == "dot" else Outcome.RETRY
                return Receipt(outcome, at, detail=_line(error))
            self._idle.append(client)
            return Receipt(Outcome.SENT, "reply", 250, _line(reply))

    async def close(self) -> None:
        """Says QUIT on kept connections."""
        idle, self._idle = self._idle, []
        for client in idle:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await asyncio.wait_for(client.quit(), 2)
            self._drop(client)

    def _client(self) -> aiosmtplib.SMTP:
        host, port, tls = self.options.server
        context = None
        if tls != "none":
            context = ssl.create_default_context(cafile=str(self.options.ca_file) if self.options.ca_file else None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        return aiosmtplib.SMTP(
            hostname=host,
            port=port,
            use_tls=tls == "implicit",
            start_tls=False,  # done below, where a refusal ends the try: never AUTH in clear
            tls_context=context,
            timeout=self.options.connect_timeout,
        )

    async def _open(self, client: aiosmtplib.SMTP) -> None:
        try:
            await _step("connect", client.connect())
        except ssl.SSLError as error:
            raise _StoppedError(Receipt(Outcome.CONFIG, "tls", detail=_line(error))) from None
        await _step("ehlo", client.ehlo())
        if self.options.server[2] == "starttls":
            try:
                await _step("tls", client.starttls())
                await _step("ehlo", client.ehlo())
            except ssl.SSLError as error:
                raise _StoppedError(Receipt(Outcome.CONFIG, "tls", detail=_line(error))) from None
            except aiosmtplib.SMTPException as error:
                if isinstance(error, aiosmtplib.SMTPServerDisconnected):
                    raise
                what = f"the server offers no encryption (STARTTLS): {_line(error)}; nothing was sent"
                raise _StoppedError(Receipt(Outcome.CONFIG, "tls", detail=what)) from None
        if self.options.user is not None and self.options.password is not None:
            await _step("login", client.login(self.options.user, self.options.password.get_secret_value()))

    async def _kept(self) -> aiosmtplib.SMTP | None:
        """A connection that is still open, reset for a new message."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.rset()
            except (aiosmtplib.SMTPException, OSError):
                self._drop(client)
            else:
                return client
        return None

    async def _put_back(self, client: aiosmtplib.SMTP | None, receipt: Receipt) -> None:
        """After a refusal of one message the connection is good for the next; after anything else it is not."""
        if client is None:
            return
        if receipt.stage in {"mail", "rcpt", "dot"} and receipt.code != 421 and client.is_connected:
            self._idle.append(client)
        else:
            self._drop(client)

    @staticmethod
    def _drop(client: aiosmtplib.SMTP | None) -> None:
        if client is not None:
            client.close()

    def _explained(self, receipt: Receipt) -> Receipt:
        if receipt.outcome is not Outcome.CONFIG or receipt.stage != "login":
            return receipt
        host = self.options.server[0]
        return Receipt(
            receipt.outcome, receipt.stage, receipt.code, f"{host} refused the log-in: {login_hint(host)} ({receipt.detail})"
        )


async def _step(stage: str, call: object) -> object:
    """Awaits one command; a refusal becomes a receipt, a broken link stays an exception."""
    try:
        return await call  # type: ignore[misc]
    except aiosmtplib.SMTPResponseException as error:
        if error.code in {-1, 0} or isinstance(error, aiosmtplib.SMTPServerDisconnected):
            raise
        receipt = Receipt(replies.classify(stage, error.code), stage, error.code, _line(error))
        raise _StoppedError(receipt) from None
    except aiosmtplib.SMTPException as error:
        # Some refusals of aiosmtplib carry no reply: authentication not offered, say.
        if stage == "login" and not isinstance(error, aiosmtplib.SMTPServerDisconnected | aiosmtplib.SMTPTimeoutError):
            raise _StoppedError(Receipt(Outcome.CONFIG, stage, detail=_line(error))) from None
        cause = error.__cause__ or error.__context__
        if stage == "connect" and isinstance(cause, ssl.SSLError):
            raise _StoppedError(Receipt(Outcome.CONFIG, "tls", detail=_line(cause))) from None
        raise


def _line(value: object) -> str:
    """A server's words or a fault in one line."""
    code, message = getattr(value, "code", None), getattr(value, "message", None)
    text = f"{code} {message}" if isinstance(code, int) and code > 0 and message else str(value) or type(value).__name__
    return " ".join(text.split())[:500]
