"""One SMTP connection, step by step, so that it is always known how far a message got.

On aiosmtplib's single commands rather than on its `send_message`: that one encrypts only if the server offers to, tries
every kind of log-in in turn (a server that hangs up after the first refusal then looks like a broken link), and does
not tell a link that died before the final dot from one that died after it.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import aiosmtplib

from policywatch.channels import presets, replies
from policywatch.model import Outcome, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policywatch.channels.addresses import Mailbox
    from policywatch.model import StageRecorder

_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT_FIRST = re.compile(rb"^\.", re.MULTILINE)
_NO_SUCH_LOGIN = {500, 501, 502, 503, 504}
"""The way to log in is not known here; says nothing about the password. 501 and 503 come for a way that is off."""

_SHORTEST_SECRET = 3
"""A shorter password would be found in every other word of a reply."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes, and how."""

    host: str
    port: int
    tls: presets.Tls
    context: ssl.SSLContext | None
    """None only without TLS."""
    user: str | None
    password: str | None = field(repr=False)
    connect_timeout: float
    """Seconds for the connection, its TLS handshake and the greeting, each."""
    reply_timeout: float
    """Seconds for the answer to a command."""
    data_timeout: float
    """Seconds for the answer to the final dot."""


class EndedError(Exception):
    """The try ended before the message was handed over; the receipt says how."""

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt
        super().__init__(receipt.detail)


class Session:
    """A connection to one server. After anything but a reply it is no longer open."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "implicit",
            start_tls=False,  # taken by hand below, where its refusal ends the try
            tls_context=server.context,
            local_hostname="localhost",  # not asked for by DNS; EHLO below says the real one
            timeout=server.reply_timeout,
        )
        self._stage = "connect"

    @property
    def is_open(self) -> bool:
        """Another command may be sent."""
        return self._client.is_connected

    async def open(self, record: StageRecorder) -> None:
        """Connects, encrypts and logs in. Raises EndedError."""
        server = self._server
        await self._enter("connect", record)
        with self._ending():
            await self._client.connect(timeout=server.connect_timeout)
            await self._greet()
        if server.tls == "starttls":
            await self._enter("tls", record)
            if not self._client.supports_extension("starttls"):
                self._end(
                    Outcome.CONFIG,
                    f"{server.host}:{server.port} offers no encryption (STARTTLS), and nothing is sent without; check "
                    "`host` and `port`, or try `tls: implicit` with `port: 465`. Somebody on the way may also hide it",
                )
            with self._ending():
                await self._client.starttls(timeout=server.connect_timeout)
                await self._greet()
        if server.user is not None and server.password is not None:
            await self._enter("login", record)
            with self._ending():
                await self._log_in(server.user, server.password)

    async def reset(self) -> bool:
        """Makes a kept connection ready for the next message; false when the server has closed it."""
        self._stage = "connect"
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self.abort()
            return False
        return self.is_open

    async def send(self, sender: Mailbox, recipient: Mailbox, content: bytes, record: StageRecorder) -> Receipt:
        """Hands over one message to one recipient.

        The stage `dot` is recorded when the server has asked for the content and before the first byte of it leaves:
        from there on only a reply tells whether the server has it.
        """
        try:
            return await self._hand_over(sender, recipient, content, record)
        except EndedError as ended:
            return ended.receipt

    def abort(self) -> None:
        """Hangs up at once."""
        self._client.close()

    async def quit(self, seconds: float) -> None:
        """Says good-bye and hangs up."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.quit(timeout=seconds)
        self.abort()

    async def _hand_over(self, sender: Mailbox, recipient: Mailbox, content: bytes, record: StageRecorder) -> Receipt:
        encoding = "utf-8" if sender.needs_utf8 or recipient.needs_utf8 else "ascii"
        body = content
        # Most mails have whole line ends: counting them costs a tenth of writing them anew.
        if not content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r"):
            body = _LINE_END.sub(b"\r\n", content)
        body += b"" if body.endswith(b"\r\n") else b"\r\n"
        await self._enter("mail", record)
        options = self._mail_options(body, sender, recipient)
        with self._ending():
            await self._client.mail(sender.address, options=options, encoding=encoding)
        await self._enter("rcpt", record)
        with self._ending():
            await self._client.rcpt(recipient.address, encoding=encoding)
        await self._enter("data", record)
        with self._ending():
            answer = await self._client.execute_command(b"DATA")
            if answer.code != 354:
                raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        await record("dot")
        with self._ending():
            protocol = self._client.protocol
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            has_dots = body.startswith(b".") or b"\n." in body
            protocol.write((_DOT_FIRST.sub(b"..", body) if has_dots else body) + b".\r\n")
            self._stage = "dot"
            reply = await protocol.read_response(timeout=self._server.data_timeout)
            if replies.classify("reply", reply.code, reply.message) is not Outcome.SENT:
                raise aiosmtplib.SMTPDataError(reply.code, reply.message)
        return Receipt(Outcome.SENT, "reply", reply.code, self._safe(replies.words(reply.message)))

    def _mail_options(self, body: bytes, sender: Mailbox, recipient: Mailbox) -> list[str]:
        options = []
        if self._client.supports_extension("size"):
            options.append(f"SIZE={len(body)}")  # RFC 1870: too big is said before the content is sent
        if not body.isascii() and self._client.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        if sender.needs_utf8 or recipient.needs_utf8:
            if not self._client.supports_extension("smtputf8"):
                what = f"{self._server.host} takes no address with letters beyond ASCII before the @ (SMTPUTF8)"
                if sender.needs_utf8:
                    self._end(Outcome.CONFIG, f"{what}; write another address as `from`")
                self._end(Outcome.FAILED, f"{what}; write another address of this reader")
            options.append("SMTPUTF8")
        return options

    async def _enter(self, stage: str, record: StageRecorder) -> None:
        self._stage = stage
        await record(stage)

    async def _greet(self) -> None:
        # An address literal is what RFC 5321, 4.1.4 asks of a client that has no name in the DNS.
        sockname = self._client.get_transport_info("sockname")
        address = str(sockname[0]).partition("%")[0] if sockname else socket.gethostname()
        await self._client.ehlo(hostname=f"[IPv6:{address}]" if ":" in address else f"[{address}]")

    async def _log_in(self, user: str, password: str) -> None:
        """One way, the simplest that both sides know: a wrong password is said once and not four times."""
        ways = {
            "plain": self._client.auth_plain,
            "login": self._client.auth_login,
            "cram-md5": self._client.auth_crammd5,
        }
        offered = [way for way in ways if way in self._client.server_auth_methods]
        if not offered:
            host = self._server.host
            self._end(Outcome.CONFIG, f"{host} offers no log-in with a password; {presets.login_hint(host)}")
        for way in offered:
            try:
                await ways[way](user, password)
            except aiosmtplib.SMTPAuthenticationError as error:
                if error.code not in _NO_SUCH_LOGIN or way == offered[-1]:
                    raise
            else:
                return

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        """What aiosmtplib and the network raise becomes the receipt of the stage at hand."""
        try:
            yield
        except aiosmtplib.SMTPResponseException as error:
            self._refused(error)
        except aiosmtplib.SMTPTimeoutError:
            self._lost(f"{self._server.host}:{self._server.port} did not answer in time")
        except (aiosmtplib.SMTPException, OSError) as error:
            self._failed(error)

    def _refused(self, error: aiosmtplib.SMTPResponseException) -> NoReturn:
        if not 200 <= error.code < 600:
            self._lost(f"{self._server.host}:{self._server.port} does not speak SMTP: {replies.words(error.message)}")
        stage = "reply" if self._stage == "dot" else self._stage
        outcome = replies.classify(stage, error.code, error.message)
        what = replies.explain(self._server.host, stage, error.code, error.message)
        # Kept only when the server judged the message and waits for the next one.
        if stage in {"connect", "tls", "login"} or error.code == 421 or error.code < 400:
            self.abort()
        self._end(outcome, what, stage=stage, code=error.code)

    def _failed(self, error: Exception) -> NoReturn:
        """No reply at all: the certificate, the network, or a server that hung up."""
        where = f"{self._server.host}:{self._server.port}"
        cause = error if isinstance(error, ssl.SSLError) else error.__cause__
        if isinstance(cause, ssl.SSLCertVerificationError):
            self.abort()
            self._end(
                Outcome.CONFIG,
                f"the certificate of {where} cannot be trusted ({cause.verify_message}); nothing was sent. Check "
                "`host`; for a company's own authority name its certificate as `ca_file`",
                stage="tls",
            )
        if isinstance(cause, ssl.SSLError) and self._stage in {"connect", "tls"}:
            self.abort()
            self._end(
                Outcome.CONFIG,
                f"no safe encryption with {where} ({cause.reason or cause}); nothing was sent. TLS 1.2 or newer is "
                "wanted: check `port` and `tls` (587 goes with starttls, 465 with implicit)",
                stage="tls",
            )
        if isinstance(cause, socket.gaierror):
            self._lost(f"no server called {self._server.host} is found; check `host` and this machine's network")
        if self._stage == "connect" and isinstance(cause, OSError) and not isinstance(cause, aiosmtplib.SMTPException):
            self._lost(f"{where} cannot be reached ({cause.strerror or cause})")
        self._lost(f"{where} broke off the connection")

    def _lost(self, what: str) -> NoReturn:
        self.abort()
        outcome = replies.classify(self._stage, None)
        if outcome is Outcome.UNKNOWN:
            what += " after the whole mail was sent: it may have arrived"
        self._end(outcome, what)

    def _end(self, outcome: Outcome, what: str, *, stage: str | None = None, code: int | None = None) -> NoReturn:
        raise EndedError(Receipt(outcome, stage or self._stage, code, self._safe(what)))

    def _safe(self, text: str) -> str:
        """A server that repeats what it was sent must not carry the password into logs and pages."""
        if self._server.password and len(self._server.password) >= _SHORTEST_SECRET:
            secret = self._server.password.encode()
            whole = b"\0" + (self._server.user or "").encode() + b"\0" + secret
            for told in (self._server.password, *(base64.b64encode(part).decode() for part in (secret, whole))):
                text = text.replace(told, "***")
        return text
