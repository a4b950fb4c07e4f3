"""CSS selectors that choose what structure found: the entries of a list, and the dates in them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from policywatch.text import html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from policywatch.sources.lists import Entry

_NAME = re.compile(r"-?[A-Za-z_][\w-]*")
_FLEETING = re.compile(
    r"\d{3,}|^(?:on|active|current|cur|first|last|odd|even|hover|clearfix|clear|fl|fr|line)$", re.IGNORECASE
)
"""Names that say which entry it is, or how it looks, and not what."""
_DATE = re.compile(r"\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}:\d{2}|[今昨前]天|前$")
_MOST_MISSED = 0.1
_CLIMB = 4


def of(tree: LexborHTMLParser, entries: Sequence[Entry]) -> dict[str, str]:
    """`item` and, where there is one, `date` of a list page's options; empty where no short selector chooses it."""
    blocks = [one.block for one in entries if one.block is not None]
    if len(blocks) < 2 or len({block.mem_id for block in blocks}) < len(blocks):
        return {}
    wanted = {block.mem_id for block in blocks}
    for selector in _candidates(blocks):
        chosen = {
            node.mem_id for node in tree.css(selector) if node.css_first("a[href]") is not None or node.tag == "a"
        }
        missed = len(wanted - chosen)
        if missed <= _MOST_MISSED * len(wanted) and len(chosen - wanted) <= _MOST_MISSED * len(wanted):
            date = _date(blocks)
            return {"item": selector, **({"date": date} if date else {})}
    return {}


def _candidates(blocks: Sequence[LexborNode]) -> list[str]:
    """Selectors for the blocks, the shortest first: by their own name, or by that of what they stand in."""
    tag = Counter(block.tag for block in blocks).most_common(1)[0][0]
    own = _shared_classes(blocks)
    found = [f"{tag}.{name}" for name in own]
    above: LexborNode | None = blocks[0].parent
    way = [f"{tag}.{own[0]}" if own else str(tag)]
    for _ in range(_CLIMB):
        if above is None or above.tag in {"body", "html"}:
            break
        name = above.attributes.get("id") or ""
        if _NAME.fullmatch(name) and not _FLEETING.search(name):
            found.append(" > ".join([f"#{name}", *way]))
        found += [" > ".join([f"{above.tag}.{one}", *way]) for one in _classes(above)]
        way.insert(0, str(above.tag))
        above = above.parent
    return found


def _classes(node: LexborNode) -> list[str]:
    names = (node.attributes.get("class") or "").split()
    return [name for name in names if _NAME.fullmatch(name) and not _FLEETING.search(name)]


def _shared_classes(blocks: Sequence[LexborNode]) -> list[str]:
    counted = Counter(name for block in blocks for name in set(_classes(block)))
    return [name for name, count in counted.most_common(3) if count == len(blocks)]


def _date(blocks: Sequence[LexborNode]) -> str:
    """What holds the date in nearly every block."""
    counted: Counter[str] = Counter()
    for block in blocks:
        for node in block.css("span, em, i, time, td, div, p, font, b, dd"):
            said = html.inline(node.html or "")
            if len(said) <= 24 and _DATE.search(said):
                names = _classes(node)
                counted[f"{node.tag}.{names[0]}" if names else str(node.tag)] += 1
                break
    best, count = counted.most_common(1)[0] if counted else ("", 0)
    return best if count >= (1 - _MOST_MISSED) * len(blocks) else ""
