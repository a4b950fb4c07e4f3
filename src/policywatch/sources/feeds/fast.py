"""The fast way: well-formed RSS 0.9x to 2.0, RDF and Atom 1.0 in the elements that most feeds keep to.

It says only what feedparser would say of the same document, in a small part of its time, and gives up on whatever makes
one wonder: another root, a document type, xml:base, markup inside a text field, a field that stands twice, an element
that feedparser knows and this file does not. Feedparser then decides. `tests/quality/feed_agreement.py` holds the two
together on feedparser's own test files.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree

from policywatch.sources.feeds.entry import Entry, Feed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

_ATOM = "{http://www.w3.org/2005/Atom}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_RSS_SPACES = ("{http://purl.org/rss/1.0/}", "{http://my.netscape.com/rdf/simple/0.9/}")
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_XML = "{http://www.w3.org/XML/1998/namespace}"

# What an element of an entry means. Names are feedparser's tables read backwards; IGNORED ones it keeps apart from
# what is read here. Any other element is a doubt.
_FIELDS = {
    "title": "title", "guid": "id", "pubDate": "published", "description": "summary", "author": "author",
    "source": "source", "link": "link",
    f"{_CONTENT}encoded": "content", f"{_DC}creator": "author", f"{_DC}date": "updated",
    f"{_TERMS}issued": "published", f"{_TERMS}created": "created", f"{_TERMS}modified": "updated",
    f"{_ATOM}link": "href", f"{_ATOM}updated": "updated",
}  # fmt: skip
_RSS = _FIELDS | dict.fromkeys(
    (
        "category", "comments", "enclosure",
        *(f"{_DC}{name}" for name in ("subject", "publisher", "rights", "language", "identifier", "type", "format")),
        "{http://purl.org/rss/1.0/modules/slash/}comments", "{http://purl.org/rss/1.0/modules/slash/}section",
        "{http://purl.org/rss/1.0/modules/slash/}department", "{http://purl.org/rss/1.0/modules/slash/}hit_parade",
        "{http://wellformedweb.org/CommentAPI/}commentRss", "{http://wellformedweb.org/CommentAPI/}comment",
        "{http://purl.org/syndication/thread/1.0}total", "{com-wordpress:feed-additions:1}post-id",
        "{http://rssnamespace.org/feedburner/ext/1.0}origLink", f"{_MEDIA}content", f"{_MEDIA}thumbnail",
    ), ""
)  # fmt: skip
_RDF_FIELDS = {
    f"{space}{name}": field
    for space in _RSS_SPACES
    for name, field in (("title", "title"), ("link", "link"), ("description", "summary"))
} | {name: field for name, field in _RSS.items() if name.startswith("{") and not name.startswith(_ATOM)}
_ATOM_FIELDS = {
    f"{_ATOM}{name}": field
    for name, field in {
        "title": "title", "id": "id", "published": "published", "updated": "updated", "summary": "summary",
        "content": "content", "author": "person", "link": "href", "category": "", "rights": "",
    }.items()
}  # fmt: skip
_ATOM_FIELDS |= {name: field for name, field in _RSS.items() if name[0] == "{" and not name.startswith((_ATOM, _DC))}

_RDF_ITEMS = {f"{space}item" for space in _RSS_SPACES}
_RDF_PARTS = _RDF_ITEMS | {f"{space}{name}" for space in _RSS_SPACES for name in ("channel", "image")}

_LINKS = frozenset({"link", "href"})
_TYPED = frozenset({"title", "summary", "content"})
_HTML_TYPES = {"html", "text/html"}
_TEXT_TYPES = {"text", "text/plain"}
_SINGLE = frozenset({"title", "id", "published", "updated", "created", "summary", "content", "source"})
_PLAIN_URL = re.compile(r"https?://[\w.-]+(?::\d+)?/[\w./~%+,=@-]*(?:\?[\w./~%+,=&:@-]+)?", re.ASCII)
_BARE_URL = re.compile(r"(?:https?://[^/\s&;][^\s&;]*|[^\s&;:]*)", re.IGNORECASE)
_URN = re.compile(r"(?:tag|urn):[^\s&]*", re.IGNORECASE)
_TWICE_ENCODED = re.compile("[\xc2-\xf4][\x80-\xbf]|[\x80-\x9f]")


class _DoubtError(Exception):
    """Feedparser is to decide."""


def read(text: str, url: str, most: int) -> Feed | None:
    """The feed of a document's text; None when somebody else must look. `url` is where it stands."""
    markup = text.encode("utf-8", "replace")
    if b"<!DOCTYPE" in markup or b"xml:base" in markup or _looks_encoded_twice(text, markup):
        return None
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(markup, parser)
        found = _entries(root)
        entries = tuple(islice((_entry(item, fields, url) for item, fields in found), most))
        return Feed(entries, sum(1 for _ in found)) if entries else None
    except (etree.XMLSyntaxError, _DoubtError, ValueError):
        return None


def _looks_encoded_twice(text: str, markup: bytes) -> bool:
    # Feedparser mends UTF-8 that was taken for Latin-1. The two lead bytes tell whether any such character is there.
    return (b"\xc3" in markup or b"\xc2" in markup) and _TWICE_ENCODED.search(text) is not None


def _entries(root: etree._Element) -> Iterator[tuple[etree._Element, dict[str, str]]]:
    """The document's entries, each with what its elements mean."""
    if root.get("base"):
        raise _DoubtError
    if root.tag == "rss":
        if len(root) != 1 or root[0].tag != "channel" or root[0].attrib:
            raise _DoubtError
        return _children(root[0], {"item"}, _RSS, doubts={"entry"})
    if root.tag == f"{_ATOM}feed":
        return _children(root, {f"{_ATOM}entry"}, _ATOM_FIELDS)
    if root.tag == f"{_RDF}RDF" and all(child.tag in _RDF_PARTS for child in root):
        return _children(root, _RDF_ITEMS, _RDF_FIELDS)
    raise _DoubtError


def _children(
    parent: etree._Element, names: AbstractSet[str], fields: dict[str, str], doubts: AbstractSet[str] = frozenset()
) -> Iterator[tuple[etree._Element, dict[str, str]]]:
    for child in parent:
        if child.tag in names:
            yield child, fields
        elif child.tag in doubts:
            raise _DoubtError


def _entry(item: etree._Element, fields: dict[str, str], base: str) -> Entry:
    is_atom = fields is _ATOM_FIELDS
    values = _identified(item, is_atom=is_atom)
    plain = set() if is_atom else {"title"}
    for child in item:
        field = fields.get(child.tag)  # type: ignore[arg-type]  # comments, whose tag is no string, were left out
        if field is None or (len(child) and field != "person") or (field in values and field in _SINGLE):
            raise _DoubtError
        if not field:
            continue
        if is_atom and field in _TYPED and _is_plain(child):
            plain.add(field)
        read = _READERS.get(field)
        value = read(child, base) if read else (child.text or "").strip()
        if field in _LINKS:
            # The first link that leads somewhere; what is not the article's own reads as nothing.
            value = values.get("link") or value
            field = "link"
        values[field] = value
    if not is_atom and "<" in values.get("title", ""):
        raise _DoubtError
    return _assembled(values, plain)


def _identified(item: etree._Element, *, is_atom: bool) -> dict[str, str]:
    values = {}
    for name, value in item.attrib.items():
        if name == f"{_RDF}about" and not is_atom:
            values["id"] = str(value)
        elif name != f"{_XML}lang":
            raise _DoubtError
    return values


def _assembled(values: dict[str, str], plain: set[str]) -> Entry:
    content = values.get("content")
    summary_from = "summary" if "summary" in values else "content"
    author = values.get("person") or values.get("author", "")
    return Entry(
        id=values.get("id", ""),
        link=values.get("link", ""),
        title=values.get("title", ""),
        is_title_plain="title" in plain,
        summary=values.get(summary_from, ""),
        is_summary_plain=summary_from == "summary" and "summary" in plain,
        contents=() if content is None else (content,),
        dates=tuple(date for name in ("published", "created", "updated") if (date := values.get(name))),
        publisher=values.get("source") or author,
    )


def _is_plain(text: etree._Element) -> bool:
    kind = text.attrib.get("type", "text")
    if kind not in _TEXT_TYPES | _HTML_TYPES or set(text.attrib) - {"type", f"{_XML}lang"}:
        raise _DoubtError
    return kind in _TEXT_TYPES


def _identity(identity: etree._Element, base: str) -> str:
    if set(identity.attrib) - {"isPermaLink"}:
        raise _DoubtError
    value = (identity.text or "").strip()
    return _absolute(base, value) if value and identity.attrib.get("isPermaLink", "true") == "true" else value


def _href(link: etree._Element, base: str) -> str:
    href = link.attrib.get("href")
    if href is None:
        raise _DoubtError
    return _absolute(base, str(href)) if link.attrib.get("rel", "alternate").lower() == "alternate" else ""


def _text_link(link: etree._Element, base: str) -> str:
    value = (link.text or "").strip()
    if link.attrib or "&" in value or ";" in value:
        raise _DoubtError  # feedparser takes `&amp;` out of the text once more
    return _absolute(base, value) if value else ""


def _absolute(base: str, link: str) -> str:
    if _PLAIN_URL.fullmatch(link) or _URN.fullmatch(link):
        return link
    if not _BARE_URL.fullmatch(link):
        raise _DoubtError
    return urljoin(base, link)


def _person(person: etree._Element, _base: str) -> str:
    """`name (address)`, as feedparser writes an author."""
    parts = {}
    for child in person:
        if len(child) or child.tag in parts:
            raise _DoubtError
        parts[child.tag] = (child.text or "").strip()
    if set(parts) - {f"{_ATOM}name", f"{_ATOM}email", f"{_ATOM}uri"}:
        raise _DoubtError
    name, email = parts.get(f"{_ATOM}name", ""), parts.get(f"{_ATOM}email", "")
    if not name and not email:
        raise _DoubtError
    return f"{name} ({email})" if name and email else name or email


_READERS = {"person": _person, "id": _identity, "link": _text_link, "href": _href}
