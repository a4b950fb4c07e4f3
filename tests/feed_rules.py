"""What makes a document a valid feed: rules of RFC 4287, RSS 2.0 and JSON Feed 1.1, each fault in a sentence.

Written from the three specifications: https://www.rfc-editor.org/rfc/rfc4287, https://www.rssboard.org/rss-specification
(and its profile), https://www.jsonfeed.org/version/1.1/.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from selectolax.lexbor import LexborHTMLParser

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d\d:\d\d:\d\d (?:GMT|[+-]\d{4})"
)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
DANGEROUS = "script, style, iframe, object, embed, form, input, svg, math, base, meta, link, img"


def faults(document: bytes, ending: str) -> list[str]:
    """What is wrong with a document whose address ends so."""
    return list({"atom": _atom, "rss": _rss, "json": _json}[ending](document))


# --- Atom ----------------------------------------------------------------------------------------------------------

_FEED_ONCE = {"id", "title", "updated"}
_FEED_AT_MOST_ONCE = {"subtitle", "generator", "icon", "logo", "rights"}
_FEED_OTHERS = {"author", "category", "contributor", "link", "entry"}
_ENTRY_AT_MOST_ONCE = {"content", "published", "rights", "source", "summary"}
_ENTRY_OTHERS = {"author", "category", "contributor", "link"}


def _atom(document):
    root = ET.fromstring(document)
    if root.tag != f"{ATOM}feed":
        yield f"the document is a {root.tag}"
        return
    yield from _children(root, "feed", _FEED_ONCE, _FEED_AT_MOST_ONCE, _FEED_OTHERS)
    yield from _constructs(root, "feed")
    if sum(link.get("rel") == "self" for link in root.findall(f"{ATOM}link")) != 1:
        yield "the feed does not say once where it is (4.1.1)"
    entries = root.findall(f"{ATOM}entry")
    for number, entry in enumerate(entries):
        where = f"entry {number}"
        yield from _children(entry, where, _FEED_ONCE, _ENTRY_AT_MOST_ONCE, _ENTRY_OTHERS)
        yield from _constructs(entry, where)
        if entry.find(f"{ATOM}author") is None and root.find(f"{ATOM}author") is None:
            yield f"{where} has no author (4.1.2)"
        has_alternate = any(link.get("rel", "alternate") == "alternate" for link in entry.findall(f"{ATOM}link"))
        if not has_alternate and entry.find(f"{ATOM}content") is None:
            yield f"{where} has neither content nor a link to it (4.1.2)"
    ids = [one.text for one in root.iter(f"{ATOM}id")]
    yield from _unique(ids)


def _children(element, where, once, at_most_once, others):
    counts = Counter(child.tag.removeprefix(ATOM) for child in element)
    for name in once:
        if counts[name] != 1:
            yield f"{where} has {counts[name]} {name}"
    for name in at_most_once:
        if counts[name] > 1:
            yield f"{where} has {counts[name]} {name}"
    for name in set(counts) - once - at_most_once - others:
        yield f"{where} has a {name}, which is not known here"


def _constructs(element, where):
    language = element.get(XML_LANG)
    if language is not None and not LANGUAGE.fullmatch(language):
        yield f"{where} is in the language {language!r}"
    for name in ("title", "subtitle", "summary", "rights", "content"):
        for one in element.findall(ATOM + name):
            kind = one.get("type", "text")
            if kind not in {"text", "html"}:
                yield f"{where}: the {name} is {kind}"
            if len(one):
                yield f"{where}: the {name} has children (3.1.1)"
            if kind == "html":
                yield from _markup(one.text or "", f"{where}: the {name}")
    for name in ("updated", "published"):
        for one in element.findall(ATOM + name):
            yield from _rfc_3339(one.text, f"{where}: {name}")
    for person in [*element.findall(f"{ATOM}author"), *element.findall(f"{ATOM}contributor")]:
        if [child.tag for child in person].count(f"{ATOM}name") != 1 or not person.findtext(f"{ATOM}name"):
            yield f"{where} has a person without a name (3.2)"
    for one in element.findall(f"{ATOM}id"):
        yield from _absolute(one.text, f"{where}: id")
    alternates = Counter()
    for link in element.findall(f"{ATOM}link"):
        yield from _absolute(link.get("href"), f"{where}: link")
        if link.get("rel", "alternate") == "alternate":
            alternates[link.get("type"), link.get("hreflang")] += 1
    if any(count > 1 for count in alternates.values()):
        yield f"{where} has two links of one kind (4.1.1)"
    if any(not category.get("term") for category in element.findall(f"{ATOM}category")):
        yield f"{where} has a category without a term (4.2.2)"


# --- RSS -----------------------------------------------------------------------------------------------------------

_CHANNEL = {
    "title", "link", "description", "language", "copyright", "managingEditor", "webMaster", "pubDate", "lastBuildDate",
    "category", "generator", "docs", "cloud", "ttl", "image", "textInput", "skipHours", "skipDays", "item",
}  # fmt: skip
_ITEM = {"title", "link", "description", "author", "category", "comments", "enclosure", "guid", "pubDate", "source"}
_REPEATED = {"category", "item", "enclosure"}


def _rss(document):
    root = ET.fromstring(document)
    if root.tag != "rss" or root.get("version") != "2.0" or [child.tag for child in root] != ["channel"]:
        yield "the document is no RSS 2.0 with one channel"
        return
    channel = root[0]
    yield from _known(channel, _CHANNEL, "the channel")
    for name in ("title", "link", "description"):
        if not (channel.findtext(name) or "").strip():
            yield f"the channel has no {name}"
    yield from _absolute(channel.findtext("link"), "the channel: link")
    yield from _plain(channel.findtext("title"), "the channel: title")
    if channel.find("language") is not None and not LANGUAGE.fullmatch(channel.findtext("language") or ""):
        yield "the channel's language is none"
    links = [link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if len(links) != 1:
        yield "the channel does not say once where it is"
    for link in links:
        yield from _absolute(link.get("href"), "the channel: atom:link")
    for name in ("pubDate", "lastBuildDate"):
        for one in channel.findall(name):
            yield from _rfc_822(one.text, f"the channel: {name}")
    items = channel.findall("item")
    for number, item in enumerate(items):
        yield from _item(item, f"item {number}")
    yield from _unique([item.findtext("guid") for item in items])


def _item(item, where):
    yield from _known(item, _ITEM, where)
    if not item.findtext("title") and not item.findtext("description"):
        yield f"{where} has neither title nor description"
    if item.find("author") is not None and "@" not in (item.findtext("author") or ""):
        yield f"{where}: the author is no mail address"
    if not item.findtext(f"{DC}creator") and item.find("author") is None:
        yield f"{where} has no author"
    if item.find(f"{CONTENT}encoded") is not None and item.find("description") is None:
        yield f"{where} has content without a description"
    yield from _plain(item.findtext("title"), f"{where}: title")
    for name in ("description", f"{CONTENT}encoded"):
        yield from _markup(item.findtext(name) or "", f"{where}: {name}")
    for one in item.findall("link"):
        yield from _absolute(one.text, f"{where}: link")
    for one in item.findall("pubDate"):
        yield from _rfc_822(one.text, f"{where}: pubDate")
    for one in item.findall(f"{ATOM}updated"):
        yield from _rfc_3339(one.text, f"{where}: atom:updated")
    for one in item.findall("guid"):
        if one.get("isPermaLink", "true") != "false" and not re.match("https?://[^/]", one.text or ""):
            yield f"{where}: the guid {one.text!r} cannot be opened"
    if any(not (category.text or "").strip() for category in item.findall("category")):
        yield f"{where} has an empty category"


def _known(element, names, where):
    counts = Counter(child.tag for child in element)
    for name, count in counts.items():
        if not name.startswith("{") and name not in names:
            yield f"{where} has a {name}, which is not known here"
        if count > 1 and name not in _REPEATED:
            yield f"{where} has {count} {name}"


# --- JSON Feed -----------------------------------------------------------------------------------------------------

_TOP = {
    "version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url", "icon", "favicon",
    "authors", "language", "expired", "hubs", "items",
}  # fmt: skip
_ENTRY = {
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "banner_image",
    "date_published", "date_modified", "authors", "tags", "language", "attachments",
}  # fmt: skip


def _json(document):
    feed = json.loads(document)
    if not isinstance(feed, dict) or feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield "the document is no JSON Feed 1.1"
        return
    yield from (f"the feed has {key}, which is not known" for key in feed if key not in _TOP and key[:1] != "_")
    if not isinstance(feed.get("title"), str) or not feed["title"]:
        yield "the feed has no title"
    for key in ("home_page_url", "feed_url"):
        yield from _absolute(feed.get(key), key)
    if "language" in feed and not LANGUAGE.fullmatch(feed["language"]):
        yield "the feed's language is none"
    yield from _authors(feed.get("authors", []), "the feed")
    items = feed.get("items")
    if not isinstance(items, list):
        yield "the feed has no list of items"
        return
    for number, item in enumerate(items):
        where = f"item {number}"
        yield from (f"{where} has {key}, which is not known" for key in item if key not in _ENTRY and key[:1] != "_")
        if not isinstance(item.get("id"), str) or not item["id"]:
            yield f"{where} has no id that is a string"
        if not any(isinstance(item.get(key), str) for key in ("content_html", "content_text")):
            yield f"{where} has no content"
        yield from _markup(item.get("content_html", ""), f"{where}: content_html")
        if "url" in item:
            yield from _absolute(item["url"], f"{where}: url")
        for key in ("date_published", "date_modified"):
            if key in item:
                yield from _rfc_3339(item[key], f"{where}: {key}")
        if not item.get("authors") and not feed.get("authors"):
            yield f"{where} has no author"
        yield from _authors(item.get("authors", []), where)
        if any(not isinstance(tag, str) or not tag for tag in item.get("tags", [])):
            yield f"{where} has an empty tag"
    yield from _unique([item.get("id") for item in items])


def _authors(authors, where):
    for author in authors:
        if not any(author.get(key) for key in ("name", "url", "avatar")):
            yield f"{where} has an author without a name"


# --- what the formats share ----------------------------------------------------------------------------------------


def _absolute(url, where):
    parts = urlsplit(url or "")
    if not (parts.scheme == "urn" or (parts.scheme in {"http", "https"} and parts.hostname)):
        yield f"{where}: {url!r} is not absolute"


def _rfc_3339(text, where):
    try:
        if not RFC_3339.fullmatch(text or "") or datetime.fromisoformat(text).tzinfo is None:
            yield f"{where}: {text!r} is no date of RFC 3339"
    except ValueError:
        yield f"{where}: {text!r} is a day that never was"


def _rfc_822(text, where):
    try:
        is_date = bool(RFC_822.fullmatch(text or "")) and f"{parsedate_to_datetime(text):%a}" == text[:3]
    except (TypeError, ValueError):
        is_date = False
    if not is_date:
        yield f"{where}: {text!r} is no date of RFC 822"


def _unique(ids):
    for one, count in Counter(ids).items():
        if count > 1 or not one:
            yield f"{count} entries are called {one!r}"


def _plain(title, where):
    """A title has no markup, for a reader that takes it for HTML."""
    tree = LexborHTMLParser(f"<p id=it>{title or ''}</p>")
    if tree.css("#it *") or tree.css("body > :not(#it)"):
        yield f"{where}: {title!r} is markup"


def _markup(html, where):
    tree = LexborHTMLParser(html)
    for node in tree.css(f"body :is({DANGEROUS}), head :is({DANGEROUS})"):
        yield f"{where} has a {node.tag}"
    for node in tree.css("body *"):
        for name, value in node.attributes.items():
            if name.startswith("on") or name == "style":
                yield f"{where} has {name}={value!r}"
            if name in {"href", "src"} and not re.match(r"https?://[^/]|mailto:", value or ""):
                yield f"{where} links to {value!r}"
