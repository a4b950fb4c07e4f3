"""The `fetch:` section of the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field

from policywatch import dates
from policywatch.fetch import target

Network = IPv4Network | IPv6Network


def network(value: Any) -> Any:
    """An address or a network as somebody wrote it. Raises ValueError that says how one is written."""
    if isinstance(value, Network):
        return value
    try:
        # A bare number would be read as an address.
        return ip_network(str(value).strip(), strict=False)
    except ValueError:
        raise ValueError(
            f"{value!r} is neither an IP address nor a network; write 10.1.2.3 or 10.1.2.0/24, not a name"
        ) from None


def _duration(value: Any) -> Any:
    return dates.duration(value) if isinstance(value, str) else value


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing; write for example 30s")
    return value


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise ValueError("must not be negative; write for example 1s")
    return value


def _header_text(value: str) -> str:
    if not re.fullmatch(r"[\x20-\x7e]*", value):
        raise ValueError("may hold only plain ASCII letters, digits and signs, on one line")
    return value.strip()


def _proxy(value: str) -> str:
    # The value may hold a password, so no text below repeats it.
    try:
        found = target.parse(value)
    except target.UnusableUrlError:
        raise ValueError("is not a proxy address; write http://host:port or https://host:port") from None
    if found.url.raw_path_qs != "/":
        raise ValueError("must end after the port; write http://host:port")
    return value


Lasting = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_positive)]


class FetchOptions(BaseModel):
    """How policywatch asks servers, and which of them it may ask at all.

    `allow_private` names addresses and networks that are not public and may be asked all the same; cloud metadata
    addresses never may. With `proxy` set every request goes through it, and it is then the proxy that decides which
    addresses a *name* leads to: policywatch can refuse only what the URL itself shows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    allow_private: tuple[Annotated[Network, BeforeValidator(network, json_schema_input_type=str)], ...] = ()
    """Addresses and networks that are not public and may be asked all the same, such as 10.1.2.0/24."""
    allow_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field(default=(80, 443, 8080, 8443), min_length=1)
    """Ports of servers that may be asked."""
    proxy: Annotated[str, AfterValidator(_proxy)] | None = Field(default=None, repr=False)
    """What every request goes through: http://host:port, with user:password@ before the host where it wants one."""
    timeout: Lasting = timedelta(seconds=30)
    """For the whole fetch with its redirects; waiting for one's turn at a host does not count."""
    connect_timeout: Lasting = timedelta(seconds=10)
    """For each connection with its TLS handshake."""
    read_timeout: Lasting = timedelta(seconds=20)
    """For how long a server may send nothing."""
    max_bytes: Annotated[ByteSize, Field(ge=1)] = ByteSize(10 * 2**20)
    """Of a body, decompressed. A number of bytes, or text like 10MiB."""
    spacing: Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_not_negative)] = timedelta(seconds=1)
    """Between the end of one request to a host and the start of the next."""
    concurrency: int = Field(default=50, ge=1, le=1000)
    """Requests in flight over all hosts."""
    contact: Annotated[str, AfterValidator(_header_text)] = ""
    """A web or mail address under which the operators of the sites reach you; it stands in the user agent."""
    user_agent: Annotated[str, AfterValidator(_header_text)] | None = None
    """Replaces the whole user agent, contact included."""
