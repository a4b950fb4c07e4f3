"""200 list pages from a server on this machine: urlwatch and webchanges against policywatch.

Each side is a process of its own on one core, the server has the other, and no answer is a 304. In the first pass all
is new; in the second nothing has changed; in the third each page has one more entry. The peers keep the text of each
page's list and show what is new in it (`css`, then `html2text`); policywatch stores each entry as an article of its own
and matches it against the shipped watch-lists: 12,000 in the first pass. Pages that articles have of their own are asked
by none. The start of the processes is left out, for the peers also the loading of their modules; policywatch's reading
process begins in the first pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import importlib.util
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import lists, origin
from benchmarks.articles import articles
from benchmarks.endtoend import CONFIG, CORE, SERVER_CORE, TOP
from benchmarks.harness import Result, Row
from benchmarks.matching import corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGES = 200
ROUNDS = 3
MONTH = "2025-10"
"""Past, whenever this runs: of what is old, neither the own page is asked nor the page before the list."""
PASSES = ("all new", "unchanged, answered whole", "one new entry each")
PEERS = {"urlwatch": 3, "webchanges": 20}
"""How many times the speed of each policywatch means to reach."""


def rows() -> Iterator[Result]:
    """A peer that is not installed is named on the error output and left out."""
    texts = _texts(lists.ENTRIES * (PAGES + 1))
    pages: dict[str, bytes | tuple[bytes, ...]] = {f"/l/{at}.html": _bodies(at, texts) for at in range(PAGES)}
    peers = [peer for peer in PEERS if importlib.util.find_spec(peer) is not None]
    for peer in PEERS.keys() - set(peers):
        sys.stderr.write(f"{peer} is not installed: policywatch is not compared with it\n")
    taken: dict[str, list[list[float]]] = {}
    for _ in range(ROUNDS):
        for side in (*peers, "policywatch"):
            with origin.serving(pages, kind="text/html", core=SERVER_CORE) as port:
                taken.setdefault(side, []).append(_run(side, port))
    speeds = {
        side: [PAGES / statistics.median(passes) for passes in zip(*runs, strict=True)] for side, runs in taken.items()
    }
    for peer in peers:
        for number, name in enumerate(PASSES):
            row = Row(f"{PAGES} list pages, {name}", peer, _nothing, _nothing, PAGES, "pages", PEERS[peer])
            yield Result(row, speeds[peer][number], speeds["policywatch"][number])


def _nothing() -> None:
    """Measured in processes of its own."""


def _texts(count: int) -> list[str]:
    """One in five is about what watch-lists ask for, about as many as in general news."""
    about, plain = articles(count // 5 + 1), corpus(count)[0]
    return [about[at // 5] if at % 5 == 0 else text for at, text in enumerate(plain)]


def _bodies(number: int, texts: list[str]) -> tuple[bytes, bytes, bytes]:
    # No title stands on two pages: reprints are other benchmarks' matter.
    own = texts[number * (lists.ENTRIES - 1) :]
    page = lists.page(number, own, month=MONTH).encode()
    title = html.escape(texts[number][-30:-4])
    fresh = (
        f'<li class="news-item clearfix"><a class="title" href="./{MONTH}/new{number}.shtml" title="{title}">'
        f'{title}</a><span class="date">{MONTH}-29</span></li>'
    )
    return page, page, lists.page(number, own, month=MONTH, above=fresh).encode()


def _run(side: str, port: int) -> list[float]:
    with tempfile.TemporaryDirectory() as room:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.polling", side, str(port), room],
            capture_output=True, check=False, cwd=TOP, text=True,
            env=os.environ | {"HOME": room, "XDG_CONFIG_HOME": room, "XDG_DATA_HOME": room},
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{side}: {done.stderr[-4000:]}")
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


# --- the sides, each in a process of its own -----------------------------------------------------------------------


def _urlwatch(port: int, room: Path) -> list[float]:
    jobs = _jobs(port, room, "filter", "re")
    return _passes("urlwatch", "--urls", jobs, "--config", room / "config.yaml", "--cache", room / "cache.db")


def _webchanges(port: int, room: Path) -> list[float]:
    jobs = _jobs(port, room, "filters", "strip_tags")
    return _passes("webchanges", "--jobs", jobs, "--config", room / "config.yaml", "--database", room / "snapshots.db")


def _jobs(port: int, room: Path, word: str, method: str) -> Path:
    """Each peer has its own name for the plainest way from markup to text, by regular expressions."""
    path = room / "jobs.yaml"
    path.write_text(
        "---\n".join(
            f"name: p{at}\nurl: http://127.0.0.1:{port}/l/{at}.html\n{word}:\n  - css: ul.news-list\n"
            f"  - html2text: {method}\n"
            for at in range(PAGES)
        )
    )
    return path


def _passes(peer: str, *arguments: str | Path) -> list[float]:
    """Calls the peer's command three times. Raises AssertionError where its report does not name each page once."""
    main: Callable[[], None] = importlib.import_module(f"{peer}.cli").main
    sys.argv = [peer, *map(str, arguments)]
    seconds = []
    for name in PASSES:
        said = io.StringIO()
        begin = time.perf_counter()
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            main()
        seconds.append(time.perf_counter() - begin)
        wanted = 0 if name == PASSES[1] else PAGES
        named = set(re.findall(r"(?:NEW|CHANGED|新|改): (p\d+)\b", said.getvalue(), re.IGNORECASE))
        assert len(named) == wanted, said.getvalue()[:2000]
    return seconds


SOURCE = (
    "  - {{id: s{number}, kind: listpage, url: 'http://127.1.{number}.1:{port}/l/{number}.html', backfill: 1m, "
    "options: {options}}}"
)
"""Nothing is so young that its own page would be wanted."""


async def _policywatch(port: int, room: Path) -> list[float]:
    from sqlalchemy import text  # noqa: PLC0415  # each side loads what is its own

    from policywatch import bootstrap  # noqa: PLC0415

    options = json.dumps(lists.SELECTORS)
    sources = [SOURCE.format(number=number, port=port, options=options) for number in range(PAGES)]
    path = room / "policywatch.yaml"
    watchlists = TOP / "config" / "watchlists" / "*.yaml"
    path.write_text(CONFIG.format(state=room / "state", lists=watchlists, port=port, sources="\n".join(sources)))
    names = [f"s{number}" for number in range(PAGES)]
    seconds = []
    async with bootstrap.assembled(bootstrap.load(path)) as parts:
        for name in PASSES:
            begin = time.perf_counter()
            polled = await parts.poller.poll_due(names)
            seconds.append(time.perf_counter() - begin)
            wanted = ("unchanged", 0) if name == PASSES[1] else ("ok", lists.ENTRIES if name == PASSES[0] else 1)
            assert {(one.status, one.new) for one in polled} == {wanted}, polled[:3]
        total = await parts.db.read(lambda tx: tx.execute(text("SELECT count(*) FROM article")).scalar_one())
        assert total == PAGES * (lists.ENTRIES + 1)
    return seconds


def main(arguments: list[str]) -> None:
    """`urlwatch|webchanges|policywatch PORT FOLDER`: runs one side; its seconds a pass are the last line."""
    side, port, room = arguments[0], int(arguments[1]), Path(arguments[2])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {CORE})
    if side == "policywatch":
        found = asyncio.run(_policywatch(port, room))
    else:
        found = (_urlwatch if side == "urlwatch" else _webchanges)(port, room)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
