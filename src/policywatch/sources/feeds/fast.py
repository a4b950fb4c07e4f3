"""The fast way: well-formed RSS 0.9x to 2.0, RDF and Atom 1.0 in the elements that most feeds keep to.

It says only what feedparser would say of the same document, in a small part of its time, and gives up on whatever makes
one wonder: another root, a document type, xml:base, markup inside a text field, a field that stands twice, an element
that feedparser knows and this file does not. Feedparser then decides. `tests/quality/feed_agreement.py` holds the two
together on feedparser's own test files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

# The parser that feedparser has, so that both take the same documents for well-formed. No document type comes to it.
from xml.etree import ElementTree as ET

from policywatch.sources.feeds.entry import Entry, Feed

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    _Fields = dict[str, tuple[str, Callable[[ET.Element, str], str] | None]]
    """By element: its field, and what reads it where it is not just text."""

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

_SINGLE = frozenset({"title", "id", "published", "updated", "created", "summary", "content", "source"})
_LINKS = frozenset({"link", "href"})
_TYPED = frozenset({"title", "summary", "content"})
_HTML_TYPES = frozenset({"html", "text/html"})
_TEXT_TYPES = frozenset({"text", "text/plain"})
_TEXT_ATTRIBUTES = frozenset({"type", f"{_XML}lang"})
_PLAIN_URL = re.compile(r"https?://[\w.-]++(?::\d++)?/[\w./~%+,=@-]*+(?:\?[\w./~%+,=&:@-]++)?", re.ASCII)
_BARE_URL = re.compile(r"(?:https?://[^/\s&;][^\s&;]*|[^\s&;:]*)", re.IGNORECASE)
_URN = re.compile(r"(?:tag|urn):[^\s&]*", re.IGNORECASE)
# UTF-8 of UTF-8 that was taken for Latin-1. Patterns that begin with one byte are the fastest.
_TWICE_ENCODED = re.compile(rb"\xc3[\x82-\xb4]\xc2")
_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")


class _DoubtError(Exception):
    """Feedparser is to decide."""


def read(markup: bytes, url: str, most: int) -> Feed | None:
    """The feed of a document in UTF-8; None when somebody else must look. `url` is where it stands.

    What claims another encoding within itself is taken for UTF-8 all the same.
    """
    if b"<!DOCTYPE" in markup or b"xml:base" in markup:
        return None
    # Feedparser mends what was encoded twice.
    if _TWICE_ENCODED.search(markup) or _CONTROL.search(markup):
        return None
    try:
        root = ET.fromstring(markup, ET.XMLParser(encoding="utf-8"))  # noqa: S314 - what an entity could do needs a document type
        found, fields = _entries(root)
        entries = tuple([_entry(item, fields, url) for item in found[:most]])
        return Feed(entries, len(found) - len(entries)) if entries else None
    except (ET.ParseError, _DoubtError, ValueError):
        return None


def _entries(root: ET.Element) -> tuple[list[ET.Element], _Fields]:
    """The document's entries, and what their elements mean."""
    if "base" in root.attrib:
        raise _DoubtError
    if root.tag == "rss":
        if len(root) != 1 or root[0].tag != "channel" or root[0].attrib or root[0].find("entry") is not None:
            raise _DoubtError
        return root[0].findall("item"), _READ_RSS
    if root.tag == f"{_ATOM}feed":
        return root.findall(f"{_ATOM}entry"), _READ_ATOM
    if root.tag == f"{_RDF}RDF" and all(child.tag in _RDF_PARTS for child in root):
        return [child for child in root if child.tag in _RDF_ITEMS], _READ_RDF
    raise _DoubtError


def _entry(item: ET.Element, fields: _Fields, base: str) -> Entry:
    is_atom = fields is _READ_ATOM
    values = _identified(item, is_atom=is_atom) if item.attrib else {}
    plain = set() if is_atom else {"title"}
    for child in item:
        known = fields.get(child.tag)
        if known is None:
            raise _DoubtError
        field, read = known
        if (len(child) and field != "person") or (field in values and field in _SINGLE):
            raise _DoubtError
        if not field:
            continue
        if is_atom and field in _TYPED and (not child.attrib or _is_plain(child.attrib)):
            plain.add(field)
        if read is None:
            values[field] = (child.text or "").strip()
            continue
        value = read(child, base)
        if field in _LINKS:
            # The first link that leads somewhere; what is not the article's own reads as nothing.
            value = values.get("link") or value
            field = "link"
        values[field] = value
    if not is_atom and "<" in values.get("title", ""):
        raise _DoubtError
    return _assembled(values, plain)


def _identified(item: ET.Element, *, is_atom: bool) -> dict[str, str]:
    values = {}
    for name, value in item.attrib.items():
        if name == f"{_RDF}about" and not is_atom:
            values["id"] = value
        elif name != f"{_XML}lang":
            raise _DoubtError
    return values


def _assembled(values: dict[str, str], plain: AbstractSet[str]) -> Entry:
    get = values.get
    content = get("content")
    summary_from = "summary" if "summary" in values else "content"
    return Entry(
        get("id", ""),
        get("link", ""),
        get("title", ""),
        "title" in plain,
        get(summary_from, ""),
        summary_from == "summary" and "summary" in plain,
        () if content is None else (content,),
        tuple(filter(None, (get("published"), get("created"), get("updated")))),
        get("source") or get("person") or get("author", ""),
    )


def _is_plain(attributes: dict[str, str]) -> bool:
    kind = attributes.get("type", "text")
    is_plain = kind in _TEXT_TYPES
    if not (is_plain or kind in _HTML_TYPES) or not attributes.keys() <= _TEXT_ATTRIBUTES:
        raise _DoubtError
    return is_plain


def _identity(identity: ET.Element, base: str) -> str:
    attributes = identity.attrib
    value = (identity.text or "").strip()
    if attributes and attributes.keys() != {"isPermaLink"}:
        raise _DoubtError
    return _absolute(base, value) if value and attributes.get("isPermaLink", "true") == "true" else value


def _href(link: ET.Element, base: str) -> str:
    href = link.get("href")
    if href is None:
        raise _DoubtError
    return _absolute(base, href) if link.get("rel", "alternate").lower() == "alternate" else ""


def _text_link(link: ET.Element, base: str) -> str:
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


def _person(person: ET.Element, _base: str) -> str:
    """`name (address)`, as feedparser writes an author."""
    parts = {}
    for child in person:
        if len(child) or child.tag in parts:
            raise _DoubtError
        parts[child.tag] = (child.text or "").strip()
    if not parts.keys() <= _PERSON:
        raise _DoubtError
    name, email = parts.get(_NAME, ""), parts.get(_EMAIL, "")
    if not name and not email:
        raise _DoubtError
    return f"{name} ({email})" if name and email else name or email


_NAME, _EMAIL = f"{_ATOM}name", f"{_ATOM}email"
_PERSON = frozenset({_NAME, _EMAIL, f"{_ATOM}uri"})
_READERS = {"person": _person, "id": _identity, "link": _text_link, "href": _href}
_READ_RSS, _READ_RDF, _READ_ATOM = (
    {name: (field, _READERS.get(field)) for name, field in fields.items()}
    for fields in (_RSS, _RDF_FIELDS, _ATOM_FIELDS)
)
