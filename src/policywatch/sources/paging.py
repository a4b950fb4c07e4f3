"""The page with older entries: the link that says so, or what a page's script would make of its numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from policywatch import urls
from policywatch.model import Request
from policywatch.sources import entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selectolax.lexbor import LexborHTMLParser, LexborNode

_NEXT = re.compile(
    r"^[\[【(（←\s]*(?:下一?[页頁]|后一?页|older(?: posts)?|next(?: page)?|[›»>→]{1,2})[\s›»>→\]】)）]*$", re.IGNORECASE
)
_FIRST = frozenset("下后oOnN›»>→←[【(（")
"""What such a link begins with."""
_DIGITS = frozenset("123456789")
_LONGEST = 40
"""Characters of such a link, white space of the source included."""
_MOST_NUMBERS = 15
"""Links that are numbers, beyond which they are the days of a calendar."""
# TRS: createPageHTML(pages, this one, "index", "html", ...); the first page has no number. Variables may stand there.
_TRS = re.compile(
    r"createPageHTML\(\s*(?:['\"][^'\"]*['\"]\s*,\s*)?(?P<pages>\w+)\s*,\s*(?P<this>\w+)\s*,\s*"
    r"['\"](?P<name>[\w-]+)['\"]\s*,\s*['\"](?P<kind>\w+)['\"]"
)


def numbered(url: str, name: str, held: int, total: int | None = None) -> Request | None:
    """The next of pages that an address numbers with the parameter `name`; None after the last, or without one.

    `held` is how many entries this page holds, `total` how many there are, where the answer says it.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = query.get(name, "")
    if not number.isdigit() or not held or (total is not None and int(number) * held >= total):
        return None
    return Request(urlunsplit(parts._replace(query=urlencode(query | {name: str(int(number) + 1)}))))


def older(text: str, tree: LexborHTMLParser, base_url: str) -> Request | None:
    """What to ask for the page that goes on where this one ends; None on the last one."""
    numbers: dict[int, LexborNode] = {}
    for anchor in tree.css("a[href]"):
        said = anchor.text(deep=True)
        first = said.lstrip()[:1]
        if len(said) > _LONGEST or (first and first not in _FIRST and first not in _DIGITS):
            continue
        words = " ".join(said.split()) if first else _silent(anchor)
        if words.isdecimal():
            numbers.setdefault(int(words), anchor)
        elif _NEXT.match(words) and (url := _address(anchor, base_url)):
            return Request(url)
    marked = tree.css_first("link[rel=next], a[rel=next]")
    url = _address(marked, base_url) if marked is not None else ""
    url = url or _trs(text, base_url) or _after(numbers, base_url)
    return Request(url) if url else None


def _silent(anchor: LexborNode) -> str:
    """What a link without text says to those who do not see its picture."""
    return (anchor.attrs.get("title") or anchor.attrs.get("aria-label") or "").strip()


def _address(anchor: LexborNode, base_url: str) -> str:
    """Where a link leads, unless it is this page or nothing."""
    href = entry.address_of(anchor)
    url = urls.absolute(base_url, href) if href else ""
    return url if url and urls.canonical(url) != urls.canonical(base_url) else ""


def _trs(text: str, base_url: str) -> str:
    found = _TRS.search(text)
    if found is None:
        return ""
    pages, this = (_number(found[name], text) for name in ("pages", "this"))
    if pages is None or this is None or this + 1 >= pages:
        return ""
    return urls.absolute(base_url, f"{found['name']}_{this + 1}.{found['kind']}")


def _number(written: str, text: str) -> int | None:
    if written.isdecimal():
        return int(written)
    told = re.search(rf"\b{re.escape(written)}\s*=\s*['\"]?(\d{{1,6}})\b", text)
    return int(told[1]) if told else None


def _after(numbers: Mapping[int, LexborNode], base_url: str) -> str:
    """The page behind this one where links beside each other only number the pages."""
    if not {2, 3} <= numbers.keys() or len(numbers) > _MOST_NUMBERS or not _are_beside(numbers[2], numbers[3]):
        return ""
    places = {number: _address(anchor, base_url) for number, anchor in numbers.items()}
    if len({re.sub(r"\d+", "", url) for number, url in places.items() if number > 1 and url}) != 1:
        return ""
    # This page's own link is none.
    this = next((number for number, url in places.items() if not url), 1)
    return places.get(this + 1, "")


def _are_beside(one: LexborNode, other: LexborNode) -> bool:
    """Whether two links stand in one line of links, and not each in a row of a table."""
    for _ in range(2):
        if one.parent is None or other.parent is None:
            return False
        one, other = one.parent, other.parent
        if one.mem_id == other.mem_id:
            return True
    return False
