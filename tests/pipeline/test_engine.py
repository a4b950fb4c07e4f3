"""The queue of many workers, on a real PostgreSQL: jobs that are doubled, delayed or lost do no harm."""

from __future__ import annotations

import asyncio
import contextlib
import re
import uuid
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest
from sqlalchemy import text

import postgres
from pipeline.test_chain import LIST, Chain, InProcess, fill
from policywatch import bootstrap, errors
from policywatch.engine.procrastinate import Procrastinate
from policywatch.engine.roles import Role
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Outcome, Receipt
from policywatch.pipeline import claims, deliver, index
from policywatch.pipeline.reading import Reader
from policywatch.pipeline.rematch import Rematcher
from policywatch.store import indexing, query, search, sources
from policywatch.store.leader import Leadership

ONLY_SQLITE = True  # each test opens a database of PostgreSQL by its address
pytestmark = pytest.mark.skipif(bool(postgres.missing()), reason=str(postgres.missing()))


class Post:
    """A channel that takes everything."""

    def __init__(self) -> None:
        self.mails = []

    async def deliver(self, message, stage):
        await stage("dot")
        self.mails.append(message_from_bytes(message.content, policy=policy.default))
        return Receipt(Outcome.SENT, "reply")

    async def close(self):
        pass


@pytest.fixture
def shared(monkeypatch):
    """(chain, parts, address) on a PostgreSQL database; the chain's clock is the engine's."""
    address = postgres.server().database()
    chain = Chain(address)
    monkeypatch.setattr(bootstrap, "now", lambda: chain.now)
    post = Post()

    async def deliver_all():
        return await deliver.deliver_due(chain.db, {"maildir": post}, lambda: chain.now)

    parts = SimpleNamespace(
        poller=chain.poller,
        texts=chain.texts,
        digester=chain.digester,
        rematcher=Rematcher(chain.plan, chain.db, chain.sandbox, lambda: chain.now),
        deliver_all=deliver_all,
        renew_claims=lambda: chain.poller._claims.renew(chain.db, chain.now),
        index=lambda: index.catch_up(chain.db),
        db=chain.db,
        plan=chain.plan,
        post=post,
    )
    yield chain, parts, address
    chain.db.close()
    postgres.server().drop(address)


@contextlib.asynccontextmanager
async def engine(shared, *roles):
    chain, parts, address = shared

    async def use(do):
        return await do(parts)

    made = Procrastinate(address, frozenset(roles or Role), use, chain.db, Leadership(address))
    await made.prepare()
    try:
        yield made
    finally:
        await made.close()


async def served(made):
    """Does every job that waits, several at once."""
    await made._app.run_worker_async(
        wait=False, concurrency=8, delete_jobs="always", install_signal_handlers=False, listen_notify=False
    )


async def ticked(made):
    for job in made.jobs():
        await job.do()


def test_a_round_of_the_queue_does_what_the_ticks_of_one_process_do(shared):
    chain, parts, _ = shared
    fill(chain, "a", "b")

    async def work():
        async with engine(shared) as made:
            for minutes in (0, 0, 31, 0, 0):
                chain.now += timedelta(minutes=minutes)
                await ticked(made)
                await served(made)

    asyncio.run(work())
    told = Counter((mail["To"], slug) for mail in parts.post.mails for slug in slugs(mail))
    assert set(told) == {(f"{to}@example.org", slug) for to in "abc" for slug in "ab"}
    assert set(told.values()) == {1}
    assert chain.db.read_now(indexing.waiting) == 0
    found = chain.db.read_now(search.search, query.parsed("专项"), search.Filters())
    assert len(found.matches) == 2


def slugs(mail):
    return set(re.findall(r"专项([ab])\b", mail.get_body(("plain",)).get_content()))


def test_every_job_run_twice_at_once_asks_no_source_twice_and_sends_no_mail_twice(shared, monkeypatch):
    """The engine may double a job: what is claimed in the store decides."""
    chain, parts, _ = shared
    fill(chain, "a", "b")

    async def put_twice(self, task, lock=None, **arguments):
        for _ in range(2):
            await task.configure(queueing_lock=uuid.uuid4().hex, lock=None).defer_async(**arguments)

    monkeypatch.setattr(Procrastinate, "_put", put_twice)

    async def work():
        async with engine(shared) as made:
            for minutes in (0, 0, 31, 0, 0):
                chain.now += timedelta(minutes=minutes)
                made._put_in.clear()
                await ticked(made)
                await served(made)

    asyncio.run(work())
    # The list is due twice in these 31 minutes, each article's page once.
    asked = Counter(url for url, _ in chain.web.asked)
    assert asked[LIST] <= 2
    assert asked[f"{LIST}a.html"] == asked[f"{LIST}b.html"] == 1
    ids = [mail["Message-ID"] for mail in parts.post.mails]
    # Two of the digest, and an alert for each story.
    assert len(ids) == len(set(ids)) == 4
    assert {slug for mail in parts.post.mails for slug in slugs(mail)} == {"a", "b"}


def test_a_source_whose_poll_was_claimed_by_a_process_that_died_is_polled_again(shared):
    chain, _parts, _ = shared
    fill(chain, "a")
    claimed = chain.db.write_now(sources.claim, chain.now, chain.now + claims.CLAIM, ["list"])
    assert [state.id for state in claimed] == ["list"]
    assert chain.db.write_now(sources.claim, chain.now, chain.now + claims.CLAIM, ["list"]) == []
    assert asyncio.run(chain.poller.poll_claimed(["list"])) == []
    chain.now += claims.CLAIM
    assert [one.status for one in asyncio.run(chain.poller.poll_claimed(["list"]))] == ["ok"]


def test_a_poll_that_takes_longer_than_its_claim_is_begun_by_nobody_else(shared, monkeypatch):
    chain, _parts, _ = shared
    fill(chain, "a")
    held = chain.poller._claims
    fetch = chain.web.fetch
    others = []

    async def slow(request, validators=None):
        if request.url == LIST:
            for _ in range(3):
                chain.now += claims.CLAIM * 0.6
                await held.renew(chain.db, chain.now)
                others.append(await chain.db.read(sources.due_ids, chain.now, 9))
        return await fetch(request, validators)

    monkeypatch.setattr(chain.web, "fetch", slow)
    assert [one.status for one in asyncio.run(chain.poller.poll_claimed(["list"]))] == ["ok"]
    assert len(others) == 3
    assert all("list" not in due for due in others)
    assert held.sources == {}


def test_a_claim_that_was_recorded_or_taken_over_meanwhile_is_not_renewed(shared):
    """What a poll recorded is when its source is due next; a late renewal must not move it."""
    chain, _parts, _ = shared
    until = chain.now + claims.CLAIM
    chain.db.write_now(sources.claim, chain.now, until, ["list"])
    other = until + timedelta(seconds=7)
    chain.db.write_now(sources.postpone, {"list": other})
    held = claims.Claims({"list": until})
    asyncio.run(held.renew(chain.db, chain.now + timedelta(seconds=30)))
    assert held.sources == {"list": until}
    assert "list" not in chain.db.read_now(sources.due_ids, other - timedelta(seconds=1), 9)
    assert "list" in chain.db.read_now(sources.due_ids, other, 9)


def test_a_job_whose_process_died_does_not_hold_up_the_next_of_its_kind(shared):
    """One is `doing` for ever, the next waits for its lock: the sweep lets go of the first."""
    chain, _parts, _ = shared
    fill(chain, "a")

    async def work():
        async with engine(shared) as made:
            died = await made._app.job_manager.register_worker()
            await made._put(made._poll, "poll:list", sources=["list"])
            assert await made._app.job_manager.fetch_job(["poll"], died) is not None
            await made._put(made._poll, "poll:list", sources=["list"])
            await served(made)
            assert not chain.web.asked
            await made._app.job_manager.prune_stalled_workers(0)
            await made._sweep()
            await served(made)

    asyncio.run(work())
    assert LIST in [url for url, _ in chain.web.asked]


def test_the_queue_s_tables_are_made_once_and_a_newer_queue_is_refused(shared):
    chain, _parts, _ = shared

    async def twice():
        async with engine(shared), engine(shared):
            pass

    asyncio.run(twice())
    step = chain.db.read_now(lambda tx: tx.execute(text("SELECT step FROM engine_schema")).scalar_one())
    assert step.endswith(".sql")
    chain.db.write_now(lambda tx: tx.execute(text("UPDATE engine_schema SET step = '99.00.00_new.sql'")))
    with pytest.raises(errors.StoreError, match=r"newer procrastinate .*99\.00\.00"):
        asyncio.run(twice())


def test_only_one_of_two_schedulers_puts_work_into_the_queue(shared):
    chain, _parts, _ = shared
    fill(chain, "a")

    async def work():
        async with engine(shared, Role.SCHEDULER) as first, engine(shared, Role.SCHEDULER) as second:
            await ticked(first)
            await ticked(second)
            assert first._leadership.holds()
            assert not second._leadership.holds()
            first._leadership.close()
            assert second._leadership.holds()

    asyncio.run(work())


def test_an_edited_list_is_matched_against_the_archive_by_whoever_has_the_edit(shared):
    """The scheduler notices, a worker applies; one that still has the older rules leaves it to others."""
    chain, parts, _ = shared
    fill(chain, "a", "b")
    chain.poll()
    edited = (WatchlistSpec(name="量子", any=["量子科技"]), WatchlistSpec(name="脑机接口", any=["专项"]))
    old, plan = parts.rematcher, replace(chain.plan, watchlists=edited)
    new = Rematcher(plan, chain.db, InProcess(Reader(edited)), lambda: chain.now)

    def hits():
        return chain.db.read_now(
            lambda tx: tx.execute(text("SELECT count(*) FROM hit WHERE watchlist = '脑机接口'")).scalar_one()
        )

    async def work():
        async with engine(shared) as made:
            await old.notice()
            parts.rematcher = new
            await made._put_rematch()
            parts.rematcher = old
            await served(made)
            assert hits() == 0
            parts.rematcher = new
            await made._put_rematch()
            await served(made)

    asyncio.run(work())
    assert hits() == 2
    assert not asyncio.run(new.is_needed())
