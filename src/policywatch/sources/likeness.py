"""How much a group of links looks like the list of articles, and not like a menu, a hot list or friendly links."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.sources.lists import Entry

MANY = 6
"""Entries that make a list for certain."""
FEW = 3
"""Entries that make a list where nothing else says so."""
_LABEL = 7
"""Characters: the mean length of links below which they are a menu's, unless dates stand beside them."""


def worth(entries: Sequence[Entry], base_url: str) -> float:
    """How much a group looks like the list of articles."""
    count = len(entries)
    host = _site(base_url)
    near = sum(_site(one.url) == host for one in entries) / count
    dated = sum(one.published is not None for one in entries) / count
    numbered = sum(_is_article_url(one.url) for one in entries) / count
    length = sum(min(len(one.title), 40) for one in entries) / count
    if count < FEW and dated < 1:
        return 0
    if dated < 0.5 and (length < _LABEL or near < 0.5):
        return 0
    if dated < 0.5 and numbered < 0.5 and (count < MANY + 2 or length < 12):
        return 0
    # Dates decide; then addresses of articles, titles of a sentence's length, and the page's own site.
    likeness = 0.15 + 2.0 * dated + 0.5 * numbered + 0.3 * near
    if is_others(caption(entries)):
        likeness *= 0.3
    # What a page is about it says at length: headings and summaries, where its other lists have bare lines.
    if sum(_is_heading(one) for one in entries) >= 0.8 * count:
        likeness *= 1.3
    if sum(one.beside for one in entries) >= _SUMMARY * count:
        likeness *= 1.25
    return float(min(count, 40) ** 0.8 * likeness * min(1.0, length / 16) ** 1.5)


_OTHERS = re.compile(
    r"(?:24|48)?小?时?[热熱][门門点點榜]|.{0,4}(?:排行|排名)|(?:点击|阅读)|.{0,2}推[荐薦]|相[关關]|猜你喜欢|友情链接|常用链接|延伸|"
    r"most (?:read|viewed|popular)|popular|trending|related|recommended|you (?:may|might)|more from|see also",
    re.IGNORECASE,
)
"""What stands above the lists that a page has beside its own."""
_LONGEST_CAPTION = 24


_SUMMARY = 40
"""Characters beside a title that are more than a date and a name."""
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def _is_heading(one: Entry) -> bool:
    above = one.anchor.parent if one.anchor is not None else None
    return above is not None and above.tag in _HEADINGS


def is_others(said: str) -> bool:
    """Whether a caption is that of a list beside the page's own."""
    return _OTHERS.match(said) is not None


def caption(entries: Sequence[Entry]) -> str:
    """The few words above a list: what stands before what holds its blocks, or before what holds that; else empty."""
    block = entries[0].block
    node = block.parent if block is not None else None
    for _ in range(2):
        if node is None or node.tag == "body":
            break
        above = node.prev
        while above is not None and above.tag == "-text" and not (above.text_content or "").strip():
            above = above.prev
        if above is not None:
            said = " ".join((above.text(deep=True) or "").split())
            return said if len(said) <= _LONGEST_CAPTION else ""
        node = node.parent
    return ""


def _site(url: str) -> str:
    """The last parts of a host name: sub-domains of one site are one site."""
    return _site_at(_root(url))


def _root(url: str) -> str:
    """Scheme and host of an absolute address."""
    root = _ROOT.match(url)
    return root[0] if root else ""


_ROOT = re.compile(r"[^/?#]*//[^/?#]*")


@lru_cache(maxsize=1024)
def _site_at(root: str) -> str:
    host = urlsplit(root).hostname or ""
    parts = host.split(".")
    keep = 3 if len(parts) > 2 and parts[-2] in {"gov", "com", "org", "edu", "net", "ac", "co"} else 2
    return ".".join(parts[-keep:])


_ARTICLE_URL = re.compile(
    r"\d{4}[-/]?\d{2}[-/]?\d{2}|t20\d{6}|art_|content[_/]|post_|/c\d+/|/n?\d{5,}|[0-9a-f]{16,}|\d{4,}\.s?html?|id=\d+"
    r"|\.(?:pdf|docx?|xlsx?|wps|ofd|zip|rar)$",
    re.IGNORECASE,
)


def _is_article_url(url: str) -> bool:
    path, _, query = url[len(_root(url)) :].partition("#")[0].partition("?")
    return _ARTICLE_URL.search(f"{path}?{query}") is not None
