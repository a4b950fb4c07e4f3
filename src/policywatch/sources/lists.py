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
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from policywatch import dates, urls
from policywatch.sources import embedded, entry, likeness, links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from selectolax.lexbor import LexborNode

    from policywatch.sources.links import Link

_CLIMB = 7
"""Levels from a link up to the block that repeats."""
_MANY = 6
"""Entries from which one among them that is built otherwise is taken for one of them."""
_NEAR = 4
"""Nodes behind an entry, and"""
_BESIDE = 40
"""characters in them, among which its date may stand."""
_LONGER = 2
"""Times as long on average that titles are than what stands beside them in a row, such as a company's name."""
_FEW = 3
"""Entries that make a list where nothing else says so."""
_OUTSIDE = frozenset({"nav", "footer", "header", "aside", "form", "select"})
_PARTS = frozenset({"article", "main", "section", "li"})
"""A header in one of these is that of an entry or a list, and not the page's."""
_TOP = frozenset({"html", "-undef"})
_EMPTY = re.compile(
    r"(?:暂无|没有|未找到|查无|无相关|(?:没有|未|暂未)(?:查询|查|检索|搜索)到)(?:相关|符合条件的?)?(?:内容|数据|信息|记录|文章|结果|公告)|共\s*0\s*条|结果\s*[:：]?\s*0\s*条|"
    r"没有找到.{0,40}(?:内容|结果|信息|文章)"
    r"|(?:栏目|内容)(?:正在)?(?:建设|更新)中"
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
    beside: int = 0
    """Characters that it says beside the title and date."""


_Key = tuple[int, str]
"""A parent, and the way of tags from it down to a link."""
_Rated = tuple[float, int, list[Entry]]
"""What a group is worth, how early it comes, and its entries."""


@dataclass(slots=True)
class _Group:
    """Blocks of one shape under one parent."""

    entries: dict[str, tuple[Link, LexborNode]] = field(default_factory=dict)
    """By address: the link and its block."""
    blocks: set[int] = field(default_factory=set)
    order: int = links.MAX_LINKS

    def add(self, link: Link, block: LexborNode) -> None:
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
            found.append((likeness.worth(entries, base_url), 0, list({one.url: one for one in entries}.values())))
    best = max(found, key=lambda one: one[:2], default=None)
    if best is None or best[0] <= 0:
        return []
    entries = _joined(best, found, text)
    # A hot list beside a column that says it has nothing is not the column's, and what an article links to is no list.
    if (len(entries) < _MANY and says_empty(tree)) or _is_beside_an_article(tree, entries):
        return []
    return entries


def _in_tree(tree: LexborHTMLParser, base_url: str, *, now: datetime, zone: tzinfo) -> list[_Rated]:
    told = links.found(tree, base_url)
    inside = _wrapping_forms(tree, len(told))
    groups = [
        (-group.order, found) for group in _groups(told) if (found := _complete(group, inside, now=now, zone=zone))
    ]
    return [(likeness.worth(found, base_url), order, found) for order, found in _with_rows_together(groups)]


def _wrapping_forms(tree: LexborHTMLParser, count: int) -> set[int]:
    """Forms that hold most of a page's links: ASP.NET puts the whole page into one."""
    return {form.mem_id for form in tree.css("form") if 2 * len(form.css("a[href]")) > count}


def _with_rows_together(groups: Sequence[tuple[int, list[Entry]]]) -> list[tuple[int, list[Entry]]]:
    """The groups; those too small to be a list, such as the two of each row, with all that are built like them."""
    alike: defaultdict[tuple[int, str], list[tuple[int, list[Entry]]]] = defaultdict(list)
    for order, found in groups:
        block = found[0].block
        above = block.parent.parent if block is not None and block.parent is not None else None
        if len(found) < _MANY and above is not None:
            alike[above.mem_id, _shape(found)].append((order, found))
    rows = [
        (
            max(order for order, _ in parts),
            [one for _, found in sorted(parts, key=lambda part: -part[0]) for one in found],
        )
        for parts in alike.values()
        if len(parts) >= _FEW and all(len(found) < _FEW for _, found in parts)
    ]
    return [*groups, *rows]


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


def _groups(told: Sequence[Link]) -> list[_Group]:
    """Links put together by the parent under which their blocks repeat and their way from it; each link once."""
    climbs, titled, repeats = _climbed(told)
    lesser = _beside_longer_ones(titled, repeats)
    if lesser:
        told = [replace(link, is_title=False) if link.order in lesser else link for link in told]
        climbs, titled, repeats = _climbed(told)
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
    for link in told:
        # The same way, but too short for a title by itself: an entry like the others.
        lowest = None if link.is_title else climbs[link.order]
        for step in lowest.upwards() if lowest is not None else ():
            group = groups.get(step.key)
            if group is not None and len(group.entries) > 1 and step.block.mem_id not in group.blocks:
                group.add(link, step.block)
                break
    _take_others(titled, groups)
    return list(groups.values())


_Titled = list[tuple[links.Link, _Step]]


def _climbed(told: Sequence[Link]) -> tuple[dict[int, _Step | None], _Titled, dict[_Key, int]]:
    """The steps above all links and above titles, and how often each repeats; each step knows what it holds."""
    climbs = _climbs(told)
    titled = [(link, step) for link in told if link.is_title and (step := climbs[link.order]) is not None]
    times = Counter(link.url for link in told)
    for link, first in titled:
        if times[link.url] == 1:
            for step in first.upwards():
                step.held += 1
    return climbs, titled, _repeats([step for _, step in titled])


def _beside_longer_ones(titled: _Titled, repeats: Mapping[_Key, int]) -> set[int]:
    """Links, by their order, that are no titles: in each row they stand where words are few or lead to the same pages.

    So do names of companies and offices. Of rows with several links each, those at one place are a column.
    """
    steps = [_most_repeated(first, repeats) for _, first in titled]
    if len({step.block.mem_id for step in steps}) == len(steps):
        return set()
    rows: defaultdict[_Key, defaultdict[int, list[Link]]] = defaultdict(lambda: defaultdict(list))
    for (link, _), chosen in zip(titled, steps, strict=True):
        rows[chosen.key][chosen.block.mem_id].append(link)
    lesser: set[int] = set()
    for blocks in rows.values():
        if all(len(row) == 1 for row in blocks.values()):
            continue
        width = Counter(map(len, blocks.values())).most_common(1)[0][0]
        whole = [row for row in blocks.values() if len(row) == width]
        if width < 2 or len(whole) < _FEW or 2 * len(whole) <= len(blocks):
            continue
        lengths = [sum(len(link.title) for link in column) / len(whole) for column in zip(*whole, strict=True)]
        longest = lengths.index(max(lengths))
        for at, length in enumerate(lengths):
            is_short = length * _LONGER <= max(lengths) and any(row[at].url != row[longest].url for row in whole)
            is_shared = 2 * len({row[at].url for row in whole}) <= len(whole)
            if at != longest and (is_short or is_shared):
                lesser.update(row[at].order for row in whole)
    return lesser


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


def _take_others(titled: Sequence[tuple[Link, _Step]], groups: Mapping[_Key, _Group]) -> None:
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


def _climbs(links: Sequence[Link]) -> dict[int, _Step | None]:
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


def _complete(group: _Group, inside: Iterable[int], *, now: datetime, zone: tzinfo) -> list[Entry]:
    """The group's entries with their dates. `inside` are numbers of nodes that frame nothing, whatever they are."""
    shared = Counter(block.mem_id for _, block in group.entries.values())
    outside = dict.fromkeys(inside, False)
    kept = [
        (link, block)
        for link, block in sorted(group.entries.values(), key=lambda one: one[0].order)
        if not _is_outside(link.anchor, outside)
    ]
    # Where one block holds several links, what stands in it belongs to none of them.
    rests = [_rest(link, block) if shared[block.mem_id] == 1 else "" for link, block in kept]
    days = [entry.date_in(rest, now=now, zone=zone) if rest.strip() else None for rest in rests]
    if None in days:
        beside = _beside_all(kept, shared, now=now, zone=zone)
        ordered = entry.numbered_days(rests, now=now, zone=zone)
        for at, (link, _) in enumerate(kept):
            days[at] = (
                days[at]
                or beside[at]
                or ordered[at]
                or _in_attribute(link, now, zone)
                or dates.in_address(link.url, now=now, zone=zone)
            )
    return [
        Entry(link.url, link.title, day, link.anchor, block, len(rest))
        for (link, block), day, rest in zip(kept, days, rests, strict=True)
    ]


def _rest(link: Link, block: LexborNode) -> str:
    """What an entry says beside its title; without the dates of other links, such as a last reply's, if it has some."""
    rest = " ".join(block.text(deep=True, separator=" ").split()).replace(link.title, " ", 1)
    if not entry.has_several_dates(rest):
        return rest
    own = rest
    for other in block.css("a[href]"):
        said = " ".join(other.text(deep=True, separator=" ").split())
        if other.mem_id != link.anchor.mem_id and entry.has_date(said):
            own = own.replace(said, " ", 1)
    return own if entry.has_date(own) else rest


def _in_attribute(link: Link, now: datetime, zone: tzinfo) -> datetime | None:
    given = link.anchor.attrs.get("title") or ""
    return (
        entry.date_in(given.replace(link.title, " ", 1), now=now, zone=zone) if len(given) > len(link.title) else None
    )


def _beside_all(
    kept: Sequence[tuple[Link, LexborNode]], blocks: Mapping[int, int], *, now: datetime, zone: tzinfo
) -> list[datetime | None]:
    """The dates that stand between the blocks: behind each, or before each where the last has none behind."""

    def read(place: Callable[[LexborNode], LexborNode | None]) -> list[datetime | None]:
        texts = [_beside(block, blocks, place) for _, block in kept]
        return [entry.date_in(text, now=now, zone=zone) if text else None for text in texts]

    behind = read(lambda node: node.next)
    if behind and behind[-1] is not None:
        return behind
    before = read(lambda node: node.prev)
    return before if sum(map(bool, before)) > sum(map(bool, behind)) else behind


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
        if above.tag in _OUTSIDE and (above.tag != "header" or not any(at.tag in _PARTS for at in _upwards(above))):
            answer = True
            break
    known.update(dict.fromkeys(climbed, answer))
    return answer


def _beside(block: LexborNode, blocks: Mapping[int, int], place: Callable[[LexborNode], LexborNode | None]) -> str:
    """What stands between a block and the next: lists without elements of their own put the date there."""
    said: list[str] = []
    at = place(block)
    for _ in range(_NEAR):
        if at is None or at.mem_id in blocks or at.tag == "a" or (at.tag == "br" and said):
            break
        if at.tag == block.tag and at.css_first("a[href]") is not None:
            break
        said.append(at.text(deep=True) or "")
        at = place(at)
    text = " ".join(" ".join(said).split())
    return text if len(text) <= _BESIDE else ""


def _upwards(node: LexborNode) -> Iterable[LexborNode]:
    at = node.parent
    while at is not None:
        yield at
        at = at.parent


def _joined(best: _Rated, rated: Sequence[_Rated], text: str) -> list[Entry]:
    """The best group, with those that continue it: the same way to the link, under a parent beside the best one's.

    On a site's first page also the other sections, such as 通知公告 beside 政务动态.
    """
    shape = _shape(best[2])
    parts = [best]
    for other in rated:
        if other is best or _shape(other[2]) != shape:
            continue
        continues = _are_neighbours(best[2][0].block, other[2][0].block)
        dated = [sum(one.published is not None for one in part[2]) / len(part[2]) for part in (best, other)]
        if abs(dated[0] - dated[1]) >= 0.3:
            continue
        if continues or (_are_sections(best[2], other[2]) and not _PAGED.search(text)):
            parts.append(other)
    found: dict[str, Entry] = {}
    for _, _, entries in sorted(parts, key=lambda one: -one[1]):
        for one in entries:
            found.setdefault(one.url, one)
    return list(found.values())


_PAGED = re.compile(r"下一?[页頁]|[尾末][页頁]|共\s*\d+\s*[页頁条條]|createPage|[Pp]aginat|[Nn]ext (?:page)?\s*[<›»]")
"""What columns have and first pages have not."""
_SECTION = 4
"""Levels between a section's list and what holds all sections."""
_TAB = 2
"""And between what a tab shows and what holds all tabs."""


def _are_sections(one: Sequence[Entry], other: Sequence[Entry]) -> bool:
    """Whether two lists are sections of equal form and about equal length, each with a caption of its own or with none.

    Without captions they are what tabs show, one after the other, and stand beside each other.
    """
    captions = likeness.caption(one), likeness.caption(other)
    if min(len(one), len(other)) < _FEW or max(len(one), len(other)) > 2 * min(len(one), len(other)):
        return False
    if bool(captions[0]) != bool(captions[1]) or any(map(likeness.is_others, captions)):
        return False
    if not captions[0] and any(each.published is None for each in (*one, *other)):
        return False
    left, right = (part[0].block.parent if part[0].block is not None else None for part in (one, other))
    for _ in range(_SECTION if captions[0] else _TAB):
        if left is None or right is None or left.tag != right.tag:
            return False
        if _is_same(left.parent, right.parent):
            return True
        left, right = left.parent, right.parent
    return False


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
