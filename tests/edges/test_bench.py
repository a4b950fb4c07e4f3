"""The limited child that a thread waits for: what becomes of one that ends badly."""

from __future__ import annotations

import os
import time

import pytest

from policywatch import errors
from policywatch.sandbox.bench import Bench


class Target:
    """Lives in the child of the tests."""

    def say(self, word):
        return word

    def leave(self):
        os._exit(3)

    def spin(self):
        while True:
            pass

    def hang(self):
        time.sleep(60)

    def stumble(self):
        raise KeyError("x")

    def secrets(self):
        return [name for name in os.environ if "SECRET" in name]


@pytest.fixture
def bench():
    made = Bench(f"{__name__}:Target", tuple, cpu_seconds=1, wall_seconds=1.0, memory_bytes=256 << 20)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("method", "told"), [("leave", "process broke"), ("hang", "longer than 1 s"), ("stumble", "KeyError")]
)
def test_a_child_that_ends_badly_is_named_and_replaced(bench, method, told, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "x")
    with pytest.raises(errors.PolicywatchError, match=told):
        bench.call("it", method)
    assert bench.call("it", "say", "早") == "早"
    assert bench.call("it", "secrets") == []
