"""Ticks: a blocked loop, jobs that are slow or fail, a clock that is set."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from policywatch import errors, service
from policywatch.sandbox import heap
from policywatch.service import Job, Service


def run(*jobs: Job, until, on_failing=None, on_tick=lambda: None) -> Service:
    """Runs a service without pages until `until(service)` holds, looked at after each job's run."""
    made = Service(list(jobs), None, host="127.0.0.1", port=0, on_tick=on_tick, on_failing=on_failing)

    async def look():
        if until(made):
            made.stop()

    made._jobs = [*made._jobs, Job("look", timedelta(milliseconds=10), look)]
    asyncio.run(asyncio.wait_for(made.run(), 60))
    return made


def test_088_a_job_that_was_due_while_the_loop_was_blocked_runs_late_and_the_lag_shows():
    runs: list[float] = []
    lags: list[float] = []

    async def due():
        runs.append(time.monotonic())
        if len(runs) == 1:
            # Holds the loop itself, as a fault in a library would: the ticks of these 1.5 s are due meanwhile.
            time.sleep(1.5)  # noqa: ASYNC251

    def seen(made):
        lags.append(made.loop_lag)
        return len(runs) >= 3

    run(Job("due", timedelta(milliseconds=500), due), until=seen)
    assert runs[1] - runs[0] >= 1.5
    # The three missed ticks are one run, and then the rhythm goes on.
    assert runs[2] - runs[1] > 0.2
    assert max(lags) > 0.8


def test_089_a_job_longer_than_its_tick_never_overlaps_and_runs_once_afterwards():
    now, most, ended = 0, 0, 0

    async def slow():
        nonlocal now, most, ended
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.1)
        now -= 1
        ended += 1

    run(Job("slow", timedelta(milliseconds=20), slow), until=lambda _made: ended >= 3)
    assert most == 1


def test_090_a_job_that_raises_every_time_leaves_the_others_alone_and_is_told_after_three():
    told: list[tuple[str, str]] = []
    good = 0

    async def on_failing(name, error):
        told.append((name, error))
        raise errors.StoreError("telling fails, too")

    async def bad():
        raise ValueError("odd")

    async def fine():
        nonlocal good
        good += 1

    made = run(
        Job("bad", timedelta(milliseconds=10), bad),
        Job("fine", timedelta(milliseconds=10), fine),
        until=lambda made: made.failures.get("bad", 0) >= 6,
        on_failing=on_failing,
    )
    assert told == [("bad", "ValueError('odd')")]
    assert good >= 3
    assert "fine" not in made.failures


def test_090_a_job_that_recovers_is_counted_anew():
    outcomes = iter([False, False, True, False, False, True])
    told: list[str] = []
    ran = 0

    async def on_failing(name, _error):
        told.append(name)

    async def job():
        nonlocal ran
        ran += 1
        if not next(outcomes, True):
            raise errors.PolicywatchError("no")

    run(Job("job", timedelta(milliseconds=10), job), until=lambda _made: ran >= 6, on_failing=on_failing)
    assert told == []


@pytest.mark.parametrize("by", [timedelta(days=-1), timedelta(days=-20_000), timedelta(days=1)])
def test_086_ticks_go_on_when_the_wall_clock_is_set(by):
    """To the day before, to 1972, to tomorrow: ticks come all the same, and no two are more than 30 s apart."""
    assert service.LOOK_SECONDS <= 30
    seen: list[datetime] = []
    set_clock = time_machine.travel(datetime.now(UTC) + by, tick=True)

    async def job():
        seen.append(datetime.now(UTC))
        if len(seen) == 2:
            set_clock.start()

    try:
        run(Job("job", timedelta(milliseconds=20), job), until=lambda _made: len(seen) >= 6)
    finally:
        set_clock.stop()
    assert abs(seen[-1] - seen[0] - by) < timedelta(minutes=1)


def test_while_it_runs_what_stays_is_settled_and_after_a_change_of_parts_it_is_again(monkeypatch):
    monkeypatch.setattr(service, "TRIM_SECONDS", 0.01)
    seen: list[bool] = []

    async def change():
        seen.append(heap.is_settled())
        if seen.count(True) == 1:
            # As building the parts of another configuration does.
            heap.unsettle()

    run(Job("change", timedelta(milliseconds=10), change), until=lambda _made: seen.count(True) >= 2)
    assert not heap.is_settled()
