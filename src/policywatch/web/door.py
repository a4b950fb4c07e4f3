"""Who stands before the pages: what is configured of readers, and what a request shows for itself."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from policywatch import passwords
from policywatch.store import sessions, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from ipaddress import IPv4Network, IPv6Network

    from pydantic import SecretStr
    from starlette.types import Scope

    from policywatch.store.db import Database
    from policywatch.store.tokens import TokenRow

IDLE = timedelta(days=7)
"""A log-in ends when nothing was asked for so long."""
LONGEST = timedelta(days=30)
"""And after this in any case."""
TOUCH = timedelta(minutes=5)
"""How exactly it is remembered when a reader was there last."""
TOKENS_AGE = timedelta(seconds=10)
"""For so long a revoked token may still open."""
SESSION, VISIT = "policywatch_session", "policywatch_visit"
"""Cookies: of who is logged in, and of anybody, so that forms can be told from those of other sites."""


@dataclass(frozen=True, slots=True)
class Access:
    """What is configured of who may reach the pages. Nothing: everybody who reaches the address."""

    users: tuple[tuple[str, SecretStr], ...] = ()
    """(name, password or its hash); the name is empty where there is one password for all."""
    header: str = ""
    """In which a web server before the pages says who is logged in; small letters."""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Whose word on that, and on where a request came from, is believed."""
    shows_metrics: bool = False

    @property
    def is_closed(self) -> bool:
        """Only who says who he is sees the pages."""
        return bool(self.users) or bool(self.header)

    @property
    def has_names(self) -> bool:
        """The log-in asks for a name."""
        return any(name for name, _ in self.users)

    def trusts(self, peer: str) -> bool:
        """A connection from this address is one of our own web server's."""
        try:
            found = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self.proxies)

    def opens(self, name: str, password: str) -> bool:
        """Whether somebody may come in. An unknown name takes as long as a wrong password. Blocks."""
        wanted = next((secret for known, secret in self.users if known == name), None)
        secret = (wanted or self.users[0][1]).get_secret_value()
        return passwords.opens(password, secret) and wanted is not None

    def proof(self, cookie: str, name: str) -> str | None:
        """What a session keeps of the password: worth nothing without its cookie, and another when it changes."""
        for known, secret in self.users:
            if known == name:
                told = f"{name}\0{secret.get_secret_value()}".encode()
                return hmac.new(cookie.encode(), told, "sha256").hexdigest()
        return None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks."""

    name: str | None
    """None: nobody said who he is."""
    cookie: str
    """What the forms of this visitor are bound to."""
    is_logged_in: bool = False
    """By our own log-in, so that he can log out."""
    is_new: bool = False
    """The cookie is to be set."""

    @property
    def csrf(self) -> str:
        """What a form of ours carries and one of another site cannot know."""
        return hashlib.sha256(f"csrf:{self.cookie}".encode()).hexdigest()


class Door:
    """Judges what requests show: cookies, the header of a trusted proxy, tokens."""

    def __init__(self, access: Access, db: Database, now: Callable[[], datetime], public_url: str | None) -> None:
        self.access = access
        self._db = db
        self._now = now
        self._public = urlsplit(public_url or "")
        self._tokens: tuple[datetime, Sequence[TokenRow]] | None = None

    def is_https(self, scope: Scope) -> bool:
        """The reader's own connection is encrypted, also where a web server before us ends it."""
        if scope["scheme"] == "https":
            return True
        return self._public.scheme == "https" and header(scope, b"host") == self._public.netloc.rpartition("@")[2]

    def cookie_name(self, scope: Scope, name: str) -> str:
        """On encrypted connections one that no other name of the domain can set (RFC 6265bis, 4.1.3)."""
        return f"__Host-{name}" if self.is_https(scope) else name

    async def visitor(self, scope: Scope) -> Visitor:
        """Who asks, by the proxy's header or by a session that is still good."""
        told = cookies(scope)
        session = told.get(self.cookie_name(scope, SESSION), "")
        if self.access.users and session:
            name = await self.reader_of(session)
            if name is not None:
                return Visitor(name, session, is_logged_in=True)
        visit = told.get(self.cookie_name(scope, VISIT), "")
        is_new = len(visit) < 32
        return Visitor(scope.get("policywatch.user"), drawn() if is_new else visit, is_new=is_new)

    async def reader_of(self, cookie: str) -> str | None:
        """The name whose log-in the cookie proves; None when it has ended or the password is another by now."""
        found = await self._db.read(sessions.find, digest(cookie))
        now = self._now()
        if found is None or now - found.seen_at > IDLE or now - found.begun_at > LONGEST:
            return None
        proof = self.access.proof(cookie, found.reader)
        if proof is None or not hmac.compare_digest(proof, found.proof):
            return None
        if now - found.seen_at > TOUCH:
            await self._db.write(sessions.touch, found.id, now)
        return found.reader

    async def let_in(self, name: str) -> str:
        """Begins a session; gives what its cookie holds."""
        cookie, now = drawn(), self._now()
        proof = self.access.proof(cookie, name)
        assert proof is not None
        session = sessions.Session(digest(cookie), name, proof, now, now)
        await self._db.write(sessions.begin, session, stale=now - IDLE)
        return cookie

    async def let_out(self, cookie: str) -> None:
        """Ends a session."""
        await self._db.write(sessions.end, digest(cookie))

    async def token(self, given: str) -> TokenRow | None:
        """The token that a command made and nobody revoked, if this is one."""
        if not given:
            return None
        now = self._now()
        if self._tokens is None or not timedelta() <= now - self._tokens[0] < TOKENS_AGE:
            self._tokens = now, await self._db.read(tokens.valid, now)
        wanted, found = digest(given), None
        for one in self._tokens[1]:
            if hmac.compare_digest(one.id, wanted) and (one.expires_at is None or one.expires_at > now):
                found = one
        return found


def drawn() -> str:
    """A secret that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret with 128 bits or more; such a one needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def header(scope: Scope, name: bytes) -> str:
    """The value of a header, given in small letters; empty when there is none, and when there are several."""
    found = [value for key, value in scope["headers"] if key == name]
    return str(found[0].decode("latin-1")) if len(found) == 1 else ""


def bearer(scope: Scope) -> str | None:
    """The token of an Authorization header (RFC 6750, 2.1); None when there is no such header."""
    word, _, token = header(scope, b"authorization").partition(" ")
    return token.strip() if word.lower() == "bearer" else None


def cookies(scope: Scope) -> dict[str, str]:
    """The request's cookies."""
    found: dict[str, str] = {}
    for key, value in scope["headers"]:
        if key == b"cookie":
            for part in value.decode("latin-1").split(";"):
                name, _, told = part.strip().partition("=")
                found.setdefault(name, told)
    return found
