"""Runs policywatch with its waits cut to seconds, so that a test of a cluster sees in half a minute what takes ten.

    python hasty.py run --config ... --role poller

What is cut: how often things are looked at, how long a process that died is missed, and the least `every` of a source.
"""

from __future__ import annotations

import sys
from datetime import timedelta


def hasten() -> None:
    from policywatch.engine import procrastinate, ticks
    from policywatch.pipeline import deliver, poll, texts
    from policywatch.sources import base
    from policywatch.store import hosts, leader, workers

    second = timedelta(seconds=1)
    base.SHORTEST = second
    for name in ("DIGEST", "DELIVER", "INDEX", "LEAD", "SWEEP", "RENEW"):
        setattr(ticks, name, second)
    ticks.POLL = second / 5
    leader.LEASE, leader.SILENCE = 3 * second, 4 * second
    deliver.CONNECT_WAIT = second
    workers.BEAT, workers.GONE = second, 4 * second
    hosts.HOLD = poll.CLAIM = texts.CLAIM = 4 * second
    procrastinate.BEAT, procrastinate.STALLED, procrastinate.AGAIN = 1.0, 4.0, 4.0


if __name__ == "__main__":
    hasten()
    from policywatch.cli import app

    app(sys.argv[1:])
