"""Which addresses and ports the guard lets through."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch.fetch.guard import Guard, RefusedAddressError
from policywatch.fetch.resolver import Resolver, SystemLookup

PUBLIC = ("8.8.8.8", "2606:4700:4700::1111")
REFUSED = (
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:53aa:64c:0:fbff:80ff:fffe",
    "fd00:ec2::254",
    "fe80::1%eth0",
    "ff02::1",
)
METADATA = ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "::ffff:169.254.169.254")


def guard(*allowed: str, ports: tuple[int, ...] = (80, 443)) -> Guard:
    return Guard([ip_network(network) for network in allowed], ports)


def test_045_the_table_has_its_27_addresses():
    assert len({*REFUSED, *PUBLIC}) == 27


@pytest.mark.parametrize("address", REFUSED)
def test_045_an_address_that_is_not_public_is_refused_in_words(address):
    refusal = guard().refusal(address)
    assert refusal is not None
    assert refusal[0] in "0123456789f:" or "." in refusal


@pytest.mark.parametrize("address", PUBLIC)
def test_045_a_public_address_passes(address):
    assert guard().refusal(address) is None


@pytest.mark.parametrize("address", [*REFUSED, *METADATA])
def test_045_no_socket_is_made_for_a_refused_address(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(RefusedAddressError):
        guard().socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80)))


def test_051_no_socket_is_made_for_a_port_that_is_not_listed():
    with pytest.raises(RefusedAddressError, match="allow_ports"):
        guard().socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.8.8", 22)))


def test_a_socket_is_made_for_a_public_address():
    with guard().socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.8.8", 80))) as made:
        assert made.family == socket.AF_INET


def test_052_only_the_allowed_private_address_passes():
    allowing = guard("10.1.2.3/32")
    assert allowing.refusal("10.1.2.3") is None
    assert allowing.refusal("::ffff:10.1.2.3") is None
    for other in ("10.1.2.2", "10.1.2.4", "127.0.0.1", "192.168.0.1", "fd00::1"):
        assert allowing.refusal(other) is not None


@pytest.mark.parametrize("address", METADATA)
def test_052_a_metadata_address_never_passes_whatever_is_allowed(address):
    refusal = guard("0.0.0.0/0", "::/0").refusal(address)
    assert refusal is not None
    assert "metadata" in refusal


def test_a_refusal_tells_what_to_change():
    assert guard().refusal("10.1.2.3") == (
        "10.1.2.3 is a private address; add it to fetch.allow_private if you mean it"
    )


@given(st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"]), st.data())
@settings(max_examples=150, deadline=None)
def test_no_address_of_a_refused_range_passes_in_any_ipv6_clothing(network, data):
    inside = IPv4Network(network)
    number = data.draw(st.integers(int(inside.network_address), int(inside.broadcast_address)))
    address = IPv4Address(number)
    forms = (
        address,
        IPv6Address(0xFFFF00000000 + number),  # IPv4-mapped
        IPv6Address(number),  # IPv4-compatible
        IPv6Address((0x64FF9B << 96) + number),  # NAT64
        IPv6Address((0x2002 << 112) + (number << 80)),  # 6to4
        IPv6Address((0x20010000 << 96) + (number ^ 0xFFFFFFFF)),  # Teredo
    )
    assert [form for form in forms if guard().refusal(form) is None] == []


def resolved(answers: list[str], *allowed: str) -> list[str]:
    async def lookup(_host: str) -> list[str]:
        return answers

    results = asyncio.run(Resolver(guard(*allowed), lookup).resolve("news.example", 80))
    return [result["host"] for result in results]


def test_047_of_public_and_private_addresses_in_one_answer_only_the_public_ones_are_used():
    assert resolved(["127.0.0.1", "8.8.8.8", "10.0.0.1", "::1", "2606:4700:4700::1111"]) == [
        "8.8.8.8",
        "2606:4700:4700::1111",
    ]


def test_047_a_name_with_only_private_addresses_is_refused_and_the_text_names_the_address():
    with pytest.raises(RefusedAddressError, match=r"news\.example leads to 10\.0\.0\.7: .*allow_private"):
        resolved(["10.0.0.7"])


def test_a_name_without_addresses_is_an_error():
    with pytest.raises(OSError, match="no address"):
        resolved([])


def test_the_system_resolver_knows_localhost_and_names_fail_as_oserror():
    async def ask() -> None:
        lookup = SystemLookup(at_once=1)
        assert {"127.0.0.1", "::1"} & set(await lookup("localhost"))
        with pytest.raises(OSError, match=r".+"):
            await lookup("a" * 64 + ".invalid")
        assert await lookup("127.0.0.1") == ["127.0.0.1"]  # the slot was given back each time

    asyncio.run(ask())
