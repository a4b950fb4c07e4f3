"""Markup from hostile sources: to plain text, or to a small safe subset."""

from __future__ import annotations

import html as entities
import re
from typing import TYPE_CHECKING

import nh3
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|"
    r"nav|ol|option|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)\b[^<>]*>",
    re.IGNORECASE,
)
_CELL = re.compile(r"</?(?:td|th|dd|dt)\b", re.IGNORECASE)
_SILENT = ["script", "style", "noscript", "template", "iframe", "object", "svg", "math", "select", "textarea"]
_ANY_TAG = re.compile(r"<[a-zA-Z!/?]")
# A tag whose attributes hold no angle bracket. Split at these, a text keeps their names.
_TAG = re.compile(r"<(/?+[a-zA-Z][a-zA-Z0-9]*+)(?:[\s/][^<>]*+)?+>")
# Everything that XML 1.0 (fifth edition, 2.2) does not allow, and so no feed may carry.
_XML_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_URL_NOISE = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SAFE_SCHEME = re.compile(r"(?:https?://[^/]|mailto:.)", re.IGNORECASE)

ALLOWED_TAGS = {
    "a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "li", "mark", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip


_BLOCKS = {
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "mark", "q", "s", "small", "span",
    "strike", "strong", "sub", "sup", "tt", "u",
}  # fmt: skip
_STANDS_FOR = {
    side + name: standing
    for names, standing in ((_BLOCKS, "\n"), (("dd", "dt", "td", "th"), " "), (_INLINE, ""))
    for name in names
    for side in ("", "/")
}
"""What a tag leaves in a text: a line break, a space or nothing. Only of these is it the same wherever they stand."""


def plain(html: str) -> str:
    """The text of a piece of HTML: blocks on lines of their own, inline markup gone without a trace.

    Scripts, styles and comments are left out, entities decoded, white space folded. Takes any string.
    """
    if "<" not in html or not _ANY_TAG.search(html):
        text = entities.unescape(html) if "&" in html else html
        return _lines(text)
    # White space of the source means nothing in HTML; line breaks are put where blocks begin and end.
    source = html.replace("\n", " ")
    quick = _of_simple(source)
    if quick is not None:
        return _lines(quick)
    # The block tags themselves go: a tree of 100,000 nested ones would take half a minute to walk.
    source = _BLOCK.sub(lambda tag: " " if _CELL.match(tag[0]) else "\n", source)
    tree = LexborHTMLParser(source)
    tree.strip_tags(_SILENT)
    root = tree.body or tree.root
    return _lines(root.text(deep=True) if root is not None else "")


def _of_simple(source: str) -> str | None:
    """The text of markup in which nothing but well-formed common tags stands; None where a parser must look."""
    pieces = _TAG.split(source)
    try:
        pieces[1::2] = map(_STANDS_FOR.__getitem__, pieces[1::2])
    except KeyError:
        return None
    text = "".join(pieces)
    # A bracket that is left may stand in a value: `<a title="a>b">`.
    if "<" in text or ">" in text or "\x00" in text:
        return None
    return entities.unescape(text) if "&" in text else text


def inline(html: str) -> str:
    """As `plain`, on one line: for titles and names."""
    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    return " ".join(plain(html).split())


def shown(node: LexborNode) -> str:
    """The text of a parsed element, as `plain` would give it of its markup, without parsing that again.

    What lies more than 200 levels deep is left out: nobody wrote it to be read.
    """
    said: list[str] = []
    _say(node, said, 0)
    return _lines("".join(said))


def said(node: LexborNode) -> str:
    """As `shown`, on one line."""
    only = node.first_child
    if only is not None and only.tag == "-text" and only.next is None:
        return " ".join((only.text_content or "").split())
    if only is None:
        return " ".join((node.text(deep=True) or "").split())
    return " ".join(shown(node).split())


def _say(node: LexborNode, said: list[str], depth: int) -> None:
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag == "-text":
            said.append(_WHITE.sub(" ", child.text_content or ""))
        elif tag not in _UNSAID and depth < _DEEPEST:
            edge = _EDGES.get(tag, "")
            said.append(edge)
            _say(child, said, depth + 1)
            said.append(edge)


_WHITE = re.compile(r"\s+")
_DEEPEST = 200
_UNSAID = frozenset({*_SILENT, "-comment", "head"})
_SAID_APART = (
    "address", "article", "aside", "blockquote", "br", "div", "dl", "figcaption", "figure", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section", "table",
    "tbody", "tfoot", "thead", "tr", "ul",
)  # fmt: skip
_EDGES = dict.fromkeys(_SAID_APART, "\n") | dict.fromkeys(("td", "th", "dd", "dt"), " ")


def clean(html: str) -> str:
    """The HTML with an allow-list of tags and http, https and mailto links only; safe to stand in a page."""
    return nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        attribute_filter=_kept,
    )


def _kept(_tag: str, name: str, value: str) -> str | None:
    # A relative address leads somewhere else in a mail than where it came from, and `//a.example` anywhere.
    return (safe_url(value) or None) if name == "href" else value


def safe_url(url: str) -> str:
    """The address if it is http, https or mailto once disguises are stripped, else an empty string."""
    bare = _URL_NOISE.sub("", url)
    if not _SAFE_SCHEME.match(bare):
        # Only here: in an address that is one already, `&section=` must not become `§ion=`.
        bare = _URL_NOISE.sub("", entities.unescape(entities.unescape(url)))
    return bare if _SAFE_SCHEME.match(bare) else ""


def xml_safe(text: str) -> str:
    """The text without characters that XML 1.0 forbids: controls and lone surrogates."""
    # Most texts are printable throughout: known ten times as fast as by the pattern.
    return text if text.isprintable() else _XML_ILLEGAL.sub("", text)


def _lines(text: str) -> str:
    if "\n" not in text:
        return " ".join(text.split())
    lines = [" ".join(line.split()) for line in text.split("\n") if line]
    return "\n".join(filter(None, lines))
