"""Every case of every kind: a folder with a page, the options, and what must be read. Add a folder: no Python needed."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from policywatch import errors
from policywatch.model import Cursor, Page, RawItem, Reading, Request
from policywatch.sources.base import MAX_ITEMS, MAX_TITLE, SourceSpec, build

CASES = Path(__file__).parent.parent / "data" / "sources"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def source(kind: str, **options):
    return build(SourceSpec(id="it", kind=kind, url="https://example.org/news/", options=options))


def page(body: bytes, content_type: str = "text/html") -> Page:
    return Page("https://example.org/news/", 200, {"content-type": content_type}, body, NOW)


@pytest.mark.parametrize("folder", sorted(CASES.glob("*/*")), ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_page_is_read_as_its_case_says(folder):
    (saved,) = [path for path in folder.iterdir() if path.name.startswith(("page.", "feed."))]
    options = YAML(typ="safe", pure=True).load(folder / "options.yaml")
    reading = source(folder.parent.name, **options).read(page(saved.read_bytes()), NOW)
    items = reading.items
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    if isinstance(expected, dict):
        follow = [request.url for request in reading.follow]
        older = reading.older.url if reading.older else None
        assert {"follow": follow, "older": older} == {"follow": [], "older": None} | expected.pop("asks", {})
        expected = expected["items"]
    read = [
        {
            "title": item.title,
            "url": item.url,
            "published": item.published.isoformat() if item.published else None,
            "key": item.key,
            "summary": item.summary,
            "body": item.body,
            "publisher": item.publisher,
        }
        for item in items
    ]
    assert [{name: one[name] for name in want} for one, want in zip(read, expected, strict=True)] == expected


def test_041_a_web_page_in_the_place_of_a_feed_is_named():
    with pytest.raises(errors.ParseError, match="“请登录”") as caught:
        source("feed").read(page("<!doctype html><title>请登录</title><form></form>".encode()), NOW)
    assert caught.value.code == "not_a_feed"
    for body in (b"", b"{}", b"{broken", b"plain words"):
        with pytest.raises(errors.ParseError):
            source("feed").read(page(body), NOW)


@pytest.mark.parametrize("folder", sorted(CASES.glob("listpage/found-*")), ids=lambda folder: folder.name)
def test_a_list_is_found_by_structure_whatever_classes_and_ids_are_called(folder):
    text = (folder / "page.html").read_text(encoding="utf-8")
    other = re.sub(r'(class|id)="[^"]*"', lambda found: f'{found[1]}="n{len(found[0]) % 7}"', text)
    bare = re.sub(r' (class|id)="[^"]*"', "", text)
    whole, renamed, without = (source("listpage").read(page(one.encode()), NOW).items for one in (text, other, bare))
    assert whole == renamed == without
    assert len(whole) >= 4


@pytest.mark.parametrize("saved", sorted((CASES.parent / "nolists").glob("*.html")), ids=lambda saved: saved.stem)
def test_no_list_and_an_empty_list_are_told_apart(saved):
    """Navigation, a hot list, friendly links, what an article is related to: none is a list of articles."""
    one = page(saved.read_bytes())
    if saved.stem.startswith("empty"):
        assert source("listpage").read(one, NOW).items == ()
        return
    came = {
        "404": "an error page",
        "login": "a log-in page",
        "login-captcha": "a log-in page",
        "ruishu": "a challenge",
        "jsl": "a challenge",
    }.get(saved.stem)
    for options in ({}, {"item": "ul.list > li"}):
        with pytest.raises(errors.ParseError, match=came or "no list of articles|nothing on the page") as caught:
            source("listpage", **options).read(one, NOW)
        assert caught.value.code == ("stand_in" if came else "no_items" if options else "no_list")


@given(st.binary(max_size=400), st.sampled_from(["", "<ul><li><a href=/1>", "<record><![CDATA[", "<script>x=[{", "{"]))
@settings(deadline=None)
def test_any_bytes_are_a_list_or_a_named_error(noise, start):
    with contextlib.suppress(errors.ParseError):
        source("listpage").read(page(start.encode() + noise), NOW)


def test_042_a_selector_that_finds_nothing_is_named():
    with pytest.raises(errors.ParseError, match=r"ul\.list li") as caught:
        source("listpage", item="ul.list li").read(page(b"<p>new layout</p>"), NOW)
    assert caught.value.code == "no_items"
    with pytest.raises(errors.ParseError, match="none holds a link"):
        source("listpage", item="p").read(page(b"<p>no link</p>"), NOW)


def test_027_fifty_thousand_items_are_cut_and_counted():
    items = "".join(f"<item><title>t{number}</title><guid>{number}</guid></item>" for number in range(MAX_ITEMS + 700))
    reading = source("feed").read(page(f"<rss version='2.0'><channel>{items}</channel></rss>".encode()), NOW)
    assert len(reading.items) == MAX_ITEMS
    assert reading.truncated == 700


def test_028_long_fields_are_cut():
    feed = f"<rss version='2.0'><channel><item><title>{'量' * 9999}</title><link>http://a/{'x' * 5000}</link></item></channel></rss>"
    (item,) = source("feed").read(page(feed.encode()), NOW).items
    assert len(item.title) == MAX_TITLE
    assert item.url == ""


@pytest.mark.parametrize(
    ("full_text", "body", "asked"),
    [("auto", "short", True), ("auto", "x" * 400, False), ("always", "x" * 400, True), ("never", "short", False)],
)
def test_an_entrys_page_is_asked_for_as_full_text_says(full_text, body, asked):
    item = RawItem(key="k", url="https://example.org/1", title="t", body=body)
    wanted = source("feed", full_text=full_text).detail(item)
    assert wanted == (Request("https://example.org/1") if asked else None)


def test_a_list_asks_for_every_articles_page_and_hints_at_its_parts():
    one = source("listpage", item="li", article={"body": "#zoom"})
    assert one.requests(Cursor()) == [Request("https://example.org/news/")]
    assert one.detail(RawItem(key="k", url="https://example.org/1", title="t")) == Request("https://example.org/1")
    assert one.hints().body == "#zoom"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["feed", "listpage"]))
def test_043_any_bytes_are_items_or_a_named_error(noise, kind):
    one = source(kind, **({"item": "li"} if kind == "listpage" else {}))
    body = (
        b"<rss version='2.0'><channel><item><title>" + noise + b"</title></item><li><a href='" + noise + b"'>x</a></li>"
    )
    try:
        one.read(page(body), NOW)
    except errors.ParseError as error:
        assert error.what


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"url": "file:///etc/passwd"}, "http://"),
        ({"url": "feed:https://a"}, "http://"),
        ({"url": "https://"}, "host"),
        ({"every": "5s"}, "between 1m and 7d"),
        ({"every": "often"}, "60m"),
        ({"id": "Mit Leerzeichen"}, "pattern"),
        ({"timezone": "Asia/Beijing"}, "time zone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_049_an_entry_that_cannot_work_is_refused_with_the_reason(entry, fault):
    with pytest.raises(ValidationError, match=fault):
        SourceSpec(**{"id": "it", "kind": "feed", "url": "https://example.org/", **entry})


def test_a_hanweb_column_is_asked_for_with_the_numbers_that_its_script_holds():
    """The platform's own script sends them as a form."""
    saved = (CASES / "jcms" / "no-records-but-parameters" / "page.html").read_bytes()
    (asked,) = source("jcms").read(page(saved), NOW).follow
    assert asked.method == "POST"
    assert dict(asked.headers)["Referer"] == "https://example.org/news/"
    assert {name: value for name, value in parse_qsl((asked.body or b"").decode()) if name.endswith("id")} == {
        "appid": "1", "webid": "78", "columnid": "9", "unitid": "77",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "kind", "sent"),
    [
        (
            {"form": {"channel": "科技", "page": 1}},
            "application/x-www-form-urlencoded; charset=UTF-8",
            b"channel=%E7%A7%91%E6%8A%80&page=1",
        ),
        (
            {"payload": {"channel": "科技", "page": {"no": 1}}},
            "application/json",
            '{"channel": "科技", "page": {"no": 1}}'.encode(),
        ),
    ],
)
def test_an_interface_is_asked_with_what_it_wants_to_be_sent(options, kind, sent):
    (asked,) = source("json", **options).requests(Cursor())
    assert (asked.method, dict(asked.headers), asked.body) == ("POST", {"Content-Type": kind}, sent)
    (plain,) = source("json").requests(Cursor())
    assert (plain.method, plain.body) == ("GET", None)


def test_a_form_and_a_payload_are_not_both_sent():
    with pytest.raises(ValidationError, match="form and payload"):
        source("json", form={"a": "1"}, payload={"a": 1})
    with pytest.raises(ValidationError, match="script"):
        source("json", script="not a name")


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("<script>var other = {}</script><p>栏目</p>", "no_items", "no script of the page assigns to it"),
        ("<script>state = {broken</script><p>栏目</p>", "no_items", "is no JSON"),
        ("<script>if (state == {}) {}</script><p>栏目</p>", "no_items", "no script of the page assigns to it"),
        ("<meta r=m><script>$_ts=window['$_ts'];</script>", "stand_in", "challenge"),
        ('<script>state = {"a": 1}</script>', "no_items", "at the top stand 'a'"),
    ],
)
def test_a_script_without_what_is_looked_for_is_named(body, code, said):
    with pytest.raises(errors.ParseError, match=said) as caught:
        source("json", script="state", items="list").read(page(body.encode()), NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("kind", "case", "at", "older"),
    [
        (
            "jcms",
            "records-and-more/page.html",
            "/module/web/jpage/dataproxy.jsp?page=2&webid=78",
            "/module/web/jpage/dataproxy.jsp?page=3&webid=78",
        ),
        ("gkmlpt", "answer/page.json", "/gkmlpt/api/all/3085?page=1&sid=7", "/gkmlpt/api/all/3085?page=2&sid=7"),
        (
            "searchlist",
            "answer/page.json",
            "/searchList/abc?_isJson=true&page=1",
            "/searchList/abc?_isJson=true&page=2",
        ),
        (
            "jpaas",
            "answer/page.json",
            "/unit?pageId=b&paramJson=%7B%22pageNo%22%3A+1%2C+%22pageSize%22%3A+20%7D",
            "/unit?pageId=b&paramJson=%7B%22pageNo%22%3A+2%2C+%22pageSize%22%3A+20%7D",
        ),
    ],
)
def test_answers_that_are_numbered_go_on_at_the_next_number(kind, case, at, older):
    """Asked for only when a source is filled for the first time."""
    answer = replace(page((CASES / kind / case).read_bytes()), url=f"https://example.org{at}")
    reading = source(kind).read(answer, NOW)
    assert reading.older is not None
    assert reading.older.url == f"https://example.org{older}"
    empty = b"<html><datastore><totalrecord>0</totalrecord></datastore></html>" if kind == "jcms" else None
    if empty:
        assert source(kind).read(replace(answer, body=empty), NOW) == Reading(())
