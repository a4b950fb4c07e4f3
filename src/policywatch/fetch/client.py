"""The guarded HTTP client, the only code that opens a socket to a source."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from policywatch import __version__, errors, model
from policywatch.fetch import body, faults, headers, retry, target, tls
from policywatch.fetch.backlog import Backlog
from policywatch.fetch.guard import Guard
from policywatch.fetch.politeness import Politeness
from policywatch.fetch.resolver import Resolver, SystemLookup

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from policywatch.fetch.options import FetchOptions
    from policywatch.fetch.resolver import Lookup
    from policywatch.fetch.target import Target

MAX_REDIRECTS = 5
_METHODS = frozenset({"GET", "HEAD", "POST"})
_READ_BUFFER = 32 * 1024
_PRIVATE_OR_NOT = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Hop:
    """One request of a fetch."""

    method: str
    target: Target
    headers: tuple[tuple[str, str], ...]
    """The request's own, credentials included, without validators."""
    body: bytes | None
    manner: model.Manner
    endpoint: tuple[str, int] | None = None
    """Host and port that the operator wrote, when the request asks an endpoint of the operator's."""
    moved_to: str = ""
    """The end of the permanent redirects that the request began with."""
    is_permanent: bool = True
    """Every redirect so far was a permanent one."""

    @property
    def is_endpoint(self) -> bool:
        """It goes to exactly the host and port that the operator wrote."""
        return self.endpoint == (self.target.host, self.target.port)


class Client:
    """Implements model.Fetcher. Belongs to one event loop; `close` it there.

    Addresses and ports are checked for each hop, at the moment of connecting; a request whose manner says that it is an
    endpoint of the operator's may go to a private address and any port, a redirect from there to elsewhere may not.
    `ssl_context` replaces the trusted authorities of the system, `lookup` its resolver (name to addresses);
    certificates are verified in any case. While too much is in the `backlog` no request begins.
    """

    def __init__(
        self,
        options: FetchOptions,
        *,
        politeness: Politeness | None = None,
        backlog: Backlog | None = None,
        ssl_context: ssl.SSLContext | None = None,
        lookup: Lookup | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._options = options
        self._politeness = Politeness(options.spacing) if politeness is None else politeness
        self._backlog = backlog or Backlog()
        self._ssl_context = ssl_context
        self._lookup = lookup
        self._now = now
        self._guard = Guard(options.allow_private, options.allow_ports)
        self._proxy = target.parse(options.proxy) if options.proxy else None
        self._slots = asyncio.Semaphore(options.concurrency)
        contact = f" (+{options.contact})" if options.contact else ""
        self._user_agent = options.user_agent or f"policywatch/{__version__}{contact}"
        self._usual = (
            ("User-Agent", self._user_agent),
            ("Accept", headers.ACCEPT),
            ("Accept-Encoding", body.ACCEPTED),
        )
        self._sessions: dict[tuple[bool, int | None], aiohttp.ClientSession] = {}
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends all connections; later fetches are refused."""
        self._closed = True
        for session in self._sessions.values():
            await session.close()

    async def fetch(self, request: model.Request, validators: model.Validators | None = None) -> model.Page:
        """Answers with a 2xx page or, when validators were sent, a 304; raises FetchError for everything else.

        Follows up to 5 redirects, each of which waits for its turn at its host. `validators` go out byte for byte
        with GET and HEAD.
        """
        url = target.mask(request.url)
        if self._closed:
            raise errors.FetchError(url, "policywatch is stopping", code="connection")
        hop = self._first_hop(request, url)
        seen = {(hop.method, hop.target.text)}
        left = self._options.timeout.total_seconds()
        for _ in range(MAX_REDIRECTS + 1):
            async with self._politeness.turn(hop.target.host, url, pause=request.manner.pause), self._slots:
                await self._backlog.room()
                started = time.monotonic()
                try:
                    async with asyncio.timeout(left):
                        answer = await self._ask(hop, validators, url)
                except TimeoutError:
                    raise faults.timeout(url, self._options) from None
                left -= time.monotonic() - started
            if isinstance(answer, model.Page):
                return answer
            hop = answer
            if (hop.method, hop.target.text) in seen:
                raise errors.FetchError(
                    url,
                    "the server redirects in a circle; such pages often want cookies or a log-in",
                    code="too_many_redirects",
                )
            seen.add((hop.method, hop.target.text))
        raise errors.FetchError(
            url, f"the server redirected more than {MAX_REDIRECTS} times", code="too_many_redirects"
        )

    def _first_hop(self, request: model.Request, url: str) -> _Hop:
        try:
            found = target.parse(request.url)
        except target.UnusableUrlError as error:
            raise errors.FetchError(url, str(error), code="bad_url", permanent=True) from None
        endpoint = (found.host, found.port) if request.manner.is_endpoint else None
        self._refuse(found, url, permanent=True, is_endpoint=endpoint is not None)
        method = request.method.upper()
        if method not in _METHODS:
            raise errors.FetchError(url, "only GET, HEAD and POST requests are sent", code="bad_url", permanent=True)
        fault = headers.fault(request.headers)
        if fault:
            raise errors.FetchError(url, fault, code="bad_url", permanent=True)
        own = list(request.headers)
        if found.authorization and not any(name.lower() == "authorization" for name, _ in own):
            own.append(("Authorization", found.authorization))
        return _Hop(method, found, tuple(own), request.body, request.manner, endpoint)

    def _refuse(self, found: Target, url: str, *, permanent: bool, is_endpoint: bool) -> None:
        """Raises FetchError for a port, or for an address written out in the URL, that may not be asked.

        The connector checks again whatever it connects to. This check comes earlier, covers requests through a proxy
        and spares the host's turn.
        """
        guard = _guard_of_endpoint(found.port) if is_endpoint else self._guard
        refusal = guard.port_refusal(found.port) or (guard.refusal(found.host) if found.address is not None else None)
        if refusal:
            lead = "" if permanent else f"the server redirects to {found.host}: "
            raise errors.FetchError(url, lead + refusal, code="refused_address", permanent=permanent)

    async def _ask(self, hop: _Hop, validators: model.Validators | None, url: str) -> model.Page | _Hop:
        conditions = headers.conditions(validators) if hop.method in {"GET", "HEAD"} else ()
        try:
            async with self._session(hop).request(
                hop.method,
                hop.target.url,
                headers=self._headers(hop, conditions),
                data=hop.body,
                allow_redirects=False,
                proxy=self._proxy.url if self._proxy else None,
                proxy_headers=(("User-Agent", self._user_agent), *self._proxy_login()),
            ) as response:
                got = headers.received(response.headers)
                status = response.status
                if status in {301, 302, 303, 307, 308} and got.get("location"):
                    return self._next_hop(hop, status, response.headers["Location"], url)
                if status == 304 and not conditions:
                    raise errors.FetchError(
                        url,
                        "the server answered that nothing changed, but it was asked for the page itself",
                        code="bad_response",
                        status=304,
                    )
                if status != 304 and not 200 <= status < 300:
                    raise self._status_error(hop.target.host, status, got, url)
                content = b""
                if status not in {204, 304} and hop.method != "HEAD":
                    connection = response.connection
                    protocol = connection.protocol if connection is not None else None
                    chunks = response.content.iter_any()
                    content = await body.read(chunks, got, limit=self._options.max_bytes, url=url)
                    if protocol is not None and isinstance(protocol.exception(), HttpProcessingError):
                        # More came than Content-Length said: what was read is only the beginning of a page.
                        raise aiohttp.ClientPayloadError
                return model.Page(hop.target.text, status, got, content, self._now(), hop.moved_to)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # The original may quote what the server sent, so it does not travel on as a cause.
            raise faults.network(url, hop.target.host, error, self._options) from None

    def _status_error(self, host: str, status: int, got: Mapping[str, str], url: str) -> errors.FetchError:
        until = retry.retry_after(got.get("retry-after"), self._now()) if status in {429, 503} else None
        if status == 429 and until is not None:
            # "Too many requests" speaks of whoever asks, so all sources of the host wait; a 503 speaks of one page.
            self._politeness.block(host, until)
        return faults.http_status(url, status, until)

    def _next_hop(self, hop: _Hop, status: int, location: str, url: str) -> _Hop:
        try:
            # Checked before joining, which would drop tabs and line breaks.
            if re.search(r"[\x00-\x1f\x7f]", location.strip(" \t")):
                raise target.UnusableUrlError("the address holds a control character")
            found = target.parse(urljoin(hop.target.text, location.strip(" \t")))
            if found.authorization:
                raise target.UnusableUrlError("the address holds a user name")
        except ValueError as error:
            reason = str(error) if isinstance(error, target.UnusableUrlError) else "the address cannot be read"
            raise errors.FetchError(
                url, f"the server redirects to an address that is not followed: {reason}", code="bad_url"
            ) from None
        is_endpoint = hop.endpoint == (found.host, found.port)
        self._refuse(found, url, permanent=False, is_endpoint=is_endpoint)
        if hop.target.scheme == "https" and found.scheme == "http":
            raise errors.FetchError(
                url,
                "the server redirects from https to http, which is not encrypted, and is not followed; "
                "if you trust it, write the http:// address as the source's url",
                code="bad_url",
            )
        own = hop.headers if found.is_trusted_by(hop.target) else headers.harmless(hop.headers)
        becomes_get = (status == 303 and hop.method != "HEAD") or (status in {301, 302} and hop.method == "POST")
        if becomes_get:
            own = tuple(pair for pair in own if not pair[0].lower().startswith("content-"))
            hop = replace(hop, method="GET", body=None)
        is_permanent = hop.is_permanent and status in {301, 308}
        moved_to = found.text if is_permanent else hop.moved_to
        return replace(hop, target=found, headers=own, moved_to=moved_to, is_permanent=is_permanent)

    def _headers(self, hop: _Hop, conditions: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        usual = (*self._usual, *conditions)
        if hop.headers:
            given = {name.lower() for name, _ in hop.headers}
            usual = tuple(pair for pair in usual if pair[0].lower() not in given)
        # Without encryption the request itself is what the proxy reads; else its CONNECT carries the log-in.
        return [*usual, *hop.headers, *(self._proxy_login() if hop.target.scheme == "http" else ())]

    def _proxy_login(self) -> tuple[tuple[str, str], ...]:
        if self._proxy is None or self._proxy.authorization is None:
            return ()
        return (("Proxy-Authorization", self._proxy.authorization),)

    def _session(self, hop: _Hop) -> aiohttp.ClientSession:
        """Connections are shared by what may reach the same addresses in the same way, and by nothing else."""
        way = (hop.manner.legacy_tls, hop.target.port if hop.is_endpoint else None)
        if way not in self._sessions:
            self._sessions[way] = self._open_session(*way)
        return self._sessions[way]

    def _open_session(self, legacy_tls: bool, endpoint_port: int | None) -> aiohttp.ClientSession:  # noqa: FBT001  # a key
        guard = self._guard
        if self._proxy:
            # The operator wrote the proxy's address, so it may be private; nothing else is connected to.
            guard = _guard_of_endpoint(self._proxy.port)
        elif endpoint_port is not None:
            guard = _guard_of_endpoint(endpoint_port)
        connector = aiohttp.TCPConnector(
            resolver=Resolver(guard, self._lookup or SystemLookup()),
            socket_factory=guard.socket,
            ssl=tls.legacy(self._ssl_context) if legacy_tls else self._ssl_context or True,
            limit=0,  # the slots bound it
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            read_bufsize=_READ_BUFFER,
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=self._options.connect_timeout.total_seconds(),
                sock_read=self._options.read_timeout.total_seconds(),
            ),
        )


def _guard_of_endpoint(port: int) -> Guard:
    """For an address that the operator wrote: any but a cloud's metadata, on its own port."""
    return Guard(_PRIVATE_OR_NOT, (port,))
