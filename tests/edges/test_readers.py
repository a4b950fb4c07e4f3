"""Readers decide by the links in their mails: over the real application, store and outbox."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default as policy
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.model import Article, Excerpt, Hit, Span, TextState
from policywatch.pipeline.digest import Digester
from policywatch.pipeline.plan import Plan
from policywatch.store import articles, hits, issues, outbox, recipients, runs, sources
from policywatch.store.db import Database
from policywatch.web.app import build
from readers import CLOSED
from webs import site_of

TOP = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LIST = "量子科技/一"
BASE = "https://watch.example.org"
_TOKEN = re.compile(r"https://watch\.example\.org/u/([\w-]+)")


def spec(name):
    return SubscriptionSpec(
        id=name, name=f"{name}报", to=["zh@example.org", {"address": "en@example.org", "language": "en"}],
        watchlists="all", digest={"at": "30 8 * * mon-fri"},
    )  # fmt: skip


class World:
    """A store with two subscriptions of the same two readers, the pages before it, and a clock."""

    def __init__(self, folder, base=BASE):
        self.db = Database.open(folder / "policywatch.sqlite")
        self.now = NOW
        self.plan = Plan(
            sources=(), watchlists=(WatchlistSpec(name=LIST),), subscriptions=(spec("m"), spec("other")),
            zone=ZoneInfo("Asia/Shanghai"), language="zh-CN", sender="policywatch <news@example.org>",
            channel="smtp", public_url=base, unsubscribe_to="leave@example.org",
        )  # fmt: skip
        self.renderer = Renderer(jinja2.FileSystemLoader(TOP / "templates"))
        self.digester = Digester(self.plan, self.db, self.renderer, lambda: self.now)
        self.client = TestClient(
            # Closed to who does not log in, as mail programs do not.
            build(site_of(self.plan, self.db, self.renderer, lambda: self.now, access=CLOSED)),
            base_url=BASE,
            follow_redirects=False,
        )
        self.db.write_now(sources.sync, [sources.SourceRow("s", "示例部", "feed", "https://a/", "f")], NOW)
        self.published = 0

    def publish(self):
        self.published += 1
        key = f"{self.published:016x}"
        article = Article(
            "s", key, f"https://a/{key}", f"https://a/{key}", f"标题{key}", f"标题{key}", "正文", "正文", self.now,
            self.now, "示例部", TextState.COMPLETE, key,
        )  # fmt: skip
        (added,) = self.db.write_now(articles.add, [articles.NewArticle(article)])
        hit = Hit(LIST, 70.0, (Span("量子", "title", 0, 2, "标题"),), Excerpt("关于量子", ((2, 4),)))
        self.db.write_now(hits.add, [(added.article_id, hit)], self.now)
        due = [runs.Due(one.id, added.story_id, 70.0) for one in self.plan.subscriptions]
        self.db.write_now(runs.add_due, due, self.now)
        return added.story_id

    def close_slots(self):
        """A digest of a new story in both subscriptions goes into the outbox."""
        self.now += timedelta(minutes=1)
        story = self.publish()
        for one in self.plan.subscriptions:
            asyncio.run(self.digester.close_now(one))
        return story

    def claim(self):
        """(subscription, recipient) of what would be sent now, and marks it as sent."""
        found = set()
        for one in self.db.write_now(outbox.claim, self.now, 100):
            mail = self.parsed(one.message.content)
            found.add((str(mail["List-Id"]).partition(".")[0].lstrip("<"), one.message.recipient))
        return found

    def mails(self):
        rows = self.db.read_now(lambda tx: tx.execute(text("SELECT content FROM message_content ORDER BY id")).all())
        return [self.parsed(row.content) for row in rows]

    def token(self, subscription, address):
        for mail in self.mails():
            if mail["To"].addresses[0].addr_spec == address and subscription in mail["List-Id"]:
                return _TOKEN.search(mail["List-Unsubscribe"].replace("\r\n", ""))[1]
        raise AssertionError("no mail of theirs")

    @staticmethod
    def parsed(content):
        return message_from_bytes(bytes(content), policy=policy)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.client.close()
    made.db.close()


EVERYBODY = {("m", "zh@example.org"), ("m", "en@example.org"), ("other", "zh@example.org"), ("other", "en@example.org")}


def test_074_one_click_unsubscribes_without_log_in_before_the_next_mail(world):
    """200 without cookie, redirect or CSRF; the second is like the first; nobody else and no other list is touched."""
    world.close_slots()
    assert world.claim() == EVERYBODY
    address = f"/u/{world.token('m', 'zh@example.org')}"
    answers = [world.client.post(address, data={"List-Unsubscribe": "One-Click"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert "您已退订" in answers[0].text
    assert answers[0].text == answers[1].text
    assert not any("set-cookie" in one.headers for one in answers)
    world.close_slots()
    assert world.claim() == EVERYBODY - {("m", "zh@example.org")}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", ""),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
         "multipart/form-data; boundary=x"),
    ],
)  # fmt: skip
def test_074_one_click_in_every_shape_that_mailbox_providers_send(world, body, kind):
    world.close_slots()
    answer = world.client.post(
        f"/u/{world.token('m', 'en@example.org')}", content=body, headers={"content-type": kind} if kind else {}
    )
    assert answer.status_code == 200
    assert ("m", "en@example.org") not in world.claim()


def test_074_a_mail_that_waits_in_the_outbox_is_not_sent_after_the_click(world):
    world.close_slots()
    world.client.post(f"/u/{world.token('m', 'zh@example.org')}")
    assert world.claim() == EVERYBODY - {("m", "zh@example.org")}
    assert world.db.read_now(outbox.counts) == {"sending": 3, "withheld": 1}
    (row,) = world.db.read_now(outbox.recent, 10, ["withheld"])
    assert row.last_error == "the reader has unsubscribed"


@pytest.mark.parametrize("method", ["get", "head"])
def test_074_looking_changes_nothing(world, method):
    """Programs that check mails open every link."""
    world.close_slots()
    answer = getattr(world.client, method)(f"/u/{world.token('m', 'zh@example.org')}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert world.claim() == EVERYBODY


def test_074_the_page_is_in_the_reader_s_language_and_its_buttons_work(world):
    world.close_slots()
    page = world.client.get(f"/u/{world.token('m', 'en@example.org')}").text
    assert 'lang="en"' in page
    assert "Unsubscribe" in page
    assert 'lang="zh-CN"' in world.client.get(f"/u/{world.token('m', 'zh@example.org')}").text
    assert re.findall(r'name="do" value="(\w+)"', page) == ["pause1", "pause2", "pause4", "stop"]


@pytest.mark.parametrize("weeks", [1, 2, 4])
def test_a_pause_ends_by_itself_and_can_be_ended(world, weeks):
    world.close_slots()
    assert world.claim() == EVERYBODY
    address = f"/u/{world.token('m', 'zh@example.org')}"
    assert world.client.post(address, data={"do": f"pause{weeks}"}).status_code == 200
    world.now += timedelta(weeks=weeks) - timedelta(minutes=2)
    world.close_slots()
    assert ("m", "zh@example.org") not in world.claim()
    world.now += timedelta(minutes=5)
    world.close_slots()
    assert ("m", "zh@example.org") in world.claim()
    world.client.post(address, data={"do": "pause4"})
    assert "已暂停到" in world.client.get(address).text
    world.client.post(address, data={"do": "resume"})
    world.close_slots()
    assert ("m", "zh@example.org") in world.claim()


def test_074_forged_tokens_and_those_of_another_list_open_nothing(world):
    """Each token opens its own subscription alone, and one that was made up opens none."""
    world.close_slots()
    token = world.token("m", "zh@example.org")
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (swapped, token[:-1], token + "A", "x", "0" * 22, token.swapcase(), "%00"):
        assert world.client.get(f"/u/{wrong}").status_code == 404
        assert world.client.post(f"/u/{wrong}").status_code == 404
        assert world.client.post(f"/n/{wrong}?story=1&list={LIST}").status_code == 404
    assert world.claim() == EVERYBODY
    tokens = {world.token(one, to) for one in ("m", "other") for to in ("zh@example.org", "en@example.org")}
    assert len(tokens) == 4
    assert all(len(one) == 22 for one in tokens)


def test_074_what_cannot_be_decided_and_what_is_too_long_is_refused(world):
    world.close_slots()
    address = f"/u/{world.token('m', 'zh@example.org')}"
    assert world.client.post(address, data={"do": "everything"}).status_code == 400
    assert world.client.post(address, content=b"x" * 10_000).status_code == 413
    assert world.claim() == EVERYBODY


def test_074_no_log_and_no_table_holds_a_token_or_its_reader(world, capsys):
    world.close_slots()
    token = world.token("m", "zh@example.org")
    world.client.post(f"/u/{token}")
    world.client.post(f"/u/{token[::-1]}")
    logged = capsys.readouterr()
    assert "a reader decided" in logged.out + logged.err
    for word in (token, token[::-1], "zh@example.org"):
        assert word not in logged.out + logged.err

    def held(tx):
        return [tuple(row) for table in ("reader", "verdict") for row in tx.execute(text(f"SELECT * FROM {table}"))]

    assert token not in str(world.db.read_now(held))
    assert "zh@example.org" not in str(world.db.read_now(held))


def test_073_one_click_headers_stand_once_beside_the_address_to_write_to(world):
    world.close_slots()
    for mail in world.mails():
        (value,) = mail.get_all("List-Unsubscribe")
        to = mail["To"].addresses[0].addr_spec
        subscription = mail["List-Id"].partition(".")[0].lstrip("<")
        assert (
            value
            == f"<{BASE}/u/{world.token(subscription, to)}>, <mailto:leave@example.org?subject=unsubscribe%20{subscription}>"
        )
        assert mail.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


def test_each_mail_holds_its_own_reader_s_links_and_what_is_published_holds_none(world):
    world.close_slots()
    tokens = [world.token(one, to) for one, to in sorted(EVERYBODY)]
    for mail in world.mails():
        whole = "".join(part.get_content() for part in mail.iter_parts())
        own = _TOKEN.search(mail["List-Unsubscribe"].replace("\r\n", ""))[1]
        assert f"/u/{own}" in whole
        assert f"/n/{own}?story=" in whole
        assert not any(other in whole for other in tokens if other != own)
        assert "\x00" not in whole
    for issue in world.db.read_now(issues.newest, "m", "zh-CN"):
        for word in (*tokens, "/u/", "/n/", "\x00", "token-of"):
            assert word not in issue.html + issue.text
    shown = world.digester.rendered(world.db.read_now(world.digester.preview, world.plan.subscriptions[0]), "en")
    assert "/u/" not in shown.html + shown.text


def test_without_a_public_address_a_mail_names_only_whom_to_write_to(tmp_path):
    world = World(tmp_path, base=None)
    try:
        world.close_slots()
        for mail in world.mails():
            assert mail["List-Unsubscribe"].startswith("<mailto:leave@example.org?")
            assert mail["List-Unsubscribe-Post"] is None
            assert "/u/" not in "".join(part.get_content() for part in mail.iter_parts())
    finally:
        world.client.close()
        world.db.close()


def test_a_verdict_is_asked_for_recorded_once_and_shown_with_what_matched(world):
    story = world.close_slots()
    mail = next(one for one in world.mails() if "zh@" in one["To"] and "m." in one["List-Id"])
    link = re.search(
        r"https://watch\.example\.org(/n/[^\"&]+)&(?:amp;)?(list=[^\"]+)", mail.get_body(("html",)).get_content()
    )
    address = f"{link[1]}&{link[2]}"
    assert world.client.get(address).status_code == 200
    assert world.db.read_now(recipients.disliked) == []
    for _ in range(2):
        answer = world.client.post(address)
        assert answer.status_code == 200
        assert "已记下" in answer.text
    (one,) = world.db.read_now(recipients.disliked)
    assert (one.watchlist, one.story_id, one.readers, one.evidence) == (LIST, story, 1, ("量子",))


@pytest.mark.parametrize("query", ["", "?story=1", f"?story=99999&list={LIST}", "?story=1&list=none", "?story=x&list=y",
                                   "?story=99999999999999999999999&list=y"])  # fmt: skip
def test_a_story_that_the_reader_never_had_is_no_page(world, query):
    world.close_slots()
    assert world.client.post(f"/n/{world.token('m', 'zh@example.org')}{query}").status_code == 404
    assert world.db.read_now(recipients.disliked) == []


def test_a_forgotten_reader_is_erased_and_not_mailed_again(world):
    """Counts stay; no table holds the address, and what the YAML still names gets no mail."""
    world.close_slots()
    assert world.claim() == EVERYBODY
    world.close_slots()
    token = world.token("m", "zh@example.org")
    erased = world.db.write_now(recipients.forget, "ZH@example.org", world.now)
    assert erased["mails"] == 4
    assert world.client.get(f"/u/{token}").status_code == 404
    assert world.claim() == {one for one in EVERYBODY if "en@" in one[1]}

    def everything(tx):
        tables = tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        # The index of the search holds tokens of articles, and cannot be listed.
        listed = [table for table in tables if not table.startswith("search_index")]
        return str([tuple(row) for table in listed for row in tx.execute(text(f'SELECT * FROM "{table}"'))])

    held = world.db.read_now(everything)
    assert "zh@example.org" not in held
    assert "en@example.org" in held
    assert sum(world.db.read_now(outbox.counts).values()) == 8
    world.close_slots()
    assert world.claim() == {one for one in EVERYBODY if "en@" in one[1]}
    assert world.db.write_now(recipients.resume, "zh@example.org", world.now) == ["forgotten"]
    world.close_slots()
    assert world.claim() == EVERYBODY
