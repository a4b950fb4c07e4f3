"""Several processes on one PostgreSQL database: the work is shared, doubled by nobody, and taken up when one dies."""

from __future__ import annotations

import re
import signal

import pytest

import postgres
from world import World, article

pytestmark = [
    pytest.mark.skipif(bool(postgres.missing()), reason=str(postgres.missing())),
    pytest.mark.timeout(300),
]

AT_ONCE = "alert: {min_score: 0}"


@pytest.fixture
def address():
    made = postgres.server().database()
    yield made
    postgres.server().drop(made)


@pytest.fixture
def world(tmp_path, address):
    with World(tmp_path, shared=f'store: "{address}"\nengine: procrastinate', when=AT_ONCE) as made:
        yield made


def told(mails):
    """(recipient, slug of the story) of every story in a list of mails.

    Mails with one Message-ID are one: a process that dies between the final dot and its commit sends it again.
    """
    once = {str(mail["Message-ID"]): mail for mail in mails}
    return [
        (str(mail["To"]), slug)
        for mail in once.values()
        for slug in re.findall(r"专项启动 ([a-z0-9]+)", mail.get_body(("plain",)).get_content())
    ]


def test_a_scheduler_a_poller_a_sender_and_the_pages_do_together_what_one_process_does(world):
    world.sites.list_site.add(article("a1", "量子科技专项启动 a1"))
    world.sites.feed_site.add(article("b1", "量子科技专项启动 b1", summary_only=True))
    running = [world.start(role) for role in ("scheduler", "poller", "sender", "web")]
    world.inbox.wait_for(2, 120)
    for one in running:
        code, seconds = one.stop()
        assert code == 0
        assert seconds < 10
    seen = told(world.inbox.parsed())
    assert len(seen) == len(set(seen))
    assert {slug for _, slug in seen} <= {"a1", "b1"}


def test_092_when_the_process_that_leads_is_killed_another_takes_over(world):
    world.sites.list_site.add(article("a1", "量子科技专项启动 a1"))
    first = world.start()
    first.wait_for_line('"event": "leads"')
    second = world.start()
    second.wait_for_line('"event": "started"')
    world.inbox.wait_for(2, 120)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10)
    second.wait_for_line('"event": "leads"', seconds=60)
    world.sites.list_site.add(article("a2", "量子科技专项启动 a2"))
    world.inbox.wait_for(4, 180)
    assert second.stop()[0] == 0
    seen = told(world.inbox.parsed())
    assert sorted(seen) == sorted((to, slug) for to in ("zh@example.org", "en@example.org") for slug in ("a1", "a2"))
