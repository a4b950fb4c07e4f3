"""Turns at a host, on a clock that only the pauses move."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from policywatch import errors
from policywatch.fetch.politeness import Politeness
from policywatch.fetch.retry import retry_after

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Clock:
    """Stands still but for sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        until = self.seconds + seconds
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)


def politeness(clock: Clock, spacing: float = 1.0) -> Politeness:
    return Politeness(timedelta(seconds=spacing), clock=clock, sleep=clock.sleep, now=clock.now)


def test_017_a_host_has_one_request_at_a_time_at_least_the_spacing_apart_in_the_order_asked():
    clock = Clock()
    polite = politeness(clock)
    starts: list[tuple[int, float]] = []
    in_flight = 0

    async def one(number: int) -> None:
        nonlocal in_flight
        async with polite.turn("a.example"):
            in_flight += 1
            assert in_flight == 1
            starts.append((number, clock()))
            await asyncio.sleep(0)
            clock.seconds += 0.25  # the request's own time
            in_flight -= 1

    async def all_at_once() -> None:
        await asyncio.gather(*(one(number) for number in range(50)))

    asyncio.run(all_at_once())
    assert [number for number, _ in starts] == list(range(50))
    assert [at for _, at in starts] == [number * 1.25 for number in range(50)]


def test_018_a_host_that_wants_longer_pauses_gets_them_up_to_a_minute():
    clock = Clock()
    polite = politeness(clock)

    async def visit(pause: timedelta | None) -> float:
        async with polite.turn("a.example", pause=pause):
            return clock()

    async def all_of_them() -> list[float]:
        pauses = (timedelta(seconds=10), timedelta(seconds=0.1), None, timedelta(hours=9), None)
        return [await visit(pause) for pause in pauses]

    assert asyncio.run(all_of_them()) == [0, 10, 11, 12, 72]


def test_017_other_hosts_do_not_wait():
    clock = Clock()
    polite = politeness(clock, spacing=3600)

    async def visit() -> None:
        for number in range(100):
            async with polite.turn(f"{number}.example"):
                pass

    asyncio.run(visit())
    assert clock() == 0


def test_one_who_gives_up_waiting_does_not_hold_up_the_others():
    clock = Clock()
    polite = politeness(clock)

    async def run() -> None:
        async with polite.turn("a.example"):
            tasks = [asyncio.create_task(take()) for _ in range(3)]
            await asyncio.sleep(0)
            tasks[0].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError)
        assert done[1:] == [None, None]

    async def take() -> None:
        async with polite.turn("a.example"):
            pass

    asyncio.run(run())


def test_012_a_blocked_host_is_refused_at_once_also_for_those_who_already_wait():
    clock = Clock()
    polite = politeness(clock)
    until = NOW + timedelta(hours=2)
    refused: list[errors.FetchError] = []

    async def take() -> None:
        with pytest.raises(errors.FetchError) as caught:
            async with polite.turn("a.example", "http://a.example/feed"):
                pass
        refused.append(caught.value)

    async def run() -> None:
        async with polite.turn("a.example"):
            waiting = asyncio.create_task(take())
            await asyncio.sleep(0)
            polite.block("a.example", until)
        await waiting
        await take()
        async with polite.turn("b.example"):
            pass

    asyncio.run(run())
    assert clock() == 0
    assert [error.code for error in refused] == ["host_blocked", "host_blocked"]
    assert {error.retry_after for error in refused} == {until}
    assert refused[0].url == "http://a.example/feed"
    assert "2026-11-23 10:00 UTC" in refused[0].what


def test_012_no_request_goes_out_before_a_short_block_is_over_nor_a_long_one():
    clock = Clock()
    polite = politeness(clock, spacing=0)
    polite.block("a.example", NOW + timedelta(seconds=40))
    polite.block("a.example", NOW + timedelta(seconds=10))
    polite.block("b.example", NOW + timedelta(hours=3))

    async def take(host: str) -> float:
        async with polite.turn(host):
            return clock()

    assert asyncio.run(take("a.example")) == 40
    clock.seconds = 3 * 3600 - 61
    with pytest.raises(errors.FetchError):
        asyncio.run(take("b.example"))
    clock.seconds += 1
    assert asyncio.run(take("b.example")) == 3 * 3600


def test_idle_hosts_are_forgotten_and_busy_or_blocked_ones_are_not():
    clock = Clock()
    polite = politeness(clock)
    polite.block("blocked.example", NOW + timedelta(days=1))

    async def visit() -> None:
        async with polite.turn("busy.example"):
            for number in range(5_000):
                clock.seconds += 1
                async with polite.turn(f"{number}.example"):
                    pass
            assert len(polite) <= 300
            waiting = asyncio.create_task(polite.turn("busy.example").__aenter__())
            await asyncio.sleep(0)
            assert not waiting.done()
            waiting.cancel()
        with pytest.raises(errors.FetchError):
            async with polite.turn("blocked.example"):
                pass

    asyncio.run(visit())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 3600 ", timedelta(hours=1)),
        ("Mon, 23 Nov 2026 08:05:00 GMT", timedelta(minutes=5)),
        ("Monday, 23-Nov-26 08:05:00 GMT", timedelta(minutes=5)),
        ("Mon Nov 23 08:05:00 2026", timedelta(minutes=5)),
        ("315360000", timedelta(hours=24)),
        ("9" * 5000, timedelta(hours=24)),
        ("Sat, 23 Nov 2036 08:05:00 GMT", timedelta(hours=24)),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٣", None),
        ("Mon, 23 Nov 2020 08:05:00 GMT", None),
        ("Mon, 99 Nov 2026 08:05:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    ],
)
def test_012_retry_after_is_read_as_seconds_or_date_capped_to_a_day_and_garbage_is_none(value, expected):
    assert retry_after(value, NOW) == (None if expected is None else NOW + expected)
