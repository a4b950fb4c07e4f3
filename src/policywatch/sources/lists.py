"""Finds the list of articles on a page without being told where it is.

By structure alone, never by the names of classes: blocks that repeat under one parent, each with a link of its own that
reads like a title, on the page's own site, with a date beside it or in its address. What a page also repeats, such as
its navigation, a hot list or friendly links, has shorter titles, no dates, other sites, or fewer of all.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from policywatch import dates, urls
from policywatch.sources import embedded, entry
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from selectolax.lexbor import LexborNode

MAX_LINKS = 3000
"""Of a page; what is beyond is not looked at."""
_CLIMB = 7
"""Levels from a link up to the block that repeats."""
_MANY = 6
"""Entries from which one among them that is built otherwise is taken for one of them."""
_NEAR = 4
"""Nodes behind an entry, and"""
_BESIDE = 40
"""characters in them, among which its date may stand."""
_LABEL = 7
"""Characters: the mean length of links below which they are a menu's, unless dates stand beside them."""
_OFTEN = 4
"""Links to one address that make it a category's, and no article's."""
_FEW = 3
"""Entries that make a list where nothing else says so."""
_FOUR_HAN = re.compile(f"(?:[^{HAN}]*[{HAN}]){{4}}")
_WORD = re.compile(r"[A-Za-z]{2,}")
_NAVIGATION = re.compile(
    r"^(?:首\s*页|上一页|下一页|尾页|末页|上页|下页|更多|more|查看|详情|详细|阅读全文|全文|下载|返回|登录|注册|搜索|无障碍|"
    r"网站地图|联系我们|关于我们|版权|隐私|收藏|打印|关闭|繁體|简体|English|手机版|RSS|»|«|<|>|\d+)[》>»\s]*$",
    re.IGNORECASE,
)
_NAVIGATION_FIRST = frozenset("首上下尾末更查详阅全返登注搜无网联关版隐收打手繁简mMeErR»«<>")
"""What these begin with, but for figures."""
# Without IGNORECASE, with which a search looks at each place in turn; ICP is found in any case all the same.
_FOOT = re.compile(
    r"备案|I[Cc][Pp]|i[Cc][Pp]|\u0130[Cc][Pp]|\u0131[Cc][Pp]|公网安备|版权所有|主办单位|承办单位|网站标识码"
)
_OUTSIDE = frozenset({"nav", "footer", "header", "aside", "form", "select"})
_TOP = frozenset({"html", "-undef"})
_SCHEMES = ("http://", "https://")
_EMPTY = re.compile(
    r"(?:暂无|没有|未找到|查无|无相关)(?:相关)?(?:内容|数据|信息|记录|文章|结果|公告)|共\s*0\s*条|结果\s*[:：]?\s*0\s*条|"
    r"没有找到.{0,40}(?:内容|结果|信息|文章)"
    r"|no (?:results|articles|records|data|items)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list."""

    url: str
    title: str
    published: datetime | None
    anchor: LexborNode | None = None
    """The link; None where the list stands in a script."""
    block: LexborNode | None = None
    """What repeats."""


_Key = tuple[int, str]
"""A parent, and the way of tags from it down to a link."""
_Rated = tuple[float, int, list[Entry]]
"""What a group is worth, how early it comes, and its entries."""


@dataclass(slots=True)
class _Group:
    """Blocks of one shape under one parent."""

    entries: dict[str, tuple[_Link, LexborNode]] = field(default_factory=dict)
    """By address: the link and its block."""
    blocks: set[int] = field(default_factory=set)
    order: int = MAX_LINKS

    def add(self, link: _Link, block: LexborNode) -> None:
        """Takes a link in; of two to one address that with the longer title."""
        known = self.entries.get(link.url)
        if known is None or len(known[0].title) < 8 <= len(link.title):
            self.entries[link.url] = link, block
        self.blocks.add(block.mem_id)
        self.order = min(self.order, link.order)


@dataclass(slots=True, eq=False)
class _Step:
    """A level above a link: a block that may repeat, and the way down from its parent to the link."""

    key: _Key
    block: LexborNode
    above: _Step | None = None
    held: int = 0
    """Titles to which the same way leads through this block, without those to which the page links several times."""
    is_counted: bool = False
    best: _Step | None = None

    def upwards(self) -> Iterator[_Step]:
        """It and the steps above it."""
        step: _Step | None = self
        while step is not None:
            yield step
            step = step.above


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    title: str
    anchor: LexborNode
    order: int
    is_title: bool
    """It reads like a title; what does not, such as 任免, is an entry only among others that do."""


def find(text: str, tree: LexborHTMLParser, base_url: str, *, now: datetime, zone: tzinfo) -> list[Entry]:
    """The entries of the page's list of articles, in its order; empty where there is none.

    `text` is the page's source: lists also stand in its scripts.
    """
    found = _in_tree(tree, base_url, now=now, zone=zone)
    hidden = embedded.fragment(text)
    if hidden:
        found += _in_tree(LexborHTMLParser(hidden), base_url, now=now, zone=zone)
    for rows in embedded.records(text, now=now, zone=zone):
        entries = [
            Entry(url, title, date or dates.in_address(url, now=now, zone=zone))
            for place, title, date in rows
            if (url := urls.absolute(base_url, place))
        ]
        if len(entries) >= 2:
            found.append((_worth(entries, base_url), 0, list({one.url: one for one in entries}.values())))
    best = max(found, key=lambda one: one[:2], default=None)
    if best is None or best[0] <= 0:
        return []
    entries = _joined(best, found)
    # A hot list beside a column that says it has nothing is not the column's, and what an article links to is no list.
    if (len(entries) < _MANY and says_empty(tree)) or _is_beside_an_article(tree, entries):
        return []
    return entries


def _in_tree(tree: LexborHTMLParser, base_url: str, *, now: datetime, zone: tzinfo) -> list[_Rated]:
    return [
        (_worth(found, base_url), -group.order, found)
        for group in _groups(_links(tree, base_url))
        if (found := _complete(group, now=now, zone=zone))
    ]


def _is_beside_an_article(tree: LexborHTMLParser, entries: Sequence[Entry]) -> bool:
    """Whether the page is an article's, and the entries are its related links: there is far more prose than titles."""
    if len(entries) > _RELATED:
        return False
    names = {(node.attributes.get("name") or "").lower() for node in tree.css("meta[name]:not([content=''])")}
    if names >= _ARTICLE_METAS:
        return True
    blocks = {one.block.mem_id for one in entries if one.block is not None}
    prose = 0
    for node in tree.css("p"):
        length = len(node.text(deep=True).strip())
        if length >= _SENTENCE and not any(at.mem_id in blocks for at in _upwards(node)):
            prose += length
    return prose >= _PROSE and prose >= 2 * sum(len(one.title) for one in entries)


_ARTICLE_METAS = frozenset({"articletitle", "pubdate"})
_RELATED = 10
"""Related links of an article, at most."""
_SENTENCE = 40
_PROSE = 250
"""Characters in paragraphs that make an article."""


def says_empty(tree: LexborHTMLParser) -> bool:
    """Whether the page says that its list has nothing in it."""
    root = tree.body or tree.root
    return root is not None and _EMPTY.search(" ".join(root.text(deep=True).split())) is not None


def _links(tree: LexborHTMLParser, base_url: str) -> list[_Link]:
    found = []
    for order, anchor in enumerate(tree.css("a[href]")[:MAX_LINKS]):
        href = entry.address_of(anchor)
        if not href or href.startswith(("#", "mailto:", "tel:")):
            continue
        url = urls.absolute(base_url, href)
        if not url[:8].lower().startswith(_SCHEMES):
            continue
        title = entry.title_of(anchor)
        if title and not _leads_elsewhere(title):
            found.append(_Link(url, title, anchor, order, _reads_like_a_title(title)))
    return found


def _leads_elsewhere(title: str) -> bool:
    first = title[0]
    is_navigation = (first in _NAVIGATION_FIRST or first.isdecimal()) and _NAVIGATION.match(title) is not None
    return is_navigation or _FOOT.search(title) is not None


def _reads_like_a_title(title: str) -> bool:
    return _FOUR_HAN.match(title) is not None or len(_WORD.findall(title)) >= 3


def _groups(links: Sequence[_Link]) -> list[_Group]:
    """Links put together by the parent under which their blocks repeat and their way from it; each link once."""
    times = Counter(link.url for link in links)
    links = [link if times[link.url] < _OFTEN else replace(link, is_title=False) for link in links]
    climbs = _climbs(links)
    titled = [(link, step) for link in links if link.is_title and (step := climbs[link.order]) is not None]
    repeats = _repeats([step for _, step in titled])
    for link, first in titled:
        if times[link.url] == 1:
            for step in first.upwards():
                step.held += 1
    groups: defaultdict[_Key, _Group] = defaultdict(_Group)
    for link, first in titled:
        # The level at which the most blocks repeat; of equal ones the innermost. Where such a block holds several
        # entries it is a part of the list, and the entries repeat inside it.
        chosen = _most_repeated(first, repeats)
        if chosen.held > 1:
            inner = itertools.takewhile(lambda step, chosen=chosen: step is not chosen, first.upwards())  # type: ignore[misc]
            chosen = next((step for step in inner if repeats[step.key] > 1), chosen)
        if repeats[chosen.key] < 2:
            chosen = first.above or first
        groups[chosen.key].add(link, chosen.block)
    for link in links:
        # The same way, but too short for a title by itself: an entry like the others.
        lowest = None if link.is_title else climbs[link.order]
        for step in lowest.upwards() if lowest is not None else ():
            group = groups.get(step.key)
            if group is not None and len(group.entries) > 1 and step.block.mem_id not in group.blocks:
                group.add(link, step.block)
                break
    _take_others(titled, groups)
    return list(groups.values())


def _repeats(lowest: Iterable[_Step]) -> dict[_Key, int]:
    """How many blocks of one parent lie on the same way to some title."""
    repeats: defaultdict[_Key, int] = defaultdict(int)
    for first in lowest:
        for step in first.upwards():
            if step.is_counted:
                break
            step.is_counted = True
            repeats[step.key] += 1
    return repeats


def _most_repeated(step: _Step, repeats: Mapping[_Key, int]) -> _Step:
    if step.best is None:
        above = _most_repeated(step.above, repeats) if step.above is not None else step
        step.best = step if repeats[step.key] >= repeats[above.key] else above
    return step.best


def _take_others(titled: Sequence[tuple[_Link, _Step]], groups: Mapping[_Key, _Group]) -> None:
    """Entries that stand among the blocks of a larger group but are built otherwise, such as one with a picture."""
    large: dict[tuple[int, str], _Group] = {}
    for (parent, way), group in groups.items():
        place = parent, way.split(">", 1)[0]
        if len(group.entries) >= _MANY and len(group.entries) > len(large[place].entries if place in large else ()):
            large[place] = group
    for link, first in titled if large else ():
        for step in first.upwards():
            group_there = large.get((step.key[0], step.block.tag or ""))
            if group_there is not None and step.block.mem_id not in group_there.blocks:
                group_there.add(link, step.block)
                break


def _climbs(links: Sequence[_Link]) -> dict[int, _Step | None]:
    """The lowest step above each link, by the link's order. Links beside each other share the steps above them."""
    known: dict[tuple[int, str], _Step] = {}
    found: dict[int, _Step | None] = {}
    for link in links:
        node: LexborNode = link.anchor
        below: _Step | None = None
        found[link.order] = None
        way = ""
        for _ in range(_CLIMB):
            parent = node.parent
            if parent is None or parent.tag in _TOP:
                break
            way = f"{node.tag}>{way}"
            place = node.mem_id, way
            step = shared = known.get(place)
            if step is None:
                step = known[place] = _Step((parent.mem_id, way), node)
            if below is None:
                found[link.order] = step
            else:
                below.above = step
            if shared is not None:
                break
            below, node = step, parent
    return found


def _complete(group: _Group, *, now: datetime, zone: tzinfo) -> list[Entry]:
    """The group's entries with their dates."""
    shared = Counter(block.mem_id for _, block in group.entries.values())
    outside: dict[int, bool] = {}
    found = []
    for link, block in sorted(group.entries.values(), key=lambda one: one[0].order):
        if _is_outside(link.anchor, outside):
            continue
        # Where one block holds several links, what stands in it belongs to none of them.
        rest = ""
        if shared[block.mem_id] == 1:
            rest = " ".join(block.text(deep=True, separator=" ").split()).replace(link.title, " ", 1)
        published = entry.date_in(rest, now=now, zone=zone) if rest.strip() else None
        if published is None and (behind := _behind(block, shared)):
            published = entry.date_in(behind, now=now, zone=zone)
        if published is None:
            published = dates.in_address(link.url, now=now, zone=zone)
        found.append(Entry(link.url, link.title, published, link.anchor, block))
    return found


def _is_outside(node: LexborNode, known: dict[int, bool]) -> bool:
    """Whether the node stands in what frames a page; `known` keeps the answers for what is above it."""
    climbed = []
    answer = False
    for above in _upwards(node):
        number = above.mem_id
        if number in known:
            answer = known[number]
            break
        climbed.append(number)
        if above.tag in _OUTSIDE:
            answer = True
            break
    known.update(dict.fromkeys(climbed, answer))
    return answer


def _behind(block: LexborNode, blocks: Mapping[int, int]) -> str:
    """What stands between a block and the next: lists without elements of their own put the date there."""
    said: list[str] = []
    at = block.next
    for _ in range(_NEAR):
        if at is None or at.mem_id in blocks or at.tag in {"a", block.tag} or (at.tag == "br" and said):
            break
        said.append(at.text(deep=True) or "")
        at = at.next
    text = " ".join(" ".join(said).split())
    return text if len(text) <= _BESIDE else ""


def _upwards(node: LexborNode) -> Iterable[LexborNode]:
    at = node.parent
    while at is not None:
        yield at
        at = at.parent


def _worth(entries: Sequence[Entry], base_url: str) -> float:
    """How much a group looks like the list of articles."""
    count = len(entries)
    host = _site(base_url)
    near = sum(_site(one.url) == host for one in entries) / count
    dated = sum(one.published is not None for one in entries) / count
    numbered = sum(_is_article_url(one.url) for one in entries) / count
    length = sum(min(len(one.title), 40) for one in entries) / count
    if count < _FEW and dated < 1:
        return 0
    if dated < 0.5 and (length < _LABEL or near < 0.5):
        return 0
    if dated < 0.5 and numbered < 0.5 and (count < _MANY + 2 or length < 12):
        return 0
    # Dates decide; then addresses of articles, titles of a sentence's length, and the page's own site.
    likeness = 0.15 + 1.2 * dated + 0.5 * numbered + 0.3 * near
    return float(min(count, 40) ** 0.8 * likeness * min(1.0, length / 16) ** 1.5)


def _joined(best: _Rated, rated: Sequence[_Rated]) -> list[Entry]:
    """The best group, with those that continue it: the same way to the link, under a parent beside the best one's."""
    shape = _shape(best[2])
    parts = [best]
    for other in rated:
        if other is not best and _shape(other[2]) == shape and _are_neighbours(best[2][0].block, other[2][0].block):
            dated = [sum(one.published is not None for one in part[2]) / len(part[2]) for part in (best, other)]
            if abs(dated[0] - dated[1]) < 0.3:
                parts.append(other)
    found: dict[str, Entry] = {}
    for _, _, entries in sorted(parts, key=lambda one: -one[1]):
        for one in entries:
            found.setdefault(one.url, one)
    return list(found.values())


def _shape(entries: Sequence[Entry]) -> str:
    """The way from a block's parent down to the link."""
    anchor, block = entries[0].anchor, entries[0].block
    if anchor is None or block is None:
        return ""
    way = anchor.tag or ""
    node = anchor
    while node.mem_id != block.mem_id and node.parent is not None:
        node = node.parent
        way = f"{node.tag}>{way}"
    return f"{block.parent.tag if block.parent is not None else ''}>{way}"


def _are_neighbours(one: LexborNode | None, other: LexborNode | None) -> bool:
    """Whether the parents of two blocks stand under one parent."""
    parents = [node.parent.parent for node in (one, other) if node is not None and node.parent is not None]
    return len(parents) == 2 and all(parent is not None for parent in parents) and _is_same(parents[0], parents[1])


def _is_same(one: LexborNode | None, other: LexborNode | None) -> bool:
    return one is not None and other is not None and one.mem_id == other.mem_id


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
