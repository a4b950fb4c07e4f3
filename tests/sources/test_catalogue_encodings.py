"""Encodings of feeds and pages (tests 29 to 31 of the catalogue): what was written comes out, character for character."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from policywatch.model import Page
from policywatch.sources.base import SourceSpec, build
from policywatch.text.decode import decode

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SIMPLIFIED = "国务院办公厅关于加快量子科技和人形机器人发展的通知，现印发给你们，请认真贯彻执行。"
TEXTS = {
    "gb2312": SIMPLIFIED,
    "gbk": SIMPLIFIED + "朱镕基、喆、堃",
    "gb18030": SIMPLIFIED + "镕㐂𠮷€",
    "big5": "經濟部表示，將推動腦機介面與量子電腦的發展，並在今年內公布時程，各界可以提出意見。",
    "shift_jis": "経済産業省は、量子技術と人型ロボットの開発について、今年度の計画を発表しました。",
    "euc-kr": "산업통상자원부는 양자 기술과 휴머노이드 로봇의 개발 계획을 올해 안에 발표한다고 밝혔다.",
    "utf-8": SIMPLIFIED + "𠮷😀é",
    "utf-16": SIMPLIFIED + "𠮷",
    "utf-16-le": SIMPLIFIED,
    "utf-16-be": SIMPLIFIED,
}
NAMES = {"gb2312": "GB2312", "gbk": "GBK", "shift_jis": "Shift_JIS", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}


def feed(text: str, declared: str = "") -> str:
    declaration = f'<?xml version="1.0"{f" encoding={chr(34)}{declared}{chr(34)}" if declared else ""}?>\n'
    item = f"<item><title>{text}</title><link>http://example.org/1</link></item>"
    return f'{declaration}<rss version="2.0"><channel><title>x</title>{item}</channel></rss>'


def page(text: str, declared: str) -> str:
    return f'<html><head><meta charset="{declared}"><title>x</title></head><body><p>{text}</p></body></html>'


def old_page(text: str, declared: str) -> str:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">'
    return f"<html><head>{meta}</head><body><p>{text}</p></body></html>"


def read(body: bytes, content_type: str) -> list[str]:
    source = build(SourceSpec(id="it", kind="feed", url="http://example.org/feed"))
    found = source.read(Page("http://example.org/feed", 200, {"content-type": content_type}, body, NOW), NOW)
    return [item.title for item in found.items]


FEEDS = [
    (encoding, way, feed(text, declared).encode(encoding), header)
    for encoding, text in TEXTS.items()
    for name in [NAMES.get(encoding, encoding)]
    for way, declared, header in (
        ("HTTP charset", "", f"application/rss+xml; charset={name}"),
        ("XML declaration", name, "application/rss+xml"),
        ("both", name, f'text/xml; charset="{name.lower()}"'),
        # A server that calls everything by one name is more common than a wrong declaration.
        ("declaration against the header", name, "text/xml; charset=iso-8859-1"),
    )
]
PAGES = [
    (encoding, way, made.encode(encoding), header)
    for encoding, text in TEXTS.items()
    for name in [NAMES.get(encoding, encoding)]
    for way, made, header in (
        ("meta charset", page(text, name), "text/html"),
        ("meta http-equiv", old_page(text, name.upper()), "text/html"),
    )
]


def test_029_there_are_sixty_cases():
    assert len(FEEDS) + len(PAGES) == 60


@pytest.mark.parametrize(("encoding", "way", "body", "header"), FEEDS, ids=lambda value: str(value)[:30])
def test_029_a_feed_comes_out_as_written(encoding, way, body, header):
    assert read(body, header) == [TEXTS[encoding]]


@pytest.mark.parametrize(("encoding", "way", "body", "header"), PAGES, ids=lambda value: str(value)[:30])
def test_029_a_page_comes_out_as_written(encoding, way, body, header):
    assert f"<p>{TEXTS[encoding]}</p>" in decode(body, header)


@pytest.mark.parametrize("header", ["text/xml", "text/xml; charset=utf-8", "text/xml; charset=iso-8859-1"])
@pytest.mark.parametrize("declared", ["utf-8", "gb2312", ""])
def test_029_gbk_bytes_are_read_as_gb18030_whatever_is_declared(declared, header):
    assert read(feed(SIMPLIFIED, declared).encode("gbk"), header) == [SIMPLIFIED]


@pytest.mark.parametrize("declared", ["gb2312", "gbk", "big5", "windows-1252"])
def test_029_utf_8_is_read_as_utf_8_whatever_is_declared(declared):
    assert read(feed(SIMPLIFIED, declared).encode(), f"text/xml; charset={declared}") == [SIMPLIFIED]


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3\x28", b"\xe9\x87", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"])
def test_030_invalid_bytes_in_one_item_leave_the_others_exact(bad):
    items = [f"<item><title>{SIMPLIFIED}{at}</title><guid>{at}</guid></item>".encode() for at in range(8)]
    items[3] = items[3].replace(b"</title>", bad + b"</title>")
    body = b'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>' + b"".join(items) + b"</channel></rss>"
    titles = read(body, "text/xml; charset=utf-8")
    assert [title for at, title in enumerate(titles) if at != 3] == [f"{SIMPLIFIED}{at}" for at in range(8) if at != 3]
    assert titles[3].replace("\ufffd", "").removesuffix("(") == f"{SIMPLIFIED}3"
    assert "\ufffd" in titles[3]


FORBIDDEN = [*map(chr, range(9)), "\x0b", "\x0c", *map(chr, range(0x0E, 0x20)), "\ufffe", "\uffff"]


@pytest.mark.parametrize("odd", FORBIDDEN, ids=lambda one: f"U+{ord(one):04X}")
@pytest.mark.parametrize("place", ["title", "description", "author", "guid"])
def test_031_what_xml_forbids_costs_the_character_and_nothing_else(odd, place):
    text = feed("量子").replace(
        "</item>", "<description>说明</description><author>作者</author><guid isPermaLink='false'>号1</guid></item>"
    )
    broken = text.replace(f"</{place}></item>" if place == "guid" else f"</{place}><", f"{odd}</{place}><", 2)
    broken = broken.replace(f"</{place}></item>", f"{odd}</{place}></item>")
    assert odd in broken
    source = build(SourceSpec(id="it", kind="feed", url="http://example.org/feed"))
    (item,) = source.read(Page("http://example.org/feed", 200, {}, broken.encode(), NOW), NOW).items
    assert (item.title, item.summary, item.publisher, item.key) == ("量子", "说明", "作者", "号1")
