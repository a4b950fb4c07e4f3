"""A mail server that is away for a while: polls and published feeds go on, and what gathered leaves soon after."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
import urllib.parse
from collections import Counter

import feedparser
import pytest
from aiosmtpd.controller import Controller

from world import World, article, get

TORTURE = int(os.environ.get("POLICYWATCH_TORTURE") or 1)
IS_FULL = TORTURE > 1
SECONDS = min(3600.0, 180.0 * TORTURE) if IS_FULL else 8.0
ARTICLES = 30 if IS_FULL else 4
EVERY = 60.0 if IS_FULL else 1.0
LIST = "/feeds/watchlist/" + urllib.parse.quote("量子科技") + ".atom"

pytestmark = pytest.mark.timeout(SECONDS + 1000)


@pytest.fixture
def world(tmp_path):
    with World(tmp_path, when="alert: {min_score: 0, per_hour: 1000}", every=f"{EVERY:.0f}s") as made:
        yield made


def distinct(number: int):
    """An article that nobody takes for another one."""
    words = [f"{chr(0x4E00 + number * 97 + at * 31)}{chr(0x5200 + number * 53 + at * 17)}" for at in range(60)]
    return article(f"o{number}", f"{''.join(words[:6])}量子科技 o{number}", text=f"量子科技。{'，'.join(words)}。")


def test_116_what_gathered_while_the_mail_server_was_away_leaves_once_and_soon(world, capsys):
    """An hour without it: sources are asked on time, the feed tells everything, then all mails within ten minutes."""
    running = world.start(is_hasty=not IS_FULL)
    base = running.web()
    # The reading process is there from then on.
    running.wait_for_line('"event": "polled"', '"source": "feed"')
    world.smtp.stop()
    pause, begun = threading.Event(), time.monotonic()
    for number in range(ARTICLES):
        world.sites.feed_site.add(distinct(number))
        pause.wait(SECONDS / ARTICLES)
    asked = [at for at, path in world.sites.times if path == world.sites.feed_site.entry and at > begun]
    end = time.monotonic() + 3 * EVERY + 30
    while len(titles := {entry.title for entry in feedparser.parse(get(base + LIST)[2]).entries}) < ARTICLES:
        assert time.monotonic() < end, titles
        pause.wait(0.2)
    assert world.inbox.mails == []
    longest = max((later - earlier for earlier, later in itertools.pairwise(asked)), default=0.0)
    back, world.smtp = time.monotonic(), Controller(world.inbox, hostname=world.smtp.hostname, port=2525)
    world.smtp.start()
    world.inbox.wait_for(2 * ARTICLES, 600)
    took = time.monotonic() - back
    assert running.stop(30)[0] == 0
    told = Counter((str(mail["To"]), str(mail["Subject"])) for mail in world.inbox.parsed())
    assert len({mail["Message-ID"] for mail in world.inbox.parsed()}) == len(world.inbox.mails)
    assert sum(told.values()) == len(told) == 2 * ARTICLES
    assert not IS_FULL or longest < 1.1 * EVERY + 6
    with capsys.disabled():
        sys.stdout.write(
            f"\n{SECONDS:.0f} s without a mail server: the longest pause between two polls {longest:.1f} s (every "
            f"{EVERY:.0f} s); {2 * ARTICLES} mails, all once, {took:.0f} s after it was back\n"
        )
