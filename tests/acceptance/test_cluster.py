"""Several processes on one PostgreSQL database: the work is shared, doubled by nobody, and taken up when one dies."""

from __future__ import annotations

import os
import random
import re
import statistics
import sys
import threading
import time
from collections import defaultdict
from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

import postgres
from herd import FULL, Herd
from relay import Relay
from world import Sites, World, article

if TYPE_CHECKING:
    from collections.abc import Callable

TORTURE = int(os.environ.get("POLICYWATCH_TORTURE") or 1)
IS_FULL = TORTURE > 1
"""Without: waits are cut to seconds (hasty.py), and so are the minutes of killing."""

pytestmark = [
    pytest.mark.skipif(bool(postgres.missing()), reason=str(postgres.missing())),
    pytest.mark.timeout(1800 if IS_FULL else 300),
]

AT_ONCE = "alert: {min_score: 0, per_hour: 1000}"
EVERY_MINUTE = f"""{AT_ONCE}
  - id: daily
    to: [{{address: zh@example.org, language: zh-CN}}, {{address: en@example.org, language: en}}]
    watchlists: [量子科技]
    digest: {{at: "* * * * *"}}"""
READERS = ("zh@example.org", "en@example.org")


@pytest.fixture
def address():
    made = postgres.server().database()
    yield made
    postgres.server().drop(made)


@pytest.fixture
def world(tmp_path, address):
    shared = f'store: "{address}"\nengine: procrastinate'
    when = EVERY_MINUTE if IS_FULL else AT_ONCE
    with World(tmp_path, Sites(more=4), shared=shared, when=when, every="1m" if IS_FULL else "1s") as made:
        yield made


class Press:
    """Publishes articles that nobody takes for one another, and knows which of them each reader was told."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sites = [world.sites.list_site, world.sites.feed_site, *world.sites.more]
        self._dice = random.Random(7)
        self.published: dict[str, float] = {}
        self.delays: list[float] = []
        """Seconds from an article's publication to its first mail to each reader."""
        self._seen = 0
        self.told: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        """(subscription, reader): slug of a story: Message-IDs that told it."""
        self.copies: dict[str, list[bytes]] = defaultdict(list)
        """Mails by their Message-ID: a process that dies between the final dot and its commit sends it again."""

    def publish(self) -> None:
        number = len(self.published)
        slug = f"s{number}"
        words = "".join(
            self._dice.choices(
                "政策产业发展数据安全标准平台企业项目资金申报评审园区创新研究应用示范工程建设管理", k=400
            )
        )
        text = f"示例部启动量子科技专项{slug}。{'。'.join(words[at : at + 25] for at in range(0, 400, 25))}。"
        self.published[slug] = time.monotonic()
        site = self._sites[number % len(self._sites)]
        site.add(article(slug, f"{words[:12]}量子科技专项启动 {slug}", text=text))

    def count(self) -> None:
        """Reads the mails that came since the last time."""
        new = self._world.inbox.mails[self._seen :]
        self._seen += len(new)
        for raw in new:
            mail = message_from_bytes(raw, policy=policy.default)
            name = str(mail["Message-ID"])
            self.copies[name].append(raw)
            of_reader = self.told[str(mail["List-Id"]), str(mail["To"])]
            for slug in re.findall(r"专项启动 (s\d+)\b", mail.get_body(("plain",)).get_content()):
                if not of_reader[slug]:
                    self.delays.append(time.monotonic() - self.published[slug])
                of_reader[slug].add(name)

    def is_told(self, subscriptions: int) -> bool:
        """Every reader of every subscription was told every story."""
        self.count()
        return len(self.told) == subscriptions * len(READERS) and all(
            set(stories) == set(self.published) for stories in self.told.values()
        )

    def wait(self, subscriptions: int, seconds: float) -> None:
        with self._world.inbox.arrived:
            self._world.inbox.arrived.wait_for(lambda: self.is_told(subscriptions), seconds)
        lost = {key: sorted(set(self.published) - set(stories)) for key, stories in self.told.items()}
        assert self.is_told(subscriptions), f"not told after {seconds} s: {lost}"


def judge(press: Press, address: str) -> tuple[int, int]:
    """Each story in one mail, each mail once but for the promised window, each slot once; gives (mails, doubled)."""
    for (subscription, reader), stories in press.told.items():
        twice = {slug: ids for slug, ids in stories.items() if len(ids) != 1}
        assert not twice, f"{reader} was told twice by {subscription}: {twice}"
    doubled = {name: copies for name, copies in press.copies.items() if len(copies) > 1}
    assert all(len(set(copies)) == 1 for copies in doubled.values()), "a second copy must be the same to the byte"
    with psycopg.connect(address) as connection:
        in_doubt = {row[0] for row in connection.execute("SELECT message_id FROM message WHERE ambiguous > 0")}
        left = connection.execute("SELECT state, count(*) FROM message WHERE state <> 'sent' GROUP BY state").fetchall()
        slots = connection.execute("SELECT subscription, slot FROM digest_run").fetchall()
        stories = connection.execute("SELECT subscription, story_id, run_id FROM due").fetchall()
    assert set(doubled) <= in_doubt, "a mail came twice of which nobody was in doubt"
    assert left == []
    assert len(slots) == len(set(slots))
    assert len(stories) == len({row[:2] for row in stories})
    assert all(run is not None for _, _, run in stories)
    return len(press.copies), len(doubled)


def test_a_scheduler_a_poller_a_sender_and_the_pages_do_together_what_one_process_does(world, address):
    press = Press(world)
    for _ in range(6):
        press.publish()
    running = [world.start(role, is_hasty=not IS_FULL) for role in ("scheduler", "poller", "sender", "web")]
    press.wait(1 + IS_FULL, 180)
    for one in running:
        code, seconds = one.stop()
        assert code == 0
        assert seconds < 10
    judge(press, address)


BY_ROLE = [("scheduler", "sender"), ("scheduler",), ("poller",), ("poller", "sender"), ("sender", "web")]
FLEETS = {
    "two that do everything": [FULL] * 2,
    "five that do everything": [FULL] * 5,
    "five with roles": BY_ROLE,
}
SECONDS, BETWEEN_KILLS, BETWEEN_ARTICLES = (600.0, 20.0, 4.0) if IS_FULL else (16.0, 4.0, 0.8)


@pytest.mark.parametrize("fleet", FLEETS if IS_FULL else ["two that do everything"])
def test_092_with_kills_at_random_nothing_is_lost_and_nothing_comes_twice(world, address, fleet, capsys):
    """kill -9 of a random one every 20 s for 10 minutes: each slot and mail once, another leads within a minute."""
    press, seed = Press(world), random.randrange(1 << 20)
    herd = Herd(world, FLEETS[fleet], is_hasty=not IS_FULL, seed=seed)
    herd.running[0].wait_for_line('"event": "started"', seconds=90)
    pause, begun = threading.Event(), time.monotonic()
    next_kill = begun + BETWEEN_KILLS
    while (now := time.monotonic()) < begun + SECONDS:
        press.publish()
        press.count()
        if now >= next_kill:
            herd.kill()
            next_kill += BETWEEN_KILLS
        pause.wait(BETWEEN_ARTICLES)
    if not herd.take_overs:
        # Chance spared those that led.
        assert herd.leader is not None
        herd.kill(herd.leader)
        herd.wait_for_leader(60)
    press.wait(1 + IS_FULL, 300 if IS_FULL else 60)
    herd.stop()
    mails, doubled = judge(press, address)
    delays = sorted(press.delays)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{fleet} (seed {seed}): {herd.kills} kills, {len(press.published)} stories, {mails} mails, {doubled} of "
            f"them twice in the promised window; {len(herd.take_overs)} take-overs, the longest {max(herd.take_overs):.1f} s; "
            f"from publication to mail {statistics.median(delays):.0f} s (median), {delays[-1]:.0f} s at most\n"
        )
    assert max(herd.take_overs) <= 60


def seconds_until(what: Callable[[], object]) -> float:
    begun = time.monotonic()
    what()
    return time.monotonic() - begun


def test_093_a_leader_behind_a_link_that_stands_still_sends_nothing_and_another_takes_over(world, address, capsys):
    """It has claimed mails and is at their recipients when the link stops: the claim alone does not let it send."""
    press = Press(world)
    server = urlsplit(address)
    with Relay(server.hostname, server.port) as relay:
        world.path.write_text(world.path.read_text().replace(f":{server.port}/", f":{relay.port}/"), encoding="utf-8")
        old = world.start(is_hasty=not IS_FULL)
        old.wait_for_line('"event": "leads"')
        old.wait_for_line('"event": "started"')
        stopped = threading.Event()

        def stand_still() -> None:
            if not stopped.is_set():
                relay.flows.clear()
                stopped.set()

        world.inbox.on_recipient = stand_still
        for _ in range(6):
            press.publish()
        assert stopped.wait(180)
        had = len(world.inbox.mails)
        world.write()
        new = world.start(is_hasty=not IS_FULL)
        seconds = seconds_until(lambda: new.wait_for_line('"event": "leads"', seconds=60))
        press.wait(1 + IS_FULL, 240)
        relay.flows.set()
        # What it wanted to record of the mails in its hands reaches the database now, and is refused there.
        old.wait_for_line("taken over by another process", seconds=60)
        for _ in range(6):
            press.publish()
        press.wait(1 + IS_FULL, 240)
        for one in (old, new):
            assert one.stop(30)[0] == 0, "".join(one.lines)
    assert had == 0
    _mails, doubled = judge(press, address)
    assert doubled == 0
    with capsys.disabled():
        sys.stdout.write(f"\nthe link of the leader stood still: another led after {seconds:.1f} s, 0 mails twice\n")


def test_093_sessions_that_the_server_ends_again_and_again_double_no_mail(world, address):
    """pg_terminate_backend for every session of two processes, the leader's lock with them."""
    press = Press(world)
    herd = Herd(world, FLEETS["two that do everything"], is_hasty=not IS_FULL, seed=0)
    herd.running[0].wait_for_line('"event": "started"', seconds=90)
    storm = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    pause = threading.Event()
    with psycopg.connect(address, autocommit=True) as connection:
        for _ in range(100 if IS_FULL else 8):
            press.publish()
            assert connection.execute(storm).fetchall()
            pause.wait(1.0)
    press.wait(1 + IS_FULL, 240)
    herd.stop()
    _mails, doubled = judge(press, address)
    assert doubled == 0
