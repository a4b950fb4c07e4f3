"""Runs policywatch so that it kills itself (SIGKILL) at a named point, once: for the tests of crashes.

    python killer.py before:policywatch.store.outbox:settle poll --config ... --then deliver --config ...

Commands after `--then` follow in the same process, each with a database that it opens and closes itself. The point
`never` kills at none.

`before` and `after` are about a call of a function; `committed` is when a transaction that called it is safe on disk.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import signal
import sys


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    when, module_name, path = point.split(":")
    if when == "committed":
        arm_commit(module_name, path)
        return
    owner = importlib.import_module(module_name)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    original = getattr(owner, name)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def armed(*args, **kwargs):
            if when == "before":
                die()
            result = await original(*args, **kwargs)
            die()
            return result
    else:

        @functools.wraps(original)
        def armed(*args, **kwargs):
            if when == "before":
                die()
            result = original(*args, **kwargs)
            die()
            return result

    setattr(owner, name, armed)


def arm_commit(module_name: str, name: str) -> None:
    from policywatch.store.db import Database

    module = importlib.import_module(module_name)
    target = getattr(module, name)
    write = Database.write

    async def watched(self, fn, *args, **kwargs):
        result = await write(self, fn, *args, **kwargs)
        if fn is target or getattr(fn, "__name__", "") == name:
            die()
        return result

    Database.write = watched


if __name__ == "__main__":
    point, *arguments = sys.argv[1:]
    if point != "never":
        arm(point)
    from policywatch.cli import app

    while arguments:
        at = arguments.index("--then") if "--then" in arguments else len(arguments)
        app(arguments[:at], standalone_mode=False)
        arguments = arguments[at + 1 :]
