"""Runs policywatch and writes twice a second how many tasks its event loop has.

python soaked.py [--hasty] FILE run --config ...
"""

from __future__ import annotations

import asyncio
import sys
import time


def watch(path: str) -> None:
    from policywatch.web.lag import LoopLag

    saw = LoopLag.saw
    out = open(path, "w", buffering=1, encoding="ascii")  # noqa: SIM115  # as long as the process

    def noted(self, late):
        out.write(f"{time.time()} {len(asyncio.all_tasks())}\n")
        saw(self, late)

    LoopLag.saw = noted


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[0] == "--hasty":
        from hasty import hasten

        hasten()
        del arguments[0]
    watch(arguments[0])
    from policywatch.cli import app

    app(arguments[1:])
