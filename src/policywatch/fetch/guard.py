"""Decides which addresses may be connected to: public ones, and those that the operator allowed.

A source names a URL, a page names more of them and a server redirects: none of that may reach the machine's own
network. The decision falls on the very address that a socket is about to connect to, so that it does not matter how
a name was written, resolved or re-resolved (server-side request forgery, DNS rebinding).

The ranges are the IANA special-purpose registries, written out: `ipaddress.is_global` says true for 224.0.0.1 and for
the NAT64 and 6to4 forms of 127.0.0.1.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PRIVATE = "a private address"
_LOOPBACK = "this machine's own address"
_LINK_LOCAL = "an address of the local link"
_RESERVED = "an address that is not on the public Internet"

# IANA IPv4 Special-Purpose Address Registry, plus multicast.
_IPV4_REFUSED: tuple[tuple[IPv4Network, str], ...] = (
    (IPv4Network("0.0.0.0/8"), _LOOPBACK),
    (IPv4Network("10.0.0.0/8"), _PRIVATE),
    (IPv4Network("100.64.0.0/10"), _PRIVATE),
    (IPv4Network("127.0.0.0/8"), _LOOPBACK),
    (IPv4Network("169.254.0.0/16"), _LINK_LOCAL),
    (IPv4Network("172.16.0.0/12"), _PRIVATE),
    (IPv4Network("192.0.0.0/24"), _RESERVED),
    (IPv4Network("192.0.2.0/24"), _RESERVED),
    (IPv4Network("192.31.196.0/24"), _RESERVED),
    (IPv4Network("192.52.193.0/24"), _RESERVED),
    (IPv4Network("192.88.99.0/24"), _RESERVED),
    (IPv4Network("192.168.0.0/16"), _PRIVATE),
    (IPv4Network("192.175.48.0/24"), _RESERVED),
    (IPv4Network("198.18.0.0/15"), _RESERVED),
    (IPv4Network("198.51.100.0/24"), _RESERVED),
    (IPv4Network("203.0.113.0/24"), _RESERVED),
    (IPv4Network("224.0.0.0/4"), _RESERVED),
    (IPv4Network("240.0.0.0/4"), _RESERVED),
)
# IPv6 the other way round: only what IANA has given out for global use, without the parts that carry IPv4 inside
# (Teredo, 6to4) or are for protocols, documentation and benchmarks.
_IPV6_PUBLIC = IPv6Network("2000::/3")
_IPV6_REFUSED = (
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)
# What hands out the keys of a cloud machine; nothing that a news site needs, so no setting opens it.
_METADATA = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # most clouds
            "169.254.170.2",  # AWS, containers
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # Google
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle
            "168.63.129.16",  # Azure; looks public
        ),
    )
)


REMEMBERED = 10_000
"""Addresses whose judgement is remembered; what they are does not change."""


class RefusedAddressError(OSError):
    """Not to be connected to. An OSError, so that the connecting code takes it for one address that failed."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


class Guard:
    """Lets through public addresses and `allow_private`, on `allow_ports` only."""

    def __init__(self, allow_private: Sequence[Network], allow_ports: Collection[int]) -> None:
        self._allow_private = tuple(allow_private)
        self._allow_ports = frozenset(allow_ports)
        self._judged: dict[str | Address, str | None] = {}

    def refusal(self, address: str | Address) -> str | None:
        """Why an address may not be connected to, as a sentence; None when it may. Judges no port."""
        # The same few thousand servers are asked again and again.
        if address not in self._judged:
            if len(self._judged) >= REMEMBERED:
                self._judged.clear()
            self._judged[address] = self._judge(address)
        return self._judged[address]

    def _judge(self, address: str | Address) -> str | None:
        try:
            # A scope (fe80::1%eth0) changes the interface, not the range.
            found = ip_address(address.partition("%")[0]) if isinstance(address, str) else address
        except ValueError:
            return f"{address!r} is no IP address"
        found = _unwrapped(found)
        if found in _METADATA:
            return f"{found} is a cloud provider's metadata address, which is never asked"
        if any(found in network for network in self._allow_private):
            return None
        kind = _kind(found)
        if kind is None:
            return None
        return f"{found} is {kind}; add it to fetch.allow_private if you mean it"

    def port_refusal(self, port: int) -> str | None:
        """Why a port may not be connected to, as a sentence; None when it may."""
        if port in self._allow_ports:
            return None
        return f"port {port} is not among the ports that may be asked; add it to fetch.allow_ports if you mean it"

    def socket(self, addr_info: tuple[Any, Any, Any, Any, Any]) -> socket.socket:
        """A socket for one result of getaddrinfo, unconnected; the connector calls this for every address it tries.

        Raises RefusedAddressError.
        """
        family, kind, protocol, _, sockaddr = addr_info
        refusal = self.refusal(str(sockaddr[0])) or self.port_refusal(int(sockaddr[1]))
        if refusal:
            raise RefusedAddressError(refusal)
        return socket.socket(family=family, type=kind, proto=protocol)


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


def _kind(address: Address) -> str | None:
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _IPV4_REFUSED if address in network), None)
    if address in _IPV6_PUBLIC and not any(address in network for network in _IPV6_REFUSED):
        return None
    if address.is_loopback or address.is_unspecified:
        return _LOOPBACK
    if address in IPv6Network("fc00::/7"):
        return _PRIVATE
    return _LINK_LOCAL if address in IPv6Network("fe80::/10") else _RESERVED
