"""With too many pages at hand that wait to be read, no more are asked for."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from edges.fetch_origin import Origin, answer, options, serving
from policywatch.fetch.backlog import Backlog
from policywatch.fetch.client import Client
from policywatch.model import Request


def test_a_request_begins_when_there_is_room_again():
    async def scenario() -> None:
        asked = 0

        async def reply(_origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            nonlocal asked
            asked += 1
            return answer(200, b"news")

        backlog = Backlog(most=1000)
        async with serving(reply) as origin, Client(options(origin), backlog=backlog) as client:
            with backlog.holding(999):
                await client.fetch(Request(origin.base))
                with backlog.holding(1):
                    waiting = asyncio.create_task(client.fetch(Request(origin.base)))
                    done, _ = await asyncio.wait({waiting}, timeout=0.3)
                    assert (len(done), asked) == (0, 1)
                assert (await waiting).body == b"news"
        assert (asked, backlog.size) == (2, 0)

    asyncio.run(scenario())


def test_waiting_for_room_does_not_count_as_the_servers_delay():
    async def scenario() -> None:
        async def reply(_origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            return answer(200, b"news")

        backlog = Backlog(most=1)
        async with (
            serving(reply) as origin,
            Client(options(origin, timeout=timedelta(seconds=0.3)), backlog=backlog) as client,
        ):
            with backlog.holding(1):
                waiting = asyncio.create_task(client.fetch(Request(origin.base)))
                await asyncio.wait({waiting}, timeout=0.6)
                assert not waiting.done()
            assert (await waiting).status == 200

    asyncio.run(scenario())


def test_a_page_that_could_not_be_read_is_not_held():
    backlog = Backlog(most=1)
    with pytest.raises(ValueError, match="broken"), backlog.holding(5):
        raise ValueError("broken")
    assert backlog.size == 0
    asyncio.run(asyncio.wait_for(backlog.room(), 1))
