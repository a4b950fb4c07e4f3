"""Secrets of the configuration stay there."""

from __future__ import annotations

import sqlite3

import pytest

from world import World, article, get

CANARIES = {
    "SMTP_PASSWORD": "canary-smtp-5d1e",
    "FEED_PASSWORD": "canary-feed-9b27",
    "FEED_KEY": "canary-key-03c8",
    "PROXY_PASSWORD": "canary-proxy-77aa",
}


@pytest.fixture
def world(tmp_path, monkeypatch):
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    with World(tmp_path) as made:
        yield made


def configure(world, *changes):
    text = world.path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    world.path.write_text(text)


def assert_clean(*texts):
    for text in texts:
        raw = text if isinstance(text, bytes) else text.encode()
        for value in CANARIES.values():
            assert value.encode() not in raw, raw[max(0, raw.index(value.encode()) - 300) :][:600]


def told(result):
    return result.stdout + result.stderr


@pytest.mark.timeout(240)
def test_106_canary_secrets_are_in_no_log_page_error_mail_or_file(world):
    """Through good rounds and bad ones: a site that fails, a log-in that is refused, a proxy that is not there."""
    url = world.sites.feed_url
    configure(
        world,
        (url, url.replace("http://", "http://reader:${env:FEED_PASSWORD}@") + "?sig=${env:FEED_KEY}"),
        ("log: {format: json, level: info}", "log: {format: json, level: debug}"),
    )
    world.sites.feed_site.add(article("s1", "量子科技专项启动 s1"))
    world.sites.list_site.add(article("s2", "量子科技专项启动 s2"))
    assert_clean(told(world.command("check")))
    done = world.command("poll")
    assert "2 new articles, 2 matched" in done.stdout, told(done)
    assert_clean(told(done))
    assert_clean(told(world.command("preview", "all", "--format", "html")))
    assert_clean(told(world.command("digest", "--now")))
    done = world.command("deliver")
    assert "2 sent" in done.stdout
    assert_clean(told(done), *world.inbox.mails)

    # Trouble: the feed fails, and the server has no log-in to offer.
    world.sites.feed_site.fault.status = 500
    configure(
        world,
        ("tls: none,", 'tls: none, user: news@example.org, password: "${env:SMTP_PASSWORD}",'),
    )
    done = world.command("poll", "feed")
    assert done.returncode == 1
    assert "500" in done.stderr
    assert_clean(told(done))
    world.sites.list_site.add(article("s3", "量子科技专项启动 s3"))
    assert "1 matched" in world.command("poll", "list").stdout
    assert "2 mails" in world.command("digest", "--now").stdout
    done = world.command("deliver")
    assert done.returncode == 1
    assert_clean(told(done))

    running = world.start()
    base = running.web()
    pages = [
        get(f"{base}{path}")[2]
        for path in ("/", "/healthz", "/feeds/watchlist/%E9%87%8F%E5%AD%90%E7%A7%91%E6%8A%80.atom", "/none")
    ]
    assert "示例产业网".encode() in pages[0]
    assert running.stop()[0] == 0
    assert_clean(*pages, "".join(running.lines))

    # A proxy that is not there, and a fault right beside a secret.
    configure(world, ("spacing: 10ms", 'spacing: 10ms, proxy: "http://me:${env:PROXY_PASSWORD}@127.0.0.1:1"'))
    done = world.command("poll", "list")
    assert done.returncode == 1
    assert_clean(told(done))
    configure(world, ("connect_timeout: 5", 'connect_timeout: "${env:SMTP_PASSWORD}"'))
    done = world.command("check")
    assert done.returncode == 78
    assert_clean(told(done))

    # What lies on the disk: the database, and a copy of it as a backup would make.
    state = world.folder / "state"
    with sqlite3.connect(state / "policywatch.sqlite") as db, sqlite3.connect(state / "backup.sqlite") as copy:
        db.backup(copy)
    assert_clean(*(path.read_bytes() for path in state.rglob("*") if path.is_file()))
