"""The limited child: what it answers, what it may cost, and what its death means for the others."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from policywatch import errors
from policywatch.sandbox.pool import Sandbox


class Target:
    """Lives in the child of these tests."""

    def __init__(self, word: str) -> None:
        self._word = word

    def greet(self, name: str) -> str:
        return f"{self._word} {name}"

    def pid(self) -> int:
        return os.getpid()

    def refuse(self) -> None:
        raise errors.ParseError("http://a/", "not a feed", code="not_a_feed")

    def stumble(self) -> None:
        raise KeyError("x")

    def spin(self) -> None:
        while True:
            pass

    def hang(self) -> None:
        time.sleep(60)

    def eat(self) -> int:
        return len(bytearray(8 << 30))

    def bloat(self) -> int:
        """Leaves 100 MB behind in circles, as parsers do."""
        kept = [{"text": f"{number:06}" * 60} for number in range(150_000)]
        for one in kept:
            one["all"] = kept
        return self.held()

    def held(self) -> int:
        """Bytes of memory."""
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def secrets(self) -> list[str]:
        return [name for name in os.environ if "SECRET" in name]

    def say(self) -> str:
        print("to standard output")
        return "said"


def calling(work, **limits):
    async def run():
        sandbox = Sandbox(f"{__name__}:Target", lambda: ("hello",), **limits)
        try:
            return await work(sandbox)
        finally:
            await sandbox.close()

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """The child finds this file by its name."""
    here = os.path.dirname(__file__)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))


def test_a_call_is_answered_by_the_object_in_the_child():
    async def work(sandbox):
        return await sandbox.call("u", "greet", "you"), await sandbox.call("u", "pid"), await sandbox.call("u", "pid")

    answer, pid, again = calling(work)
    assert answer == "hello you"
    assert pid == again != os.getpid()


def test_an_error_of_ours_arrives_whole():
    async def work(sandbox):
        with pytest.raises(errors.ParseError) as caught:
            await sandbox.call("u", "refuse")
        return caught.value

    error = calling(work)
    assert (error.url, error.what, error.code) == ("http://a/", "not a feed", "not_a_feed")


@pytest.mark.parametrize(
    ("method", "code"), [("stumble", "crashed"), ("spin", "too_slow"), ("hang", "too_slow"), ("eat", "crashed")]
)
def test_026_a_document_that_costs_too_much_is_an_error_and_the_next_is_read(method, code):
    async def work(sandbox):
        with pytest.raises(errors.ParseError) as caught:
            await sandbox.call("http://a/", method)
        return caught.value.code, await sandbox.call("u", "greet", "next")

    assert calling(work, cpu_seconds=1, wall_seconds=3.0) == (code, "hello next")


def test_044_a_killed_child_is_replaced_within_a_second():
    async def work(sandbox):
        pid = await sandbox.call("u", "pid")
        os.kill(pid, 9)
        with pytest.raises(errors.ParseError):
            await sandbox.call("u", "greet", "you")
        started = time.monotonic()
        other = await sandbox.call("u", "pid")
        return pid != other, time.monotonic() - started

    is_other, seconds = calling(work)
    assert is_other
    assert seconds < 5


def test_memory_that_one_document_took_is_given_back():
    async def work(sandbox):
        return [await sandbox.call("u", name) for name in ("held", "bloat", "held")]

    before, most, after = calling(work)
    assert most > before + (60 << 20)
    assert after < before + (16 << 20)


def test_a_child_is_renewed_after_its_calls():
    async def work(sandbox):
        return len({await sandbox.call("u", "pid") for _ in range(6)})

    assert calling(work, calls_per_child=2) == 3


def test_a_cancelled_call_leaves_no_answer_for_the_next():
    async def work(sandbox):
        task = asyncio.create_task(sandbox.call("u", "hang"))
        await asyncio.sleep(0)
        await sandbox_is_busy(sandbox)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await sandbox.call("u", "greet", "you")

    async def sandbox_is_busy(sandbox):
        async with asyncio.timeout(10):
            while not sandbox._busy:
                await asyncio.sleep(0.01)

    assert calling(work) == "hello you"


def test_106_the_environment_of_a_child_holds_no_secret(monkeypatch):
    monkeypatch.setenv("SMTP_SECRET", "canary")

    async def work(sandbox):
        return await sandbox.call("u", "secrets")

    assert calling(work) == []


def test_prints_do_not_disturb_the_answers():
    async def work(sandbox):
        return await sandbox.call("u", "say"), await sandbox.call("u", "greet", "you")

    assert calling(work) == ("said", "hello you")
