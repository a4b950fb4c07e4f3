"""What the operator wrote may stand at a private address; what a page or a redirect names never may (45 to 52)."""

from __future__ import annotations

import asyncio

import pytest

from edges.fetch_origin import Origin, always, answer, failure, options, serving
from policywatch.fetch.client import Client
from policywatch.model import Manner, Request
from policywatch.sources import base
from policywatch.sources.base import SourceSpec

ENDPOINT = Manner(is_endpoint=True)


def run(coroutine):
    return asyncio.run(coroutine)


def closed(**more):
    """Options under which nothing private and only the usual ports may be asked."""
    return options(allow_private=[], allow_ports=[80, 443], **more)


def test_052_an_endpoint_is_asked_at_its_private_address_and_own_port_and_nothing_else_is():
    async def scenario() -> None:
        async with serving(always(answer(200, b"feed"))) as origin, Client(closed()) as client:
            page = await client.fetch(Request(origin.base + "/route", manner=ENDPOINT))
            assert page.body == b"feed"
            assert (await failure(client, origin.base + "/route")).code == "refused_address"
            # The connection to the endpoint that is kept open serves nobody else.
            assert (await failure(client, Request(origin.base))).code == "refused_address"
            assert len(origin.requests) == 1

    run(scenario())


def test_052_an_endpoint_with_a_name_that_leads_inside_is_asked_too():
    async def scenario() -> None:
        async def lookup(_host: str) -> list[str]:
            return ["127.0.0.1"]

        private = serving(always(answer(200, b"feed")), name="rsshub.lan")
        async with private as origin, Client(closed(), lookup=lookup) as client:
            assert (await client.fetch(Request(origin.base, manner=ENDPOINT))).body == b"feed"
            assert (await failure(client, origin.base)).code == "refused_address"

    run(scenario())


@pytest.mark.parametrize("status", [301, 302, 307])
def test_048_an_endpoint_redirects_to_no_other_private_host_and_no_other_port(status):
    async def scenario() -> None:
        async with (
            serving(always(answer(200, b"inside")), host="127.0.0.3") as other,
            serving(always(answer(200, b"inside"))) as port,
        ):
            for location in (other.base, port.base, "http://169.254.169.254/", "http://10.0.0.1/"):
                async with serving(always(answer(status, b"", f"Location: {location}"))) as origin:
                    async with Client(closed()) as client:
                        error = await failure(client, Request(origin.base, manner=ENDPOINT))
                    assert error.code == "refused_address"
            assert other.connections == port.connections == 0

    run(scenario())


def test_048_an_endpoint_may_redirect_on_itself():
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            return answer(200, b"here") if b"/to" in origin.line() else answer(302, b"", "Location: /to")

        async with serving(reply) as origin, Client(closed()) as client:
            assert (await client.fetch(Request(origin.base, manner=ENDPOINT))).body == b"here"

    run(scenario())


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/", "http://[fd00:ec2::254]/", "http://100.100.100.200/"]
)
def test_052_a_metadata_address_is_no_endpoint(url):
    async def scenario() -> None:
        async with Client(closed()) as client:
            error = await failure(client, Request(url, manner=ENDPOINT))
            assert (error.code, error.permanent) == ("refused_address", True)
            assert "metadata" in error.what

    run(scenario())


def test_052_a_name_that_leads_to_a_metadata_address_is_no_endpoint():
    async def scenario() -> None:
        async def lookup(_host: str) -> list[str]:
            return ["169.254.169.254"]

        async with Client(closed(), lookup=lookup) as client:
            error = await failure(client, Request("http://rsshub.lan:1200/", manner=ENDPOINT))
            assert error.code == "refused_address"

    run(scenario())


@pytest.mark.parametrize(
    ("kind", "url", "is_endpoint"),
    [
        ("rsshub", "http://10.0.0.5:1200/gov/x", True),
        ("rsshub", "http://10.0.0.5:1201/gov/x", False),
        ("rsshub", "http://10.0.0.6:1200/gov/x", False),
        ("rsshub", "https://10.0.0.5:1200/gov/x", False),
        ("feed", "http://10.0.0.5:1200/gov/x", False),
        ("listpage", "http://10.0.0.5:1200/gov/x", False),
    ],
)
def test_052_only_the_base_that_the_configuration_names_is_an_endpoint(kind, url, is_endpoint):
    given = {"route": "/gov/x"} if kind == "rsshub" else {}
    spec = SourceSpec(id="s", kind=kind, url="http://10.0.0.5:1200", options=given, tls="legacy")
    source = base.build(spec)
    assert source.manner(Request(url)) == Manner(legacy_tls=True, is_endpoint=is_endpoint)


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [
        ([301], "/1"),
        ([308], "/1"),
        ([301, 308], "/2"),
        ([301, 302], "/1"),
        ([302], ""),
        ([303], ""),
        ([307], ""),
        ([302, 301], ""),
        ([301, 307, 301], "/1"),
        ([], ""),
    ],
)
def test_015_where_an_address_moved_for_good_is_the_end_of_its_first_permanent_redirects(statuses, moved_to):
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            number = int(origin.line().split()[1].strip(b"/") or b"0")
            if number == len(statuses):
                return answer(200, b"here")
            return answer(statuses[number], b"", f"Location: /{number + 1}")

        async with serving(reply) as origin, Client(options(origin)) as client:
            page = await client.fetch(Request(origin.base))
            assert page.body == b"here"
            assert page.moved_to == (origin.base + moved_to if moved_to else "")

    run(scenario())
