"""What polls hold while they wait, and what they let go of."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from pipeline.polling import Polling, Web, feed, rss
from policywatch import errors
from policywatch.fetch.backlog import Backlog
from policywatch.store.db import Database
from policywatch.store.sources import SourceState


class Watched:
    """A sandbox that notes how much waits to be read whenever it is called."""

    def __init__(self, sandbox, backlog: Backlog) -> None:
        self._sandbox = sandbox
        self._backlog = backlog
        self.sizes: list[int] = []

    async def call(self, subject, *arguments):
        self.sizes.append(self._backlog.size)
        if "broken" in subject:
            raise errors.ParseError(subject, "not a feed")
        return await self._sandbox.call(subject, *arguments)


def test_a_page_counts_as_waiting_until_it_is_read_or_found_broken(tmp_path):
    web = Web()
    web.answers = {f"https://{name}.example/feed": rss("甲") for name in ("good", "broken")}
    with Polling(tmp_path, web, feed("good"), feed("broken")) as polling:
        backlog = polling.poller._backlog
        watched = polling.poller._sandbox = Watched(polling.sandbox, backlog)
        asyncio.run(polling.poller.poll_due())
    size = len(rss("甲").encode())
    assert sorted(watched.sizes) in ([size, size], [size, 2 * size])
    assert backlog.size == 0


def test_of_a_round_only_the_polls_that_still_run_are_remembered(tmp_path):
    class Slow(Web):
        def __init__(self) -> None:
            super().__init__()
            self.go_on = asyncio.Event()

        async def fetch(self, request, validators=None):
            if "slow" in request.url:
                await self.go_on.wait()
            return await super().fetch(request, validators)

    web = Slow()
    specs = [feed("slow"), *(feed(f"s{number}") for number in range(20))]
    web.answers = {spec.url: rss("甲") for spec in specs}
    ended = []

    async def scenario(polling: Polling) -> int:
        all_others = asyncio.Event()

        def on_polled(polled) -> None:
            ended.append(polled.source)
            if len(ended) == 20:
                all_others.set()

        round_ = asyncio.create_task(polling.poller.poll_due(on_polled=on_polled))
        await asyncio.wait_for(all_others.wait(), 30)
        await asyncio.sleep(0)
        gc.collect()
        held = sum(isinstance(one, SourceState) for one in gc.get_objects())
        web.go_on.set()
        await round_
        return held

    with Polling(tmp_path, web, *specs) as polling:
        assert asyncio.run(scenario(polling)) == 1
    assert len(ended) == 21


def test_the_writer_holds_nothing_of_what_it_has_written(tmp_path):
    class Large(list):
        """A list that can be watched."""

    gone = threading.Event()
    large = Large(range(10))
    weakref.finalize(large, gone.set)
    db = Database.open(tmp_path / "it.sqlite")
    try:
        assert db.write_now(lambda _tx, rows: len(rows), large) == 10
        del large
        assert gone.wait(10)
    finally:
        db.close()


@pytest.mark.parametrize("count", [0, 3])
def test_a_close_right_behind_writes_finishes_them(tmp_path, count):
    db = Database.open(tmp_path / "it.sqlite")
    futures = [db._submit(lambda _tx, number: number, number) for number in range(count)]
    db.close()
    assert [future.result(0) for future in futures] == list(range(count))
