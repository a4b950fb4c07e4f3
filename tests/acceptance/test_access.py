"""Closed pages of a running service, over real sockets: asked by strangers, readers, programs and a proxy's pretender."""

from __future__ import annotations

import http.client
import re
import urllib.parse

import pytest

from world import World, get

PASSWORD = "canary-of-a-password"


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setenv("WEB_PASSWORD", PASSWORD)
    with World(tmp_path) as made:
        text = made.path.read_text(encoding="utf-8")
        more = 'listen: "127.0.0.1:0", password: "${env:WEB_PASSWORD}", metrics: true'
        made.path.write_text(text.replace('listen: "127.0.0.1:0"', more), encoding="utf-8")
        yield made


def ask(port: int, method: str, path: str, body: dict | None = None, **headers: str):
    """(status, headers, text) of one request, unfollowed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        sent = urllib.parse.urlencode(body) if body is not None else None
        kind = {"content-type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection.request(method, path, sent, {**kind, **{key.replace("_", "-"): one for key, one in headers.items()}})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def test_107_closed_pages_of_a_running_service(world):
    running = world.start()
    base = running.web()
    port = int(base.rpartition(":")[2])
    feed = "/feeds/watchlist/" + urllib.parse.quote("量子科技") + ".atom"

    assert ask(port, "GET", "/")[0] == 303
    for pretended in ({"x_forwarded_user": "root"}, {"x_forwarded_for": "127.0.0.1"}, {"remote_user": "root"}):
        assert ask(port, "GET", "/feeds", **pretended)[0] == 303
    status, headers, page = ask(port, "GET", "/login", x_forwarded_proto="https")
    assert status == 200
    assert "strict-transport-security" not in headers, "nobody was told to believe that header"
    assert get(f"{base}/healthz")[0] == 200
    assert get(f"{base}{feed}")[0] == 404
    assert world.command("health").returncode == 1, "the port was chosen, not the configuration's"

    visit = headers["set-cookie"].partition(";")[0]
    csrf = re.search(r'name="csrf" value="(\w+)"', page)[1]
    status, headers, _ = ask(port, "POST", "/login", {"csrf": csrf, "password": PASSWORD}, cookie=visit)
    assert (status, headers["location"]) == (303, "/")
    session = headers["set-cookie"].partition(";")[0]
    assert "量子科技" in ask(port, "GET", "/feeds", cookie=session)[2]
    assert ask(port, "GET", feed, cookie=session)[0] == 200

    token = world.command("token", "new", "phone").stdout.strip()
    for_metrics = world.command("token", "new", "prometheus", "--metrics").stdout.strip()
    answers = [ask(port, "GET", f"{feed}?token={token}")[0], ask(port, "GET", feed, authorization=f"Bearer {token}")[0]]
    assert answers == [200, 200]
    assert ask(port, "GET", "/metrics", authorization=f"Bearer {token}")[0] == 401
    assert "policywatch_loop_lag_seconds" in ask(port, "GET", "/metrics", authorization=f"Bearer {for_metrics}")[2]

    assert running.stop()[0] == 0
    again = world.start()
    port = int(again.web().rpartition(":")[2])
    assert ask(port, "GET", "/feeds", cookie=session)[0] == 200, "a restart ends no log-in"
    again.stop()
    log = "".join(running.lines + again.lines)
    secrets = (PASSWORD, token, for_metrics, session.partition("=")[2], csrf)
    assert not any(secret in log for secret in secrets)
