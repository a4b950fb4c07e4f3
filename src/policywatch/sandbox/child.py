"""The child's side: builds one object, then answers calls of its methods until the pipe closes."""

from __future__ import annotations

import importlib
import os
import resource
import signal
import sys
import traceback
from dataclasses import dataclass
from typing import Any

from policywatch import errors
from policywatch.sandbox import frames, heap

WORTH_GIVING_BACK = 8 << 20
"""Bytes that a document must have left behind for the child to ask for their return: that takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the parent sends first."""

    target: str
    """`package.module:Class`; the class is built with `arguments`."""
    arguments: tuple[Any, ...]
    cpu_seconds: int
    """A call that burns more processor time than this is killed by the kernel."""
    memory_bytes: int
    """Of address space, as RLIMIT_AS counts it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method of the object."""

    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The call raised: `error` is one of ours, or None with the traceback of a fault in the program."""

    error: errors.PolicywatchError | None
    trace: str = ""


def _grant_cpu(seconds: int) -> None:
    # RLIMIT_CPU counts the whole life of the process, so each call moves the soft limit on.
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _give_back(kept: int) -> int:
    """After a document that took much, gives back what is free of it; says what is held then."""
    now = heap.resident()
    if now < kept + WORTH_GIVING_BACK:
        return kept
    heap.give_back()
    return max(kept, heap.resident())


def main() -> None:
    """Runs until standard input ends. Standard output carries frames only; prints go to standard error."""
    heap.bound()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which closes the pipe in order
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    setup: Setup = frames.read(requests)
    module, name = setup.target.split(":")
    target = getattr(importlib.import_module(module), name)(*setup.arguments)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (setup.memory_bytes, setup.memory_bytes))
    heap.settle()
    answers.write(frames.pack(None))
    answers.flush()
    kept = heap.resident()
    while True:
        try:
            call: Call = frames.read(requests)
        except EOFError:
            return
        _grant_cpu(setup.cpu_seconds)
        try:
            answer: object = getattr(target, call.method)(*call.arguments)
        except errors.PolicywatchError as error:
            answer = Failure(error)
        except Exception:  # noqa: BLE001  # the guard of one call: the parent logs it, the next document goes on
            answer = Failure(None, traceback.format_exc(limit=20))
        answers.write(frames.pack(answer))
        answers.flush()
        del call, answer
        kept = _give_back(kept)
