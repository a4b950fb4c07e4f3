"""Reads a URL so strictly that no two programs can disagree about the host it names.

URL parsers differ in what they make of backslashes, odd digits, short IPv4 forms and the like, and each difference is
a way past a check of addresses. What is not plain is refused here; the parts that were checked are the parts that the
request is built from.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, unquote_to_bytes

from yarl import URL

MAX_LENGTH = 8_000
DEFAULT_PORTS = {"http": 80, "https": 443}

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{0,5}))?")
_PLAIN = re.compile(r"([^:\[\]]*)(?::([0-9]{0,5}))?")
# A host whose last label is a number is an IPv4 address to every system resolver, however it is written.
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
_IDEOGRAPHIC_DOTS = frozenset("\u3002\uff0e\uff61")
_KEPT_IN_PATH = "%/:@!$&'()*+,;=~"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?[]|"


class UnusableUrlError(ValueError):
    """The text is no plain http(s) URL; the words say why, without credentials."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `url` carries neither credentials nor a fragment and is sent as it stands."""

    url: URL
    scheme: str
    host: str
    """Lower case, ASCII, without a trailing dot; an IPv6 address without brackets."""
    port: int
    address: IPv4Address | IPv6Address | None
    """Set when the URL names an address instead of a name."""
    authorization: str | None
    """The value of an Authorization header made from `user:password@`."""
    text: str
    """The URL, fit to be shown."""

    def is_trusted_by(self, origin: Target) -> bool:
        """May receive what was meant for `origin`: the same origin, or the same host upgraded from http to https."""
        if self.host != origin.host:
            return False
        if (self.scheme, self.port) == (origin.scheme, origin.port):
            return True
        return (origin.scheme, origin.port, self.scheme, self.port) == ("http", 80, "https", 443)


@lru_cache(maxsize=4096)
def mask(url: str) -> str:
    """The URL with any `user:password@` replaced by stars, control characters dropped, cut to 500 characters."""
    head = re.match(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?[/\\]*", url)
    start = head.end() if head else 0
    authority_end = start + len(re.split(r"[/?#]", url[start:], maxsplit=1)[0])
    at = url.rfind("@", start, authority_end)
    if at < 0 and not re.fullmatch(r"[^:@]*(?::[0-9]*)?|\[[^\]]*\](?::[0-9]*)?", url[start:authority_end]):
        # A password with an unescaped slash: everything up to the last @ may be part of it.
        at = url.rfind("@")
    shown = f"{url[:start]}***@{url[at + 1 :]}" if at >= 0 else url
    return _CONTROL.sub("", shown).encode("utf-8", "replace").decode()[:500]


# A poll needs its target several times, and the next poll an hour later; a thousand take a megabyte.
@lru_cache(maxsize=1024)
def parse(url: str) -> Target:
    """The target that a URL names. Raises UnusableUrlError for anything but a plain http or https URL."""
    if len(url) > MAX_LENGTH:
        raise UnusableUrlError(f"the address is longer than {MAX_LENGTH} characters")
    if _CONTROL.search(url):
        raise UnusableUrlError("the address holds a line break, tab or other control character")
    match = _URL.fullmatch(url.strip(" "))
    if match is None:
        scheme = _SCHEME.match(url)
        if scheme and scheme[1].lower() not in DEFAULT_PORTS:
            raise UnusableUrlError(f"the address starts with {scheme[1]}:, only http:// and https:// are asked")
        raise UnusableUrlError("the address does not read http://host/... or https://host/...")
    scheme_name = match["scheme"].lower()
    userinfo, _, place = match["authority"].rpartition("@")
    if re.search(r"[\\\s]", userinfo):
        raise UnusableUrlError(
            "the user name or password in the address holds a backslash or space; write them as %5C, %20"
        )
    host, port, address = _host(place)
    path = quote(match["path"] or "/", safe=_KEPT_IN_PATH, errors="surrogateescape")
    query = quote(match["query"] or "", safe=_KEPT_IN_QUERY, errors="surrogateescape")
    try:
        built = URL.build(
            scheme=scheme_name,
            host=f"[{host}]" if ":" in host else host,
            port=None if port is None or port == DEFAULT_PORTS[scheme_name] else port,
            path=path,
            query_string=query,
            encoded=True,
        )
    except ValueError:
        raise UnusableUrlError("the address cannot be read") from None
    return Target(
        url=built,
        scheme=scheme_name,
        host=host,
        port=DEFAULT_PORTS[scheme_name] if port is None else port,
        address=address,
        authorization=_basic(userinfo) if userinfo else None,
        text=str(built),
    )


def _host(place: str) -> tuple[str, int | None, IPv4Address | IPv6Address | None]:
    bracketed = _BRACKETED.fullmatch(place)
    if bracketed:
        try:
            address = IPv6Address(bracketed[1])
        except ValueError:
            raise UnusableUrlError("the address in [brackets] is no IPv6 address") from None
        return str(address), _port(bracketed[2]), address
    plain = _PLAIN.fullmatch(place)
    if plain is None:
        raise UnusableUrlError("what stands between :// and the next / is no host name with an optional port")
    name = _ascii_name(plain[1])
    if _NUMERIC_END.fullmatch(name):
        try:
            return name, _port(plain[2]), IPv4Address(name)
        except ValueError:
            raise UnusableUrlError(f"{name} is no IP address in its usual form of four numbers") from None
    return name, _port(plain[2]), None


def _ascii_name(name: str) -> str:
    for character in name:
        if character.isascii():
            continue
        # Circled and full-width characters turn into ASCII on the way to the resolver: 127.0.0.1 in disguise.
        if character in _IDEOGRAPHIC_DOTS or any(map(str.isascii, unicodedata.normalize("NFKC", character))):
            raise UnusableUrlError("the host name holds look-alikes of ASCII characters; write it with plain ones")
    if not name.isascii():
        try:
            name = URL.build(scheme="http", host=name).raw_host or ""
        except ValueError:
            raise UnusableUrlError("the host name holds characters that no host name can have") from None
    name = name.lower().removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise UnusableUrlError("the host name is empty or holds characters that no host name can have")
    return name


def _port(digits: str | None) -> int | None:
    if not digits:
        return None
    if int(digits) > 65535:
        raise UnusableUrlError(f"{digits} is no port; the highest is 65535")
    return int(digits)


def _basic(userinfo: str) -> str:
    user, _, password = userinfo.partition(":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return "Basic " + base64.b64encode(pair).decode()
