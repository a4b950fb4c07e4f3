"""1,000 feeds with 18.5k full articles from a server on this machine, to stored and matched: reader against policywatch.

Each side is a process tree of its own on one core, the server has the other; both ask the same addresses, of as many
hosts as there are feeds. The first pass reads everything; in the second nothing has changed and every answer is a 304.
Policywatch also turns markup into text, repairs and folds it, matches it against the shipped watch-lists, and looks for
reprints; reader stores the entries. The first pass holds the start of policywatch's reading process, about a second,
but not that of the processes themselves.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import origin, trees
from benchmarks.documents import feeds
from benchmarks.harness import Fact, Result, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

FEEDS = 1000
ROUNDS = 3
CORE, SERVER_CORE = 0, 1
TOP = Path(__file__).parents[1]
_measured: dict[str, list[dict[str, float]]] = {}


def rows() -> Iterator[Result]:
    """Raises AssertionError where a side has not stored every entry."""
    made = feeds(FEEDS, 12, 25)
    entries = sum(count for _, count in made)
    pages = {f"/f/{number}.xml": body for number, (body, _) in enumerate(made)}
    with origin.serving(pages, core=SERVER_CORE) as port:
        for _ in range(ROUNDS):
            for side in ("reader", "policywatch"):
                _measured.setdefault(side, []).append(_run(side, port))
    peer, ours = (_medians(_measured[side]) for side in ("reader", "policywatch"))
    assert peer["entries"] == ours["entries"] == entries
    yield Result(_row("to stored and matched", "entries", 5), entries / peer["first"], entries / ours["first"])
    yield Result(_row("304s", "feeds", 8), FEEDS / peer["second"], FEEDS / ours["second"])


def facts() -> Iterator[Fact]:
    """What the process tree holds at the end of a pass; shared pages are shared out (PSS)."""
    if "policywatch" not in _measured:
        list(rows())
    yield Fact("memory of the process tree", _medians(_measured["policywatch"])["megabytes"], "MB", 260)


def _row(name: str, unit: str, goal: float) -> Row:
    return Row(f"1,000 feeds, {name}", "reader", lambda: None, lambda: None, 1, unit, goal)


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _run(side: str, port: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as room:
        command = [sys.executable, "-m", "benchmarks.endtoend", side, str(port), str(FEEDS), room]
        done = subprocess.run(command, capture_output=True, check=False, cwd=TOP, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


# --- the two sides, each in a process of its own -------------------------------------------------------------------


def _reader(port: int, count: int, room: Path) -> dict[str, float]:
    # Its own copy of feedparser asks for this module under its older name.
    sys.modules.setdefault("sgmllib", importlib.import_module("feedparser_sgmllib"))
    from reader import make_reader  # noqa: PLC0415  # each side loads what is its own

    reader = make_reader(str(room / "reader.sqlite"))
    for number in range(count):
        reader.add_feed(_url(number, port))
    seconds, cpu = [], [trees.cpu(os.getpid())]
    for _ in range(2):
        begin = time.perf_counter()
        failed = [
            found
            for found in reader.update_feeds_iter(workers=8, scheduled=False)
            if isinstance(found.value, Exception)
        ]
        seconds.append(time.perf_counter() - begin)
        cpu.append(trees.cpu(os.getpid()))
        assert not failed
    total = reader.get_entry_counts().total
    return _found(seconds, cpu, total)


CONFIG = """
state: {state}
mail: {{kind: maildir}}
include: [{lists}]
fetch: {{allow_private: [127.0.0.0/8], allow_ports: [{port}], spacing: 0s}}
sources:
{sources}
"""
SOURCE = "  - {{id: s{number}, kind: feed, url: '{url}', backfill: all, options: {{full_text: never}}}}"


def _url(number: int, port: int) -> str:
    # Each feed has a host of its own, as feeds do: one host is asked one thing at a time.
    return f"http://127.{1 + number // 250}.{number % 250}.1:{port}/f/{number}.xml"


async def _policywatch(port: int, count: int, room: Path) -> dict[str, float]:
    from sqlalchemy import text  # noqa: PLC0415

    from policywatch import bootstrap  # noqa: PLC0415

    sources = [SOURCE.format(number=number, url=_url(number, port)) for number in range(count)]
    lists = TOP / "config" / "watchlists" / "*.yaml"
    path = room / "policywatch.yaml"
    path.write_text(CONFIG.format(state=room / "state", lists=lists, port=port, sources="\n".join(sources)))
    config = bootstrap.load(path)
    names = [f"s{number}" for number in range(count)]
    seconds = []
    async with bootstrap.assembled(config) as parts:
        cpu = [trees.cpu(os.getpid())]
        for wanted in ("ok", "unchanged"):
            begin = time.perf_counter()
            polled = await parts.poller.poll_due(names)
            seconds.append(time.perf_counter() - begin)
            cpu.append(trees.cpu(os.getpid()))
            assert {one.status for one in polled} == {wanted}, [one for one in polled if one.status != wanted][:3]
        total = await parts.db.read(lambda tx: tx.execute(text("SELECT count(*) FROM article")).scalar_one())
        return _found(seconds, cpu, total)


def _found(seconds: list[float], cpu: list[float], entries: int) -> dict[str, float]:
    return {
        "first": seconds[0], "second": seconds[1], "entries": entries, "megabytes": trees.pss(os.getpid()),
        "first cpu": cpu[1] - cpu[0], "second cpu": cpu[2] - cpu[1],
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    """`reader|policywatch PORT FEEDS FOLDER`: runs one side and writes what it measured as the last line."""
    side, port, count, room = arguments[0], int(arguments[1]), int(arguments[2]), Path(arguments[3])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {CORE})
    found = _reader(port, count, room) if side == "reader" else asyncio.run(_policywatch(port, count, room))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
