"""The commands for mails and readers, run as their users run them, also beside a running service."""

from __future__ import annotations

import re

import pytest

from policywatch.digests import mail
from world import World, article


@pytest.fixture
def world(tmp_path):
    with World(tmp_path) as made:
        yield made


def told(world, *arguments, code=0):
    done = world.command(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.mark.timeout(180)
def test_mails_are_listed_shown_sent_again_and_dropped(world):
    world.sites.list_site.add(article("o1", "量子科技专项启动 o1"))
    assert world.run_rounds() == 0
    assert len(world.inbox.mails) == 2
    listed = told(world, "outbox", "list", "--state", "sent")
    assert re.findall(r"^\d+  sent  .*@example\.org", listed, re.MULTILINE)
    before = world.inbox.parsed()
    assert "message-id: <" in told(world, "outbox", "show", "1")
    assert "as <" in told(world, "outbox", "retry", "1")
    assert "1 sent" in told(world, "deliver")
    again = world.inbox.parsed()[2]
    twin = next(one for one in before if one["To"] == again["To"])
    assert again["Message-ID"] == mail.resent_id(str(twin["Message-ID"]))
    assert again.get_body(("plain",)).get_content() == twin.get_body(("plain",)).get_content()
    told(world, "outbox", "retry", "2")
    assert "2: dropped" in told(world, "outbox", "drop", "2")
    assert "0 sent" in told(world, "deliver")
    assert "only what was not sent" in told(world, "outbox", "drop", "1", code=1)
    assert "no message 99" in told(world, "outbox", "show", "99", code=1)
    assert "there are: pending" in told(world, "outbox", "list", "--state", "lost", code=1)


@pytest.mark.timeout(300)
def test_readers_are_stopped_resumed_and_forgotten_beside_a_running_service(world):
    running = world.start()
    running.wait_for_line('"event": "started"')
    assert "zh@example.org  active" in told(world, "readers", "list")
    assert "zh@example.org is stopped" in told(world, "readers", "stop", "zh@example.org")
    assert "zh@example.org  stopped" in told(world, "readers", "list")
    assert "is mailed again" in told(world, "readers", "resume", "zh@example.org")
    forgot = told(world, "forget", "zh@example.org")
    assert "still stands under `to` of all" in forgot
    assert "forgotten" in told(world, "readers", "list")
    assert "does not stand under `to`" in told(world, "readers", "stop", "who@example.org", code=1)
    assert "no reader has said so" in told(world, "verdicts")
    world.sites.list_site.add(article("p1", "量子科技专项启动 p1"))
    # The list is asked within a minute, and the digest goes within another.
    world.inbox.wait_for(1, 150)
    assert running.stop()[0] == 0
    assert {str(one["To"]) for one in world.inbox.parsed()} == {"en@example.org"}


def test_send_test_tells_every_step_and_what_to_change(world):
    done = told(world, "send-test", "me@example.org")
    for words in (
        "from policywatch <news@example.org> to me@example.org by smtp",
        "connecting",
        "handing over",
        "taken:",
    ):
        assert words in done
    assert world.inbox.parsed()[0]["To"] == "me@example.org"
    assert "name an address" in told(world, "send-test", code=1)
    assert "not a mail address" in told(world, "send-test", "nobody", code=1)
    world.path.write_text(world.path.read_text().replace("port: 2525", "port: 2526"))
    failed = told(world, "send-test", "me@example.org", code=1)
    assert "cannot be reached" in failed
    assert "may pass later" in failed
