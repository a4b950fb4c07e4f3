"""The pages of each day over the real application and a filled store: what they say, and what their buttons do."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import text
from starlette.requests import Request

from browser import filled
from policywatch.sources.base import SourceSpec
from policywatch.store import drafts, newest, outbox, recipients, sources
from policywatch.web import addresses, sparkline
from policywatch.web.pages import story
from policywatch.web.pages.sources import as_yaml
from readers import CLOSED, FormClient

PAGES = (
    "/",
    "/sources",
    "/sources/agency",
    "/sources/gone",
    "/subscriptions",
    "/subscriptions/morning",
    "/subscriptions/flash",
    "/drafts",
    "/outbox",
    "/outbox?state=failed",
    "/feeds",
)
DOCUMENTS = (
    "/issue/1/zh-CN",
    "/issue/1/en",
    "/subscriptions/morning/preview/zh-CN",
    "/subscriptions/weekly/preview/en",
)


@pytest.fixture
def house(tmp_path):
    with filled.opened(tmp_path) as made:
        yield made


@pytest.fixture
def client(house):
    return FormClient(house.app, base_url="http://127.0.0.1", follow_redirects=False)


def tree(client, path, language="en"):
    answer = client.get(path, params={"lang": language} if "?" not in path else None)
    assert answer.status_code == 200, path
    return LexborHTMLParser(answer.text)


def told(client, path, language="en"):
    return " ".join(tree(client, path, language).css_first("main").text(separator=" ").split())


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_title_one_heading_and_a_name_for_everything(client, path, language):
    client.get(f"/?lang={language}")  # remembered
    page = tree(client, path, language)
    assert page.css_first("html").attributes["lang"] == language
    assert len(page.css("h1")) == 1
    assert page.css_first("title").text().endswith("policywatch")
    assert not page.css("script, style, [style]")
    for svg in page.css("svg"):
        assert svg.attributes["aria-label"]
    for frame in page.css("iframe"):
        assert frame.attributes["title"]
    for form in page.css("form"):
        assert form.css_first("input[name=csrf][type=hidden]") is not None
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    for section in page.css("[aria-labelledby]"):
        assert section.attributes["aria-labelledby"] in ids


@pytest.mark.parametrize("path", [path for path in PAGES if "?" not in path])
def test_every_page_is_json_to_who_asks_for_it(client, path):
    answer = client.get(path, headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()
    assert "li.wei@example.org" not in answer.text


def test_today_says_trouble_first_and_leads_on(house, client):
    house.faults = ("policywatch.yaml:3:1: no such word",)
    client = FormClient(house.app, base_url="http://127.0.0.1")
    page = tree(client, "/")
    assert "cannot be read" in page.css_first("h1.trouble").text()
    first = page.css_first("section").text()
    for words in ("policywatch.yaml:3:1", "Waits for release", "it refuses to be read", "gone for good"):
        assert words in first
    leads = [link.attributes["href"] for link in page.css("main a")]
    for href in (
        "/subscriptions/morning",
        "/sources/agency",
        "/sources/gone",
        "/drafts",
        "/outbox?state=failed",
        "/sources",
    ):
        assert href in leads
    assert len([href for href in leads if href.startswith("/story/")]) > len(filled.LISTS) * 4


def test_today_counts_from_midnight_and_shows_what_ends_soon(house, client):
    before = client.get("/", headers={"accept": "application/json"}).json()
    filled.publish(house.db, 900, "量子科技新政", "量子科技", "ministry", house.now - timedelta(hours=9), deadline=1)
    filled.publish(house.db, 901, "量子科技新规", "量子科技", "ministry", house.now - timedelta(hours=11))
    after = client.get("/", headers={"accept": "application/json"}).json()
    assert after["came"]["articles"] == before["came"]["articles"] + 1
    assert after["came"]["stories"] == before["came"]["stories"] + 1
    days = [one["day"] for one in after["ending"]]
    assert days == sorted(days)
    assert len(days) > 3
    assert [one["title"] for one in after["lists"][0]["stories"]][1:2] == ["量子科技新政"]


def test_a_story_stands_once_in_its_list_and_the_newest_is_first(house):
    for number in range(8):
        filled.publish(
            house.db, 800 + number, f"新动态{number}", "空清单", "ministry", house.now + timedelta(minutes=number)
        )
    lines = house.db.read_now(newest.of_watchlists, ["空清单"], 5)
    assert [line.title for line in lines] == [f"新动态{number}" for number in (7, 6, 5, 4, 3)]
    both = house.db.read_now(newest.of_watchlists, ["空清单", "空清单", "量子科技"], 50)
    assert len({line.story for line in both}) == len(both)


def test_the_table_of_sources_tells_state_rhythm_and_next_poll(client):
    page = tree(client, "/sources")
    rows = {row.css_first("th a").text(): row for row in page.css("tbody tr")}
    assert "refuses to be read" in rows["示例通讯社"].css_first(".state").text()
    assert "HTTP 403" in rows["示例通讯社"].css_first(".fault").text()
    assert "https://moved.example.org/new" in rows["示例研究院"].text()
    bars = rows["示例部"].css_first("svg path").attributes["d"]
    assert bars.count("M") > 3
    assert rows["示例省科技厅"].css_first("svg path").attributes["d"] == ""
    assert [node.attributes["class"] for node in page.css("tbody tr")][:3] == ["failing"] * 3


def test_a_source_s_page_shows_its_entry_its_articles_and_what_to_change(client):
    page = tree(client, "/sources/city")
    assert "id: city" in page.css_first("pre").text()
    assert "ul.list li" in page.css_first("pre").text()
    assert page.css(".rows a[href^='/story/']")
    assert "write url: https://moved.example.org/new" in told(client, "/sources/moved")
    assert not tree(client, "/sources/gone").css("form[action$=poll]")
    assert client.get("/sources/none").status_code == 404


def test_an_entry_is_shown_without_secrets_and_can_be_read_back():
    spec = SourceSpec(
        id="it", kind="feed", url="https://user:pass@example.org/feed?token=abcdef", every="90m", backfill="all"
    )
    shown = as_yaml(spec)
    assert "pass" not in shown
    assert "abcdef" not in shown
    assert "every: 90m" in shown
    assert "backfill: all" in shown


def test_poll_now_makes_a_source_due_and_no_other(house, client):
    assert client.get("/sources/ministry/poll").status_code == 405
    answer = client.post("/sources/ministry/poll")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources/ministry?told=polled")
    due = house.db.read_now(sources.due_ids, house.now, 10)
    assert "ministry" in due
    assert "city" not in due
    assert "within seconds" in told(client, "/sources/ministry?told=polled&lang=en")
    assert client.post("/sources/none/poll").status_code == 404


def test_subscriptions_say_when_in_words_and_the_next_slots(client):
    assert "Mondays to Fridays" in told(client, "/subscriptions") or "Monday to Friday" in told(
        client, "/subscriptions"
    )
    page = client.get("/subscriptions/morning", headers={"accept": "application/json"}).json()
    assert page["coming"][0] == "2026-11-26T00:30:00+00:00"
    assert len(page["coming"]) == 5
    assert client.get("/subscriptions/none").status_code == 404


def test_recipients_are_shown_shortened_with_what_they_decided(house, client):
    house.db.write_now(
        recipients.suspend,
        recipients.key("reader@example.org"),
        "suspended",
        "reader@example.org",
        "refused",
        house.now,
    )
    page = client.get("/subscriptions/morning", headers={"accept": "application/json"}).json()
    states = {one["to"]: one["state"] for one in page["readers"]}
    assert states == {
        "l…@example.org": "active",
        "r…@example.org": "suspended",
        "p…@example.org": "paused",
        "s…@example.org": "stopped",
    }
    assert "until" in told(client, "/subscriptions/morning")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_109_a_mail_is_a_document_in_a_sandbox(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    policies = answer.headers.get_list("content-security-policy")
    assert len(policies) == 1
    for word in ("default-src 'none'", "sandbox", "frame-ancestors 'self'"):
        assert word in policies[0]
    assert "allow-scripts" not in policies[0]
    assert "allow-same-origin" not in policies[0]
    assert "script-src" not in policies[0]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_past_digests_are_listed_and_served_as_they_are_kept(client):
    page = tree(client, "/subscriptions/morning")
    (link,) = [one.attributes["href"] for one in page.css("td a[href^='/issue/']")][:1]
    assert "量子" in client.get(link).text
    assert client.get("/issue/1/fr").status_code == 404
    assert client.get("/issue/99/en").status_code == 404
    assert client.get("/subscriptions/morning/preview/fr").status_code == 404


def test_a_preview_claims_nothing(house, client):
    filled.publish(house.db, 950, "预览中的动态", "量子科技", "ministry", house.now)
    for _ in range(2):
        assert "预览中的动态" in client.get("/subscriptions/morning/preview/zh-CN").text


@pytest.mark.parametrize(("verb", "state"), [("release", "pending"), ("drop", "dropped")])
def test_a_draft_is_read_and_let_go_or_dropped_once(house, client, verb, state):
    (draft,) = house.db.read_now(drafts.waiting)
    assert tree(client, "/drafts").css_first("iframe").attributes["src"] == f"/issue/{draft.id}/zh-CN"
    first = client.post(f"/drafts/{draft.id}/{verb}")
    assert first.status_code == 303
    assert first.headers["location"] in {"/drafts?told=released", "/drafts?told=dropped"}
    assert house.db.read_now(drafts.waiting) == []
    states = house.db.read_now(
        lambda tx: tx.execute(text("SELECT state FROM message WHERE run_id = :run"), {"run": draft.id}).scalars().all()
    )
    assert states == [state]
    assert client.post(f"/drafts/{draft.id}/{verb}").headers["location"] == "/drafts?told=none"
    assert "dealt with before" in told(client, "/drafts?told=none&lang=en")


def test_the_outbox_says_who_what_and_why(client):
    page = tree(client, "/outbox")
    assert [row.text() for row in page.css("nav .counts li.trouble")]
    failed = told(client, "/outbox?state=failed&lang=en")
    assert "The server refused it for good" in failed
    assert "550 5.1.1" in failed
    assert "r…@example.org" in failed
    assert "reader@example.org" not in client.get("/outbox").text
    assert client.get("/outbox?state=none").status_code == 404
    assert client.get("/outbox?before=x").status_code == 200


def by_state(house, state):
    return house.db.read_now(outbox.page, [state], 10)


def test_a_mail_is_sent_again_under_a_name_of_its_own(house, client):
    (failed,) = by_state(house, "failed")
    answer = client.post(f"/outbox/{failed.id}/again?state=failed")
    assert answer.headers["location"] == "/outbox?state=failed&told=again"
    (pending,) = by_state(house, "pending")
    assert pending.id == failed.id
    assert pending.message_id != failed.message_id
    assert client.post("/outbox/4000/again").headers["location"] == "/outbox?told=none"


def test_a_mail_whose_reader_was_forgotten_cannot_be_sent_again(house, client):
    (sent,) = by_state(house, "sent")
    house.db.write_now(recipients.forget, sent.recipient, house.now)
    assert client.post(f"/outbox/{sent.id}/again").headers["location"] == "/outbox?told=erased"


def test_what_was_not_sent_is_dropped_and_what_was_is_kept(house, client):
    (failed,), (sent,) = by_state(house, "failed"), by_state(house, "sent")
    assert client.post(f"/outbox/{failed.id}/drop").headers["location"] == "/outbox?told=dropped"
    assert client.post(f"/outbox/{sent.id}/drop").headers["location"] == "/outbox?told=kept"
    assert by_state(house, "dropped")[0].id == failed.id


def test_the_outbox_goes_on_over_pages_and_shows_each_mail_once(house, client):
    def many(tx):
        for number in range(120):
            tx.execute(
                text(
                    "INSERT INTO message (run_id, recipient, channel, message_id, subject, state, created_at) "
                    "VALUES (1, :to, 'maildir', :to, 'x', 'sent', 1)"
                ),
                {"to": f"reader{number}@example.org"},
            )

    house.db.write_now(many)
    seen, path = [], "/outbox?state=sent"
    while path:
        page = client.get(path, headers={"accept": "application/json"}).json()
        seen += [mail["id"] for mail in page["mails"]]
        path = page["older"]
    assert len(seen) == len(set(seen)) == 121
    assert seen == sorted(seen, reverse=True)


def test_all_feeds_are_one_list_for_a_reader_and_no_token_stands_in_it(tmp_path):
    with filled.opened(tmp_path, hostile='"<&', days=2) as house:
        client = FormClient(house.app, base_url="http://127.0.0.1")
        answer = client.get("/feeds.opml")
        assert answer.headers["content-type"] == "text/x-opml; charset=utf-8"
        assert "token" not in answer.text
        outlines = ET.fromstring(answer.content).findall("./body/outline")
        assert len(outlines) == len(client.get("/feeds", headers={"accept": "application/json"}).json()["feeds"]) == 11
        assert any('产业早报"<&' in one.attrib["text"] for one in outlines)
        opened = {
            client.get(one.attrib["xmlUrl"]).status_code for one in outlines if "weekly" not in one.attrib["xmlUrl"]
        }
        assert opened == {200}


@pytest.mark.parametrize("path", [*PAGES, *DOCUMENTS])
def test_038_nothing_hostile_becomes_active(tmp_path, path):
    hostile = "\"><script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>"
    with filled.opened(tmp_path, hostile=hostile) as house:
        page = LexborHTMLParser(FormClient(house.app, base_url="http://127.0.0.1").get(path).text)
    assert not page.css("script, img, [onerror], [onclick], [onload], object, embed")
    for link in page.css("a"):
        assert urlsplit(link.attributes.get("href") or "").scheme in {"", "http", "https", "mailto"}


def test_pages_work_on_both_databases(place):
    with filled.opened(place, days=4) as house:
        client = FormClient(house.app, base_url="http://127.0.0.1", follow_redirects=False)
        for path in (*PAGES, "/issue/1/zh-CN", "/subscriptions/morning/preview/en"):
            assert client.get(path).status_code == 200, path
        (failed,) = by_state(house, "failed")
        assert client.post(f"/outbox/{failed.id}/again").headers["location"].endswith("told=again")
        assert client.post("/sources/ministry/poll").status_code == 303
        (draft,) = house.db.read_now(drafts.waiting)
        assert client.post(f"/drafts/{draft.id}/release").headers["location"].endswith("told=released")
        counts = house.db.read_now(newest.daily, house.now, 30)
        assert sum(map(sum, counts.values())) == house.db.read_now(
            lambda tx: tx.execute(text("SELECT count(*) FROM article")).scalar_one()
        )


@pytest.mark.parametrize(
    ("counts", "heights"), [((), []), ((0, 0), []), ((1, 0, 200), [1, 20]), ((3, 3), [20, 20]), ((5, 10), [10, 20])]
)
def test_bars_are_as_high_as_their_counts(counts, heights):
    assert [int(found) for found in re.findall(r"v-(\d+)", sparkline.path(counts))] == heights


@pytest.mark.parametrize(
    ("recipient", "shown"), [("li.wei@example.org", "l…@example.org"), ("webhook: team", "webhook: team"), ("", "")]
)
def test_addresses_are_shortened(recipient, shown):
    assert addresses.shortened(recipient) == shown


def test_a_server_s_words_do_not_repeat_the_address():
    assert addresses.without("550 <a.b@example.org> unknown", "a.b@example.org") == "550 <a…@example.org> unknown"


@pytest.mark.parametrize("path", ["/nowhere", "/sources/none", "/story/99999", "/issue/999/en", "/watchlists/none"])
def test_a_person_who_asks_for_what_is_not_there_reads_so_and_goes_on_from_there(client, path):
    for language, said in (("zh-CN", "没有这个页面"), ("en", "There is no such page")):
        answer = client.get(path, params={"lang": language}, headers={"accept": "text/html"})
        page = LexborHTMLParser(answer.text)
        assert answer.status_code == 404
        assert page.css_first("html").attributes["lang"] == language
        assert page.css_first("h1").text() == said
        assert [a.attributes["href"] for a in page.css("main a")] == ["/"]
    assert "<" not in client.get(path, headers={"accept": "*/*"}).text, "programs get a line"


def test_who_comes_by_a_dead_link_of_a_mail_is_not_led_to_the_pages(client):
    answer = client.get("/u/no-such-token", headers={"accept": "text/html"})
    page = LexborHTMLParser(answer.text)
    assert answer.status_code == 404
    assert page.css_first("h1").text() == "链接已失效"
    assert not page.css("a")


def test_a_source_in_trouble_is_not_called_free_of_doubts(client):
    assert "没有发现可疑之处" not in told(client, "/sources/agency", "zh-CN")
    assert "没有发现可疑之处" in told(client, "/sources/ministry", "zh-CN")


def test_languages_are_called_by_their_names(client):
    page = tree(client, "/subscriptions/morning", "zh-CN")
    assert {cell.text() for cell in page.css("td[data-label=语言]")} == {"中文", "English"}
    assert {link.text() for link in page.css("a[href^='/issue/']")} == {"中文", "English"}
    assert "正文（中文）" in told(client, "/drafts", "zh-CN")


def test_where_nobody_can_log_in_the_page_of_a_story_says_what_makes_a_log_in(house, client):
    assert "设置 password 或 users 后才能登录" in told(client, "/story/1", "zh-CN")
    house.more["access"] = CLOSED
    assert "登录后可以看采集的全文" in markup_of_story(house)


def markup_of_story(house) -> str:
    """The page of a story as who has a token sees it: not logged in, though there is a log-in."""
    site = house.site()
    page = house.db.read_now(lambda tx: story.look(tx, site, 1, site.drawing.words("zh-CN"), with_text=False))
    request = Request({"type": "http", "path": "/story/1", "query_string": b"", "headers": []})
    return site.drawing.draw("story", "zh-CN", page, request)


def test_a_fault_of_the_configuration_is_told_in_the_reader_s_language(house, client):
    house.faults = ("policywatch.yaml:7:1: file: the line begins with a tab; use spaces, never tabs",)
    assert "policywatch.yaml 第 7 行：行首是制表符（Tab），请改用半角空格" in told(client, "/", "zh-CN")
    assert house.faults[0] in told(client, "/", "en")
