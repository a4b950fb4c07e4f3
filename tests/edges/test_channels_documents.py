"""Webhook, chats and files: a digest as a document, over the guarded client and real files."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from email import message_from_bytes
from email.policy import default as policy
from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from digests_samples import digest, renderer, story, subscription
from policywatch import bootstrap
from policywatch.channels.kinds import apprise, file, webhook
from policywatch.config.options import Config
from policywatch.digests import document
from policywatch.fetch.client import Client
from policywatch.fetch.options import FetchOptions
from policywatch.model import Message, Outcome
from smtp_server import Stages

assert Config
SECRET = "0123456789abcdef0123456789abcdef"
ID = "<0a1b2c@example.org>"


def made(**changes):
    told = digest(
        [story(1, title="量子科技专项启动"), story(2, title="另一条")], public_url="https://w.example.org", **changes
    )
    rendered = renderer().render(told, "zh-CN")
    return Message("webhook-1", ID, rendered.subject, document.document(told, rendered, ID, told.slot))


class Origin:
    """An HTTP server on loopback that answers with a status and remembers what was posted."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.posts = []

    @contextlib.asynccontextmanager
    async def running(self):
        async def talk(reader, writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.posts.append((lines[0], headers, body))
            answer = self.answers.pop(0) if self.answers else "200 OK"
            if answer:
                more = "Location: /elsewhere\r\n" if answer.startswith("3") else ""
                writer.write(f"HTTP/1.1 {answer}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


def posted(origin, *, tries=1, allow=True, **options):
    """Receipts of some tries at an origin."""

    async def go():
        async with origin.running():
            allowed = {"allow_private": [ip_network("127.0.0.0/8")], "allow_ports": [origin.port], "spacing": "0ms"}
            async with Client(
                FetchOptions.model_validate(allowed if allow else {"allow_ports": [origin.port]})
            ) as client:
                given = {"url": f"http://127.0.0.1:{origin.port}/hook?key=s3cr3t", **options}
                way = webhook.Channel(webhook.Channel.Options.model_validate(given), bootstrap.HttpPoster(client))
                return [await way.deliver(made(), Stages()) for _ in range(tries)]

    return asyncio.run(go())


def test_a_digest_is_posted_as_json_whose_signature_its_receiver_can_check():
    origin = Origin()
    (receipt,) = posted(origin, secret=SECRET)
    assert (receipt.outcome, receipt.code) == (Outcome.SENT, 200)
    ((line, headers, body),) = origin.posts
    assert line == "POST /hook?key=s3cr3t HTTP/1.1"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-policywatch-id"] == "0a1b2c@example.org"
    wanted = hmac.new(SECRET.encode(), b"0a1b2c@example.org." + body, hashlib.sha256).hexdigest()
    assert headers["x-policywatch-signature"] == f"sha256={wanted}"
    told = json.loads(body)
    assert (told["version"], told["id"], told["subscription"]) == (1, "0a1b2c@example.org", subscription().id)
    assert {one["title"] for group in told["groups"] for one in group["stories"]} == {"量子科技专项启动", "另一条"}


def test_a_repeat_is_byte_for_byte_the_same():
    origin = Origin("503 Busy", "")
    receipts = posted(origin, tries=3, secret=SECRET)
    assert [one.outcome for one in receipts] == [Outcome.RETRY, Outcome.RETRY, Outcome.SENT]
    first, *others = [
        (headers["x-policywatch-id"], headers["x-policywatch-signature"], body) for _, headers, body in origin.posts
    ]
    assert others == [first, first]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("204 No", Outcome.SENT), ("400 Bad", Outcome.FAILED), ("401 Who", Outcome.CONFIG), ("404 None", Outcome.CONFIG),
     ("413 Big", Outcome.FAILED), ("429 Slow", Outcome.RETRY), ("500 Oh", Outcome.RETRY), ("302 There", Outcome.CONFIG),
     ("307 There", Outcome.CONFIG)],
)  # fmt: skip
def test_what_the_answer_means(answer, outcome):
    (receipt,) = posted(Origin(answer))
    assert receipt.outcome is outcome
    assert "s3cr3t" not in receipt.detail


def test_an_address_in_one_s_own_network_is_asked_because_the_operator_wrote_it():
    """It goes through the one guarded client (test 50 of the catalogue), with no need for `fetch.allow_private`."""
    origin = Origin()
    (receipt,) = posted(origin, allow=False)
    assert receipt.outcome is Outcome.SENT
    assert len(origin.posts) == 1


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        (webhook, {}, "required"),
        (webhook, {"url": "hooks.example.org"}, "no web address"),
        (webhook, {"url": "ftp://hooks.example.org/"}, "no web address"),
        (webhook, {"url": "https://h.example.org/", "secret": "short"}, "16 characters or more"),
        (apprise, {"url": "nonsense"}, "apprise knows"),
        (file, {"path": "d", "name": "{subscription}"}, "several digests one name"),
        (file, {"path": "d", "name": "../{id}"}, "below `path`"),
        (file, {"path": "d", "name": "{id}{title}"}, "no other braces"),
        (file, {"path": "d", "formats": []}, "at least 1"),
        (file, {"path": "d", "formats": ["pdf"]}, "'html', 'txt', 'eml' or 'json'"),
    ],
)
def test_what_cannot_work_is_refused_in_words_that_say_what_to_change(kind, given, told):
    with pytest.raises(ValidationError) as caught:
        kind.Channel.Options.model_validate(given)
    assert told in str(caught.value)
    assert "nonsense" not in str(caught.value)


class Nobody:
    """Files need no HTTP."""

    async def post(self, url, headers, body):
        raise AssertionError("asked the network")


def written(folder, message=None, **options):
    way = file.Channel(file.Channel.Options.model_validate({"path": folder, **options}), Nobody())
    return asyncio.run(way.deliver(message or made(), Stages()))


def test_a_digest_is_written_in_every_format_under_its_name(tmp_path):
    folder = tmp_path / "digests"
    options = {"formats": ["html", "txt", "eml", "json"], "name": "{subscription}/{date}-{id}"}
    assert written(folder, **options).outcome is Outcome.SENT
    assert written(folder, **options).outcome is Outcome.SENT
    base = folder / subscription().id
    assert sorted(one.name for one in base.iterdir()) == [
        f"2026-11-23-0a1b2c.{ending}" for ending in ("eml", "html", "json", "txt")
    ]
    assert "量子科技专项启动" in (base / "2026-11-23-0a1b2c.html").read_text(encoding="utf-8")
    mail = message_from_bytes((base / "2026-11-23-0a1b2c.eml").read_bytes(), policy=policy)
    assert "量子科技专项启动" in mail.get_body(("plain",)).get_content()
    assert "/u/" not in mail.get_body(("html",)).get_content()


def test_no_value_leads_out_of_the_folder(tmp_path):
    told = json.loads(made().content) | {"subscription": "../../etc", "language": "/x", "kind": ".."}
    hostile = Message("file-1", ID, "s", json.dumps(told).encode())
    name = "{subscription}/{kind}/{language}-{id}"
    assert written(tmp_path / "in", hostile, name=name).outcome is Outcome.SENT
    assert {one.relative_to(tmp_path).parts[0] for one in tmp_path.rglob("*")} == {"in"}


def test_a_folder_that_cannot_be_is_a_retry_in_plain_words(tmp_path):
    (tmp_path / "taken").write_text("a file")
    receipt = written(tmp_path / "taken")
    assert receipt.outcome is Outcome.RETRY
    assert "tried again" in receipt.detail


def test_a_chat_gets_titles_and_links_and_a_failure_is_tried_again(monkeypatch):
    """Over apprise's own plug-in for JSON, at a server of ours."""
    pytest.importorskip("apprise")

    async def go(origin):
        async with origin.running():
            given = {"url": f"json://127.0.0.1:{origin.port}/chat"}
            way = apprise.Channel(apprise.Channel.Options.model_validate(given), Nobody())
            return [await way.deliver(made(), Stages()) for _ in range(2)]

    origin = Origin("500 Oh", "200 OK")
    assert [one.outcome for one in asyncio.run(go(origin))] == [Outcome.RETRY, Outcome.SENT]
    told = json.loads(origin.posts[1][2])
    assert "量子科技专项启动" in told["message"]
    assert "https://news.example.org/2026/1.html" in told["message"]


def test_a_long_digest_is_cut_for_a_chat_and_says_by_how_much():
    told = json.loads(made().content)
    told["groups"] = [{"name": "表", "stories": [{"title": f"t{at}", "url": ""} for at in range(50)]}]
    told["left_out"] = 7
    lines = apprise.short(told).splitlines()
    assert sum(line.startswith("[表]") for line in lines) == 20
    assert lines[-1] == "+ 37"
