"""The files that an article's page offers: their names, addresses and types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from policywatch import urls
from policywatch.model import Attachment
from policywatch.text import html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser, LexborNode

TYPES = frozenset({
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "wps", "et", "dps", "ofd", "rtf", "csv", "ceb", "zip", "rar",
    "7z",
})  # fmt: skip
"""Endings of files that are read as documents; ofd, wps, et, dps and ceb are Chinese offices' own."""
MOST = 50
"""Of one page; what is beyond is no article's."""
_ENDING = re.compile(r"\.(?P<type>[A-Za-z0-9]{2,4})$")
_OUTSIDE = frozenset({"nav", "footer", "aside"})
_SAYS_NOTHING = re.compile(
    r"^[\[【(（]?\s*(?:附件|文件|点击|點擊|立即|在线|在線|全文|原文|pdf|word)?\s*(?:下[载載]|查看|预览|預覽|浏览|download|view)?"
    r"(?:附件|文件)?\s*[\]】)）]?$",
    re.IGNORECASE,
)
_NAMES_ITSELF = re.compile(r"^\s*附\s*[件表录]\s*(?:[0-9一二三四五六七八九十]+|[:：.、])")
_DOWNLOADS = re.compile(r"down(?:load|file)|attach|fujian", re.IGNORECASE)
_SHOWN_IN_PAGE = {"iframe": "src", "embed": "src", "object": "data"}


def found(tree: LexborHTMLParser, base_url: str) -> tuple[Attachment, ...]:
    """The page's files in its order, each address once. To be asked before frames are taken out of the tree."""
    kept: dict[str, Attachment] = {}
    if tree.body is None:
        return ()
    for node in tree.body.css("a[href], iframe[src], embed[src], object[data]"):
        one = _one(node, base_url)
        if one is not None and one.url not in kept and not any(above.tag in _OUTSIDE for above in _above(node)):
            kept[one.url] = one
        if len(kept) >= MOST:
            break
    return tuple(kept.values())


def _one(node: LexborNode, base_url: str) -> Attachment | None:
    written = node.attributes.get(_SHOWN_IN_PAGE.get(node.tag or "", "href")) or ""
    url = urls.absolute(base_url, _shown_in_viewer(written))
    if not url or urlsplit(url).scheme not in {"http", "https"}:
        return None
    text = "" if node.tag in _SHOWN_IN_PAGE else html.inline(node.html or "")
    file_name = _file_name(url)
    kind = _type(file_name) or (node.tag == "a" and _type(text)) or ""
    if not kind and not (_NAMES_ITSELF.match(text) and _DOWNLOADS.search(url)):
        return None
    given = html.inline(node.attributes.get("title") or "")
    names = (text, given, _before(node), file_name)
    name = next((one for one in names if one and not _SAYS_NOTHING.match(one)), text or file_name)
    return Attachment(name[:200], url, kind)


def _shown_in_viewer(address: str) -> str:
    """The file that a page's viewer (pdf.js) is told to show."""
    for name, value in parse_qsl(urlsplit(address).query) if "?" in address else ():
        if name.lower() == "file" and _type(value):
            return value
    return address


def _file_name(url: str) -> str:
    """The last part of the address, or the value of its query that is a file's name."""
    try:
        parts = urlsplit(url)
        values = [value for _, value in parse_qsl(parts.query)]
    except ValueError:
        return ""
    places = [unquote(parts.path).rsplit("/", 1)[-1], *(value.rsplit("/", 1)[-1] for value in values)]
    return next((place for place in places if _type(place)), "")


def _type(name: str) -> str:
    ending = _ENDING.search(name.strip())
    kind = ending["type"].lower() if ending else ""
    return kind if kind in TYPES else ""


def _before(node: LexborNode) -> str:
    """What stands before a link that only says 下载, in the same line."""
    parent = node.parent
    if parent is None or parent.tag not in {"p", "li", "td", "div", "span", "dd"}:
        return ""
    line = html.inline(parent.html or "")
    said = html.inline(node.html or "")
    return line.split(said)[0].strip(" :：-—　") if said and len(line) <= 200 else ""


def _above(node: LexborNode) -> Iterator[LexborNode]:
    at = node.parent
    while at is not None:
        yield at
        at = at.parent
