"""Hostile markup in every field of a feed, on its way to mails, pages and feeds (tests 38 to 40 of the catalogue).

The real chain: a feed is read, brought into shape and matched; the story is mailed, listed and published. Every page that
comes out is parsed by html5lib, as a browser would, and may hold nothing that acts and no address but safe ones.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import html5lib
import pytest

import webs
from digests_samples import SLOT, digest, renderer, subscription
from feed_samples import written
from policywatch import errors
from policywatch.articles.normalise import normalise
from policywatch.digests.feeds import issues, stories
from policywatch.digests.status import NextDigest, StatusView
from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher
from policywatch.model import Coverage, FailedSource, Page, SilentSource, SourceStatus, Story, TextState
from policywatch.sources.base import SourceSpec, build
from policywatch.text.html import clean, safe_url

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CHINA = ZoneInfo("Asia/Shanghai")
URL = "https://example.org/feed"
LIST = "量子科技"
RENDER = renderer()
XHTML = "{http://www.w3.org/1999/xhtml}"
ACTIVE = {
    "script", "form", "input", "button", "select", "textarea", "svg", "math", "iframe", "frame", "object", "embed", "applet",
    "base", "img", "video", "audio", "source", "template", "noscript", "marquee", "isindex",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|([nt0]))")


def payloads() -> list[str]:
    path = Path(__file__).parents[1] / "data" / "hostile" / "markup.txt"
    lines = path.read_text(encoding="utf-8").split("\n")
    return [
        _ESCAPE.sub(
            lambda found: chr(int(found[1], 16)) if found[1] else {"n": "\n", "t": "\t", "0": "\0"}[found[2]], line
        )
        for line in lines
        if line and not line.startswith("# ")
    ]


PAYLOADS = payloads()


def document(payload: str, form: str) -> bytes:
    """A feed with the payload in every field; `form` says how it is written there."""
    text = payload.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = {"escaped": text, "cdata": f"<![CDATA[{payload.replace(']]>', ']]]]><![CDATA[>')}]]>", "bare": payload}[form]
    attribute = payload.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
        f"<title>{text}</title><item><title>量子科技 {text}</title><link>https://example.org/{text}</link><guid>{text}</guid>"
        f"<author>{text}</author><category>{text}</category><description>{text} 量子科技</description>"
        f"<content:encoded>量子科技的发展。{text} 正文还没有完。</content:encoded>"
        f'<enclosure url="{attribute}" type="{attribute}" length="1"/></item></channel></rss>'
    ).encode("utf-8", "replace")


def told(payload: str, form: str) -> Story | None:
    """The story that the chain makes of the feed; None when it is no feed at all, or broken before its first entry."""
    source = build(SourceSpec(id="it", kind="feed", url=URL))
    try:
        reading = source.read(Page(URL, 200, {"content-type": "text/xml"}, document(payload, form), NOW), NOW)
    except errors.ParseError:
        return None
    if not reading.items:
        return None
    article = normalise(reading.items[0], source="it", now=NOW, text_state=TextState.COMPLETE)
    matcher = Matcher([WatchlistSpec.model_validate({"name": LIST, "any": [LIST]})])
    hits = matcher.match(article.original_title, article.original_body, article.publisher)
    return Story(
        id=1, article=1, title=article.title, url=article.url, source="it", source_name=payload, publisher=article.publisher,
        published=NOW, first_seen=NOW, text_state=article.text_state, was_repaired=False, hits=hits,
    )  # fmt: skip


def faults(html: str, *, styles: int = 0, remote: bool = False) -> list[str]:
    """What in a page acts, or leads where no link may lead."""
    found = []
    seen_styles = 0
    for node in html5lib.parse(html, namespaceHTMLElements=False).iter():
        name = node.tag.rsplit("}", 1)[-1] if isinstance(node.tag, str) else ""
        seen_styles += name == "style"
        if name in ACTIVE or (isinstance(node.tag, str) and "}" in node.tag and XHTML not in node.tag):
            found.append(f"element {name}")
        if name == "link" and not remote:
            found.append("element link")
        if name == "meta" and node.get("http-equiv", "").lower() == "refresh":
            found.append("meta refresh")
        for named, value in node.attrib.items():
            attribute = str(named).lower()
            if attribute.startswith("on"):
                found.append(f"{name} {attribute}")
            if attribute in {"href", "src", "action", "formaction", "background", "srcset", "xlink:href", "ping"}:
                scheme = urlsplit(value.strip()).scheme.lower()
                is_own = not scheme and value.startswith(("/", "#", "static/")) and not value.startswith("//")
                if not is_own and scheme not in {"http", "https", "mailto", "cid"}:
                    found.append(f"{name} {attribute}={value!r}")
            if attribute == "style" and ("url(" in value.lower() or "expression" in value.lower()):
                found.append(f"{name} style={value!r}")
    if seen_styles > styles:
        found.append("element style")
    return found


def test_the_check_sees_what_it_looks_for():
    assert faults("<p onclick=x><a href='java\nscript:x'>y</a><svg/><style></style><img src=x>")
    assert not faults("<p><a href='https://a.example/'>y</a><a href='mailto:a@b.example'>z</a>")
    assert len(PAYLOADS) >= 100
    assert "\x00" in "".join(PAYLOADS)
    assert "\u202e" in "".join(PAYLOADS)


@pytest.mark.parametrize("form", ["escaped", "cdata", "bare"])
@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[1:50])
def test_038_nothing_that_a_feed_writes_acts_in_mails_pages_or_feeds(payload, form):
    one = told(payload, form)
    if one is None:
        return
    failed, silent = FailedSource(payload, "", payload), SilentSource(payload, None)
    shown = digest([one], coverage=Coverage(1, (failed,), (silent,)), lists=(LIST,))
    mail = RENDER.render(shown, "zh-CN")
    assert faults(mail.html, styles=1) == []
    assert "\r" not in mail.subject + one.title
    assert "\n" not in mail.subject + one.title
    words = RENDER.catalogue("zh-CN")
    listed = stories.of_watchlist(LIST, [(one, NOW)], words, CHINA)
    mailed = issues.of_subscription(subscription(), [issues.issue("slot", SLOT, mail)], words)
    for feed in (listed, mailed):
        for ending in ("atom", "rss", "json"):
            published = written(feed, ending)
            for markup in _markup(published, ending):
                assert faults(markup) == []


def _markup(published: bytes, ending: str) -> list[str]:
    """What a reader of a feed would show as HTML."""
    if ending == "json":
        entries = json.loads(published)["items"]
        return [entry.get("content_html", "") for entry in entries]
    root = ET.fromstring(published)
    names = ("content", "summary", "description", "encoded", "title")
    assert all(
        urlsplit((node.text or node.get("href") or "https:").strip()).scheme in {"http", "https"}
        for node in root.iter()
        if node.tag.rsplit("}", 1)[-1] == "link"
    )
    # A title may be shown as HTML, too: many readers do.
    return [
        node.text or ""
        for node in root.iter()
        if node.tag.rsplit("}", 1)[-1] in names and node.get("type", "html") == "html"
    ]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[1:50])
def test_038_nothing_acts_on_the_pages_of_today_and_the_sources(payload):
    def view(text: str) -> StatusView:
        source = SourceStatus("it", text, "feed", text, failures=2, last_error=text)
        return StatusView(NOW, CHINA, sources=[source], digests=[NextDigest(text, NOW)], outbox={text: 1})

    assert faults(webs.today(view(payload)), remote=True) == []
    # The row has a picture of its own, and one only.
    assert faults(webs.sources(view("harmless")), remote=True) == ["element svg", "element path"]
    assert faults(webs.sources(view(payload)), remote=True) == ["element svg", "element path"]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[1:50])
def test_038_cleaned_html_is_clean_when_it_is_parsed_again(payload):
    once = clean(payload)
    assert faults(once) == []
    assert faults(html5lib.serialize(html5lib.parseFragment(once))) == []
    assert clean(once) == once


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[1:50])
def test_039_a_link_leads_to_a_page_or_is_no_link(payload):
    link = re.search(r"""(?:href|src|data|url|action)=["']?([^"'>]*)""", payload)
    escaped = (link[1] if link else payload).replace("&", "&amp;").replace("<", "&lt;")
    body = document("x", "bare").replace(b"https://example.org/x", escaped.encode("utf-8", "replace"))
    source = build(SourceSpec(id="it", kind="feed", url=URL))
    for item in source.read(Page(URL, 200, {}, body, NOW), NOW).items:
        assert item.url == "" or urlsplit(item.url).scheme in {"http", "https"}
        assert safe_url(item.url) == item.url


def test_040_no_picture_of_an_article_is_in_a_mail():
    payload = "<p>量子科技</p><img src='https://a.example/pixel.gif' width=1 height=1><div style='background:url(https://a.example/b)'>x</div>"
    one = told(payload, "cdata")
    assert one is not None
    mail = RENDER.render(
        digest([replace(one, source_name="示例", url="https://example.org/1")], coverage=Coverage(), lists=(LIST,)),
        "zh-CN",
    )
    assert "a.example" not in mail.html
    assert "pixel" not in mail.html
