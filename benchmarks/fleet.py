"""Ten thousand sources on this machine, three of ten of them failing, as `policywatch run` asks them.

    make fleet [ARGS="--sources 10000 --minutes 10 --only sqlite"]
    make fleet ARGS="--only workers"        how fast 1, 2 and 4 processes read 1,000 feeds into PostgreSQL

Each engine gets two rounds. In the first everything is due at once, as after a day off: how long until all were asked.
In the second the sources come due evenly over some minutes (ten are six times the pace of the default hour), and one
in ten of the healthy ones has news: how late each is asked, what it costs, and how late the event loop is.

The failing ones, as many of each: servers that never answer, connections that are reset, status 500, broken XML, and
bombs (a gzip of 200 MB, entities in entities, elements nested a hundred thousand deep).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import pickle
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import origin, trees
from benchmarks.documents import feeds
from benchmarks.harness import Fact, facts_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TOP = Path(__file__).parents[1]
FAILING = ("silence", "reset", "status", "broken", "gzip bomb", "entity bomb", "deep")
BOMB = 200 * 10**6
SPRINT = 1000
CONFIG = """
state: {state}
{shared}
web: {{listen: "127.0.0.1:0"}}
log: {{format: json, level: info}}
mail: {{kind: maildir}}
include: [{lists}]
fetch: {{allow_private: [127.0.0.0/8], allow_ports: [{port}]}}
sources:
{sources}
"""
SOURCE = (
    "  - {{id: s{number}, kind: feed, every: 1d, url: 'http://127.{high}.{low}.1:{port}/f/{number}.xml', "
    "backfill: all, options: {{full_text: never}}}}"
)


def failing(number: int) -> str:
    """How a source fails; empty for a healthy one."""
    return FAILING[number // 10 % len(FAILING)] if number % 10 >= 7 else ""


def has_news(number: int) -> bool:
    """In the second round."""
    return number % 10 == 0


# --- the sites ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def sites(count: int) -> Iterator[tuple[int, Callable[[], None], Callable[[], dict[int, float]]]]:
    """Gives the port, what makes the second round's news appear, and what tells when each source was last asked."""
    with tempfile.NamedTemporaryFile() as asked:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fleet", "sites", str(count), asked.name],
            stdout=subprocess.PIPE, cwd=TOP,
        )  # fmt: skip
        assert process.stdout is not None

        def told() -> dict[int, float]:
            process.send_signal(signal.SIGUSR2)
            assert process.stdout is not None
            process.stdout.readline()
            found: dict[int, float] = pickle.loads(Path(asked.name).read_bytes())  # noqa: S301  # our own process
            return found

        try:
            yield int(process.stdout.readline()), lambda: process.send_signal(signal.SIGUSR1), told
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


class _Sites(asyncio.Protocol):
    """One connection to any of the sites."""

    def __init__(self, answers: dict[int, tuple[bytes, bytes, bytes]], asked: dict[int, float]) -> None:
        self._answers = answers
        self._asked = asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        path = data.split(b" ", 2)[1]
        if not path.startswith(b"/f/"):
            self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        number = int(path[3:-4])
        self._asked[number] = time.time()
        how = failing(number)
        if how == "reset":
            # Lingering for nothing: the kernel answers with RST.
            self._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            self._transport.abort()
        elif how != "silence":
            etag, whole, unchanged = self._answers[number] if not how else _failures()[how]
            self._transport.write(unchanged if etag and etag in data else whole)


_made: dict[str, tuple[bytes, bytes, bytes]] = {}


def _failures() -> dict[str, tuple[bytes, bytes, bytes]]:
    if not _made:
        laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
        bodies = {
            "broken": gzip.compress("<rss><channel><title>新闻源</titel><item>".encode()),
            "gzip bomb": gzip.compress(b"<rss>" + b" " * BOMB),
            "entity bomb": gzip.compress(
                f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]><rss><channel><title>&l11;</title></channel></rss>'.encode()
            ),
            "deep": gzip.compress(b"<rss><channel>" + b"<item>" * 100_000),
        }
        for how, body in bodies.items():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
            _made[how] = (b"", head % len(body) + body, b"")
        _made["status"] = (b"", b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", b"")
    return _made


async def _serve_sites(count: int, asked_path: Path) -> None:
    healthy = [number for number in range(count) if not failing(number)]
    made = feeds(len(healthy), 3, 6)
    first, second = {}, {}
    for number, (body, _) in zip(healthy, made, strict=True):
        second[number] = origin.answer(body, "application/xml")
        # What the second round has more is the first entry.
        first[number] = origin.answer(_without_first(body), "application/xml") if has_news(number) else second[number]
    answers, asked = dict(first), dict[int, float]()
    _failures()
    loop = asyncio.get_running_loop()

    def tell() -> None:
        asked_path.write_bytes(pickle.dumps(asked))
        sys.stdout.write("told\n")
        sys.stdout.flush()

    loop.add_signal_handler(signal.SIGUSR1, lambda: (answers.update(second), asked.clear()))
    loop.add_signal_handler(signal.SIGUSR2, tell)
    server = await loop.create_server(lambda: _Sites(answers, asked), "0.0.0.0", 0, backlog=4096)  # noqa: S104  # all of 127/8
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def _without_first(body: bytes) -> bytes:
    tag = b"item" if b"<item>" in body else b"entry"
    begin, end = body.index(b"<%s>" % tag), body.index(b"</%s>" % tag)
    return body[:begin] + body[end + len(tag) + 3 :]


# --- the service ------------------------------------------------------------------------------------------------------


def _run_service(config: str, lags: Path) -> None:
    """`policywatch run` in this process; writes how late the event loop was at each look, in seconds."""
    from policywatch.cli import app  # noqa: PLC0415  # the sites load nothing of it
    from policywatch.web.lag import LoopLag  # noqa: PLC0415

    saw = LoopLag.saw

    with lags.open("w", encoding="ascii", buffering=1) as out:

        def noted(self: LoopLag, late: float) -> None:
            out.write(f"{time.time()} {max(0.0, late)}\n")
            saw(self, late)

        LoopLag.saw = noted  # type: ignore[method-assign]
        app(["run", "--config", config], standalone_mode=False)


class _Service:
    """One or more processes on one store."""

    def __init__(self, room: Path, port: int, count: int, address: str | None, processes: int) -> None:
        self.address = address
        shared = f'store: "{address}"\nengine: procrastinate' if address else ""
        sources = [
            SOURCE.format(number=number, high=1 + number // 250, low=number % 250, port=port) for number in range(count)
        ]
        self._state = room / "state"
        path = room / "policywatch.yaml"
        lists = TOP / "config" / "watchlists" / "*.yaml"
        path.write_text(
            CONFIG.format(state=self._state, shared=shared, lists=lists, port=port, sources="\n".join(sources))
        )
        self._lags = [room / f"lags{number}" for number in range(processes)]
        self._logs = [(room / f"log{number}").open("w+", encoding="utf-8") for number in range(processes)]
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.fleet", "service", str(path), str(lag)],
                stdout=subprocess.DEVNULL, stderr=log, cwd=TOP,
            )
            for lag, log in zip(self._lags, self._logs, strict=True)
        ]  # fmt: skip

    def wait_started(self) -> None:
        for process, log in zip(self.processes, self._logs, strict=True):
            while '"event": "started"' not in Path(log.name).read_text(encoding="utf-8"):
                if process.poll() is not None:
                    raise RuntimeError(Path(log.name).read_text(encoding="utf-8")[-4000:])
                time.sleep(0.5)

    @contextlib.contextmanager
    def _sql(self) -> Iterator[Any]:
        if self.address is None:
            connection: Any = sqlite3.connect(self._state / "policywatch.sqlite", timeout=60, isolation_level=None)
        else:
            import psycopg  # noqa: PLC0415  # an extra

            connection = psycopg.connect(self.address, autocommit=True)
        with contextlib.closing(connection):
            yield connection

    def schedule(self, moments: dict[int, float]) -> None:
        """Makes each source due at its moment (seconds since 1970)."""
        mark = "?" if self.address is None else "%s"
        rows = [(int(at * 1e6), f"s{number}") for number, at in moments.items()]
        with self._sql() as connection:
            connection.execute("BEGIN")
            cursor = connection.cursor()
            cursor.executemany(f"UPDATE source SET next_poll_at = {mark} WHERE id = {mark}", rows)  # noqa: S608
            connection.execute("COMMIT")

    def left(self, since: float) -> int:
        """How many sources were not asked since then."""
        with self._sql() as connection:
            query = f"SELECT count(*) FROM source WHERE coalesce(last_poll_at, 0) < {int(since * 1e6)}"  # noqa: S608
            found: int = connection.execute(query).fetchone()[0]
            return found

    def articles(self) -> int:
        with self._sql() as connection:
            found: int = connection.execute("SELECT count(*) FROM article").fetchone()[0]
            return found

    def lags(self, since: float) -> list[float]:
        """Of every process, sorted."""
        lines = [line.split() for path in self._lags for line in path.read_text(encoding="ascii").splitlines()]
        return sorted(float(late) for at, late in lines if float(at) >= since)

    def cpu(self) -> float:
        """Seconds of processor time of the trees so far."""
        return sum(trees.cpu(process.pid) for process in self.processes)

    def megabytes(self) -> float:
        return sum(trees.pss(process.pid) for process in self.processes)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)
        for log in self._logs:
            log.close()


def measured(name: str, count: int, seconds: float, address: str | None, processes: int) -> list[Fact]:
    """Both rounds of one engine."""
    with sites(count) as (port, publish, asked), tempfile.TemporaryDirectory() as room:
        service = _Service(Path(room), port, count, address, processes)
        try:
            service.wait_started()
            begun, cpu = time.time(), service.cpu()
            service.schedule(dict.fromkeys(range(count), begun))
            peak = _watch(service, lambda: service.left(begun) == 0, 3600)
            cycle, cycle_cpu = time.time() - begun, service.cpu() - cpu
            entries = service.articles()

            publish()
            begun, cpu = time.time() + 2, service.cpu()
            # In another order than that of the configuration.
            due = {number: begun + seconds * (number * 7919 % count) / count for number in range(count)}
            service.schedule(due)
            peak = max(peak, _watch(service, lambda: time.time() > begun + seconds, seconds + 60))
            paced_cpu, lags = service.cpu() - cpu, service.lags(begun)
            _watch(service, lambda: service.left(begun) == 0, 300)
            news = service.articles() - entries
            at = asked()
            delays = sorted(at[number] - due[number] for number in due if not failing(number))
        finally:
            service.stop()
    assert news == len({number for number in range(count) if has_news(number)}), news
    children = processes
    return [
        Fact(f"{name}: {entries:,} entries; all asked, everything due at once", cycle / 60, "min", 60),
        Fact(f"{name}: processor time of that", cycle_cpu, "s", 3600),
        Fact(f"{name}: healthy sources asked late, p99", _quantile(delays, 0.99), "s", 120),
        Fact(f"{name}: healthy sources asked late, at most", delays[-1], "s", 120),
        Fact(f"{name}: of one core while paced", 100 * paced_cpu / seconds, "%", 100),
        Fact(f"{name}: event loop late, p99", 1000 * _quantile(lags, 0.99), "ms", 100),
        Fact(f"{name}: event loop late, at most", 1000 * lags[-1], "ms", 500),
        Fact(f"{name}: memory of the process tree at its highest", peak, "MB", 260 if children == 1 else 350),
    ]


def throughput(address: str, processes: int) -> str:
    """How fast feeds that are due at once become stored and matched entries, all of them healthy."""
    from tests import postgres  # noqa: PLC0415

    made = feeds(SPRINT, 12, 25)
    entries = sum(number for _, number in made)
    pages = {f"/f/{number}.xml": body for number, (body, _) in enumerate(made)}
    server = postgres.server().process
    assert server is not None
    with origin.serving(pages) as port, tempfile.TemporaryDirectory() as room:
        service = _Service(Path(room), port, SPRINT, address, processes)
        try:
            service.wait_started()
            begun, cpu, server_cpu = time.time(), service.cpu(), trees.cpu(server.pid)
            service.schedule(dict.fromkeys(range(SPRINT), begun))
            while service.articles() < entries:
                time.sleep(0.25)
            seconds = time.time() - begun
            cpu, server_cpu = service.cpu() - cpu, trees.cpu(server.pid) - server_cpu
            size, indexed = _size(address), time.time() - begun
        finally:
            service.stop()
    return (
        f"{processes} processes: {entries / seconds:,.0f} entries/s to stored and matched; {entries / cpu:,.0f} a second of "
        f"their processor time, {entries / server_cpu:,.0f} a second of PostgreSQL's; "
        f"in the search index after {indexed:.0f} s, then {size / entries:,.0f} bytes an entry in the database"
    )


def _size(address: str) -> int:
    """Bytes that the database holds as soon as everything is in the search index; an empty one has 10 MB."""
    from sqlalchemy import text  # noqa: PLC0415  # the sites load nothing of it

    from policywatch.store import indexing  # noqa: PLC0415
    from policywatch.store.db import Database  # noqa: PLC0415

    db = Database.open(address, read_only=True)
    try:
        while db.read_now(indexing.is_any_waiting):
            time.sleep(0.5)
        query = text("SELECT pg_database_size(current_database())")
        found: int = db.read_now(lambda tx: tx.execute(query).scalar_one())
        return found
    finally:
        db.close()


def _watch(service: _Service, is_over: Callable[[], bool], most: float) -> float:
    """Waits; gives the highest memory, in MB."""
    highest, end = 0.0, time.monotonic() + most
    while not is_over():
        assert time.monotonic() < end, f"not over after {most:.0f} s; {service.left(0)} never asked"
        highest = max(highest, service.megabytes())
        time.sleep(2)
    return highest


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def main() -> int:
    """Exit code 1 when a goal is missed."""
    from tests import postgres  # noqa: PLC0415  # the sites and the service need nothing of it

    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("--sources", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--only", choices=["sqlite", "postgresql", "two", "workers"], action="append")
    asked = parser.parse_args()
    facts: list[Fact] = []
    kinds = {"sqlite": ("engine: local, SQLite", 1), "postgresql": ("engine: procrastinate, one process", 1)}
    kinds["two"] = ("engine: procrastinate, two processes", 2)
    wanted = asked.only or [*kinds, "workers"]
    if "workers" in wanted and not postgres.missing():
        for processes in (1, 2, 4):
            sys.stdout.write(throughput(postgres.server().database(), processes) + "\n")
            sys.stdout.flush()
    for kind in (kind for kind in wanted if kind in kinds):
        name, processes = kinds[kind]
        if kind != "sqlite" and postgres.missing():
            sys.stdout.write(f"{name}: {postgres.missing()}\n")
            continue
        address = None if kind == "sqlite" else postgres.server().database()
        found = measured(name, asked.sources, asked.minutes * 60, address, processes)
        sys.stdout.write(facts_table(found) + "\n\n")
        sys.stdout.flush()
        facts += found
    return 0 if all(fact.is_reached for fact in facts) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["sites"]:
        asyncio.run(_serve_sites(int(sys.argv[2]), Path(sys.argv[3])))
    elif sys.argv[1:2] == ["service"]:
        _run_service(sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(main())
