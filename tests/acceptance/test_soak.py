"""The service over a longer time: it keeps its beat and does not grow."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from feeds import Feeds
from world import HERE, Running

TORTURE = int(os.environ.get("POLICYWATCH_TORTURE") or 1)
IS_FULL = TORTURE > 1
FEEDS, EVERY = (1000, 60.0) if IS_FULL else (20, 2.0)
SECONDS = min(3600.0, 180.0 * TORTURE) if IS_FULL else 14.0
WARM = min(600.0, SECONDS / 3)
"""What is loaded on first use is loaded by then, and every source was asked."""

CONFIG = """
state: state
log: {{format: json, level: info}}
web: {{listen: "127.0.0.1:0"}}
mail: {{kind: maildir}}
fetch: {{allow_private: [127.0.0.0/8], allow_ports: [{port}]}}
watchlists: [{{name: 公告, any: [公告]}}]
sources:
{sources}
"""
SOURCE = '  - {{id: s{number}, kind: feed, every: {every}s, url: "http://{host}:{port}/{number}", backfill: all, options: {{full_text: never}}}}'

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.timeout(SECONDS + 300),
]


class Tree:
    """A process with its children, as /proc shows them."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def pids(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def open_files(self) -> int:
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in self.pids())

    def threads(self) -> int:
        return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in self.pids())

    def megabytes(self) -> float:
        rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.pids()]
        return sum(int(one.split("\nPss:")[1].split()[0]) for one in rollups) * 1024 / 1e6


def slope(points: list[tuple[float, float]]) -> float:
    """By least squares, per unit of the first value."""
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def test_091_sources_keep_their_beat_and_nothing_grows(tmp_path, capsys):
    """1,000 feeds every minute for an hour: mean period within 1 %, no more files and threads, memory level."""
    with Feeds(FEEDS, EVERY) as feeds:
        sources = [
            SOURCE.format(number=number, every=int(EVERY), host=feeds.host(number), port=feeds.port)
            for number in range(FEEDS)
        ]
        path = tmp_path / "policywatch.yaml"
        path.write_text(CONFIG.format(port=feeds.port, sources="\n".join(sources)), encoding="utf-8")
        program = [str(HERE / "soaked.py"), *([] if IS_FULL else ["--hasty"])]
        process = subprocess.Popen(
            [sys.executable, *program, str(tmp_path / "tasks"), "run", "--config", str(path)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running, tree, pause = Running(process), Tree(process.pid), threading.Event()
        try:
            running.wait_for_line('"event": "started"', seconds=90)
            begun = time.monotonic()
            files, threads, memory = [], [], []
            while (now := time.monotonic()) < begun + SECONDS:
                if now > begun + WARM:
                    files.append(tree.open_files())
                    threads.append(tree.threads())
                    memory.append((now / 3600, tree.megabytes()))
                pause.wait(SECONDS / 120)
            ended = time.monotonic()
            assert running.stop(60)[0] == 0, "".join(running.lines[-20:])
        finally:
            if process.poll() is None:
                process.kill()
            process.stderr.close()
        periods = [mean_period(asked, begun + WARM, ended) for asked in feeds.asked.values()]
    tasks = [int(line.split()[1]) for line in (tmp_path / "tasks").read_text().splitlines()][-len(files) :]
    assert len(periods) == FEEDS
    drift = statistics.fmean(periods) / EVERY - 1
    with capsys.disabled():
        sys.stdout.write(
            f"\n{FEEDS} feeds every {EVERY:.0f} s for {SECONDS:.0f} s: mean period {statistics.fmean(periods):.3f} s "
            f"({100 * drift:+.2f} %), slowest source {max(periods):.2f} s; files {files[0]} to {files[-1]}, threads "
            f"{threads[0]} to {threads[-1]}, tasks at most {max(tasks)}; memory {memory[0][1]:.0f} to "
            f"{memory[-1][1]:.0f} MB, {slope(memory):+.2f} MB/h\n"
        )
    assert abs(drift) < 0.01 if IS_FULL else abs(drift) < 0.1
    half = len(files) // 2
    # Connections come and go with the polls; what stays is the least that is open.
    assert min(files[half:]) <= min(files[:half]) + 8
    assert max(threads[half:]) <= max(threads[:half]) + 2
    assert statistics.median(tasks[len(tasks) // 2 :]) <= statistics.median(tasks[: len(tasks) // 2]) + FEEDS / 20
    if SECONDS >= 3600:
        assert slope(memory) < 1


def mean_period(asked: list[float], since: float, until: float) -> float:
    """Seconds between two requests, over those within a span."""
    within = [at for at in asked if since <= at <= until]
    assert len(within) >= 3, "a source was left out"
    return (within[-1] - within[0]) / (len(within) - 1)
