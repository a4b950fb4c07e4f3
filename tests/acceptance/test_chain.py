"""The whole chain as its users run it: `policywatch run` in a process of its own against real sockets."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import feedparser
import pytest

from policywatch.store import outbox
from policywatch.store.db import Database
from world import World, article, get


@pytest.fixture
def world(tmp_path):
    with World(tmp_path) as made:
        yield made


def stories_of(mails):
    """Titles' slugs that a list of mails tells, by recipient."""
    told = {}
    for mail in mails:
        text = mail.get_body(("plain",)).get_content()
        told.setdefault(str(mail["To"]), []).extend(re.findall(r"专项启动 ([a-z0-9]+)", text))
    return told


@pytest.mark.timeout(180)
def test_a_new_article_becomes_one_mail_per_recipient_and_a_feed_entry(world):
    """New articles of a site without a feed and of a feed reach each recipient once, in their language, and the feed."""
    world.sites.list_site.add(article("a1", "量子科技专项启动 a1"))
    world.sites.feed_site.add(article("b1", "量子科技专项启动 b1", summary_only=True))
    world.sites.feed_site.add(
        article(
            "c1",
            "体育比赛结果",
            text="今天的比赛很精彩，主队以二比一获胜，观众热情高涨，赛后球迷有序离场，交通顺畅，志愿者受到表扬，组委会表示感谢。",
        )
    )
    running = world.start()
    # The two sources are read in any order, so their stories may leave in one digest or in two.
    running.wait_for_line('"event": "closed"', seconds=100)
    world.inbox.wait_for(2, 30)
    mails = world.inbox.parsed()
    assert {str(mail["To"]) for mail in mails} == {"zh@example.org", "en@example.org"}
    told = stories_of(mails)
    assert sorted(told["zh@example.org"]) == sorted(told["en@example.org"])
    assert sorted(set(told["zh@example.org"])) == sorted(told["zh@example.org"])
    assert "a1" in told["zh@example.org"]
    assert not any("体育比赛" in str(mail) for mail in mails)
    zh = next(mail for mail in mails if mail["To"] == "zh@example.org")
    en = next(mail for mail in mails if mail["To"] == "en@example.org")
    assert 'lang="zh-CN"' in zh.get_body(("html",)).get_content()
    assert 'lang="en"' in en.get_body(("html",)).get_content()
    assert f"http://{world.sites.list_site.host}" in zh.get_body(("html",)).get_content()
    base = running.web()
    status, headers, body = get(f"{base}/feeds/watchlist/%E9%87%8F%E5%AD%90%E7%A7%91%E6%8A%80.atom")
    feed = feedparser.parse(body)
    assert status == 200
    assert not feed.bozo
    assert {entry.title for entry in feed.entries} == {"量子科技专项启动 a1", "量子科技专项启动 b1"}
    again, _, nothing = get(
        f"{base}/feeds/watchlist/%E9%87%8F%E5%AD%90%E7%A7%91%E6%8A%80.atom", {"If-None-Match": headers["ETag"]}
    )
    assert (again, nothing) == (304, b"")
    assert get(f"{base}/healthz")[0] == 200
    status, headers, page = get(f"{base}/")
    assert status == 200
    assert "示例产业网" in page.decode()
    assert "default-src 'none'" in headers["content-security-policy"]
    assert get(f"{base}/feeds/watchlist/none.atom")[0] == 404
    code, seconds = running.stop()
    assert code == 0
    assert seconds < 10


POINTS = [
    "after:policywatch.fetch.client:Client.fetch",
    "after:policywatch.sandbox.pool:Sandbox.call",
    "before:policywatch.store.articles:add",
    "after:policywatch.store.articles:add",
    "after:policywatch.store.sources:record_successes",
    "committed:policywatch.pipeline.recorder:_record",
    "before:policywatch.pipeline.record:settle_text",
    "after:policywatch.store.hits:add",
    "after:policywatch.store.runs:add_due",
    "committed:policywatch.pipeline.record:settle_text",
    "after:policywatch.store.runs:open_run",
    "after:policywatch.store.runs:claim",
    "after:policywatch.digests.mail:message",
    "after:policywatch.store.outbox:add",
    "after:policywatch.store.outbox:claim",
    "committed:policywatch.store.outbox:claim",
    "before:aiosmtplib:SMTP.connect",
    "before:aiosmtplib:SMTP.mail",
    "before:aiosmtplib:SMTP.rcpt",
    "committed:policywatch.store.outbox:stage",
    "after:policywatch.channels.session:Session.send",
    "before:policywatch.store.outbox:settle",
    "after:policywatch.store.outbox:settle",
    "committed:policywatch.store.outbox:settle",
]
IN_DOUBT = {
    "after:policywatch.channels.session:Session.send",
    "before:policywatch.store.outbox:settle",
    "after:policywatch.store.outbox:settle",
    # While one mail is at these points, the other recipient's may be between its dot and its commit.
    "committed:policywatch.store.outbox:stage",
    "committed:policywatch.store.outbox:settle",
}
"""Between the final dot and our commit: here, and only here, a mail may come twice."""


TORTURE = int(os.environ.get("POLICYWATCH_TORTURE") or 1)
"""How often each kill is repeated: 100 for 56, 200 for 57, 50 for 115 of the catalogue."""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("_time", range(TORTURE))
def test_056_and_115_killed_at_any_stage_nothing_is_lost_and_nothing_comes_twice(world, point, _time):
    """kill -9 at a stage, then a restart: each story reaches each recipient, once but in the promised window."""
    world.sites.list_site.add(article("k1", "量子科技专项启动 k1"))
    # By hand, command after command, as cron would: each may be the one that dies.
    assert world.run_rounds(point) == -9, f"{point} was never reached"
    assert world.run_rounds(rounds=2) == 0
    told = stories_of(world.inbox.parsed())
    ids = [str(mail["Message-ID"]) for mail in world.inbox.parsed()]
    if point in IN_DOUBT:
        assert set(told) == {"zh@example.org", "en@example.org"}
        assert all(set(slugs) == {"k1"} and len(slugs) <= 2 for slugs in told.values())
        assert len(set(ids)) == 2
        by_id = {}
        for mail in world.inbox.mails:
            by_id.setdefault(re.search(rb"Message-ID: (.*)", mail)[1], set()).add(mail)
        assert all(len(copies) == 1 for copies in by_id.values()), "a second copy must be the same to the byte"
    else:
        assert told == {"zh@example.org": ["k1"], "en@example.org": ["k1"]}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("_time", range(TORTURE))
def test_057_killed_between_the_final_dot_and_the_reply_a_second_copy_is_the_same_and_counted(world, _time):
    """The server has the mail, its answer reaches nobody: sent once more, byte for byte, and told as in doubt."""
    world.sites.list_site.add(article("x1", "量子科技专项启动 x1"))
    assert world.command("poll").returncode == 0
    assert world.command("digest", "--now").returncode == 0
    command = [sys.executable, "-m", "policywatch", "deliver", "--config", str(world.path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    world.processes.append(process)
    world.inbox.on_message = process.kill
    assert process.wait(60) == -9
    world.inbox.on_message = lambda: None
    had = len(world.inbox.mails)
    assert had >= 1
    assert world.command("deliver").returncode == 0
    told = stories_of(world.inbox.parsed())
    assert {to: set(slugs) for to, slugs in told.items()} == {"zh@example.org": {"x1"}, "en@example.org": {"x1"}}
    assert len(world.inbox.mails) == had + 2
    assert len(set(world.inbox.mails)) == 2, "a second copy must be the same to the byte"
    db = Database.open(world.folder / "state" / "policywatch.sqlite", read_only=True)
    # The other mail may have been recorded at its dot, too, which then never left.
    assert had <= db.read_now(outbox.in_doubt) <= 2
    assert db.read_now(outbox.counts) == {"sent": 2}
    db.close()


def test_094_a_second_instance_on_the_same_file_is_refused_quickly(world):
    """It says who holds the database and ends with its own exit code, in under five seconds."""
    running = world.start()
    running.wait_for_line('"event": "started"')
    second = world.command("poll")
    assert second.returncode == 75
    assert "in use by another policywatch" in second.stderr
    assert str(running.process.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert running.stop()[0] == 0
    assert world.command("poll").returncode == 0


def test_commands_work_one_by_one_as_from_cron(world):
    """poll, digest and deliver each do their part; a second round does nothing again."""
    world.sites.list_site.add(article("d1", "量子科技专项启动 d1"))
    polled = world.command("poll")
    assert polled.returncode == 0, polled.stderr
    assert "1 new articles, 1 matched" in polled.stdout
    shown = world.command("preview", "all")
    assert "量子科技专项启动 d1" in shown.stdout
    assert world.inbox.mails == []
    assert "1 stories, 2 mails" in world.command("digest", "--now").stdout
    assert "2 sent" in world.command("deliver").stdout
    assert len(world.inbox.mails) == 2
    world.command("poll", "list", "feed")
    assert "nothing new" in world.command("digest", "--now").stdout
    assert "0 sent" in world.command("deliver").stdout
    assert len(world.inbox.mails) == 2


def test_a_fault_in_the_configuration_ends_with_78_and_its_place(world):
    """No traceback, file, line and column, and the exit code of sysexits' EX_CONFIG."""
    world.path.write_text(world.path.read_text() + "langage: en\n")
    result = world.command("run")
    assert result.returncode == 78
    assert re.search(r"policywatch\.yaml:\d+:1: langage: .*did you mean `language`", result.stderr)
    assert "Traceback" not in result.stderr


def test_a_source_that_fails_is_told_and_the_others_go_on(world):
    """Exit code 1, the reason in plain words, and the other source's article is in."""
    world.sites.feed_site.fault.status = 500
    world.sites.list_site.add(article("e1", "量子科技专项启动 e1"))
    result = world.command("poll")
    assert result.returncode == 1
    assert "feed:" in result.stderr
    assert "500" in result.stderr
    assert "1 matched" in result.stdout
