"""The page with older entries: the link that says so, or what a page's script would make of its numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from policywatch import urls
from policywatch.model import Request

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_NEXT = re.compile(r"^(?:下一?[页頁]|后一?页|older(?: posts)?|next(?: page)?|[›»>]{1,2})\s*[›»>]*$", re.IGNORECASE)
_FIRST = frozenset("下后oOnN›»>")
"""What such a link begins with."""
_LONGEST = 40
"""Characters of such a link, white space of the source included."""
# TRS: createPageHTML(pages, this one, "index", "html", ...); the first page has no number.
_TRS = re.compile(
    r"createPageHTML\(\s*(?:['\"][^'\"]*['\"]\s*,\s*)?(?P<pages>\d+)\s*,\s*(?P<this>\d+)\s*,\s*"
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
    for anchor in tree.css("a[href]"):
        said = anchor.text(deep=True)
        if len(said) > _LONGEST or said.lstrip()[:1] not in _FIRST or not _NEXT.match(" ".join(said.split())):
            continue
        href = anchor.attrs.get("href") or ""
        if not href.startswith(("#", "javascript:")):
            url = urls.absolute(base_url, href)
            if url and urls.canonical(url) != urls.canonical(base_url):
                return Request(url)
    numbered = _TRS.search(text)
    if numbered and int(numbered["this"]) + 1 < int(numbered["pages"]):
        name = f"{numbered['name']}_{int(numbered['this']) + 1}.{numbered['kind']}"
        return Request(urls.absolute(base_url, name))
    return None
