"""Finds the block of a page that holds an article's text, and leaves out what stands in it but is not the article.

Sentences decide: text with punctuation counts, text inside links does not. From the page's body the way goes down for
as long as one block holds nearly all of it. What is then mostly links, or is named as a sharing bar, a comment box or a
list of related pages, is left out, unless it carries the files of the article.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policywatch.text import html
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_PUNCTUATION = re.compile(r"[，。！？；、：,;!?…]|\.(?=\s|$)")
_LEAVES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "li", "ul", "ol", "tr", "dd", "dl"})
"""Parts of a text: the way down does not go on into one."""
_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "label", "mark", "q",
    "s", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "o:p",
})  # fmt: skip
_OUTSIDE = frozenset({"nav", "footer", "aside", "button", "select", "textarea", "dialog"})
_SILENT = frozenset({"script", "style", "noscript", "template", "iframe", "object", "svg", "head", "-comment"})
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:shares?|sharing|share\w{0,6}|social\w*|related\w*|relate|recommend\w*|tuijian|xiangguan|comments?|pinglun|"
    r"breadcrumbs?|crumbs?|weizhi|pagination|pager|sidebar|side|toolbar|tools|hot\w{0,4}|rank\w*|copyright|statement|"
    r"bdshare\w*|newsletter|advert\w*|ads?|promo\w*|qrcode|erweima|tags?|keywords|nav|menu|footer|foot|"
    r"prev|next|prevnext|pre_next|editor|zebian|popup|modal|login|disclaimer)(?:$|[\s_-])",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z|txt|csv)(?:$|[?#])", re.IGNORECASE)
_NEARLY_ALL = 0.7
"""Share of a block's sentences that one block in it holds where the way goes on down."""
_PART = 0.35
"""Share of the sentences above which no block is left out, whatever it is called."""
_MOSTLY_LINKS = 0.5
_LONG = 20
"""Characters from which text without punctuation weighs something."""
_BLANK = "\u3000\xa0 \t\r\n"


@dataclass(slots=True)
class _Block:
    node: LexborNode
    tag: str
    parent: int
    good: float = 0.0
    """What its sentences weigh."""
    length: int = 0
    linked: int = 0
    """Characters, and those inside links."""
    paragraphs: int = 0
    """Blocks of text and line breaks in it."""
    inside: list[int] = field(default_factory=list)
    """The blocks right under it; what is inline between does not count."""


def found(tree: LexborHTMLParser) -> str:
    """The article's text, one paragraph a line; empty on a page without sentences. Takes the tree to pieces."""
    if tree.body is None:
        return ""
    blocks = _weighed(tree.body)
    return _text(blocks, _descended(blocks))


def inside(node: LexborNode) -> str:
    """The text of a block that is known to hold the article's. Takes it to pieces."""
    return _text(_weighed(node), 0)


def is_chinese(text: str) -> bool:
    """Whether the text is written in Chinese for the most part."""
    # A part from the front and one from the middle say it: names and numbers may stand first.
    middle = len(text) // 2
    sample = _SPACE.sub("", text[:_SAMPLE] + text[max(middle, _SAMPLE) : middle + _SAMPLE])
    return len(_HAN.findall(sample)) > _CHINESE * len(sample)


_HAN = re.compile(f"[{HAN}]")
_SPACE = re.compile(r"\s+")
_CHINESE = 0.3
_SAMPLE = 150


def _text(blocks: list[_Block], chosen: int) -> str:
    if blocks[chosen].length == 0:
        return ""
    _leave_out(blocks, chosen, blocks[chosen].good)
    return html.shown(blocks[chosen].node)


def _weighed(root: LexborNode) -> list[_Block]:
    """Every block in a block, in its order, with what the text in it weighs."""
    blocks = [_Block(root, root.tag or "", -1)]
    _gather(root, 0, blocks, is_linked=False, is_cell=False, depth=0)
    for at in range(len(blocks) - 1, 0, -1):
        one, above = blocks[at], blocks[blocks[at].parent]
        above.good += one.good
        above.length += one.length
        above.linked += one.linked
        above.paragraphs += one.paragraphs + (one.length > 0)
    return blocks


_DEEPEST = 200
"""Levels below which no article stands, and beyond which a page only wants to exhaust its reader."""


def _gather(node: LexborNode, at: int, blocks: list[_Block], *, is_linked: bool, is_cell: bool, depth: int) -> None:
    block = blocks[at]
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag == "-text":
            text = (child.text_content or "").strip(_BLANK)
            length = len(text)
            if not length:
                continue
            block.length += length
            if is_linked:
                block.linked += length
            else:
                marks = len(_PUNCTUATION.findall(text))
                # A table of names and figures has no sentences, and is the article all the same.
                bare = 0.6 if length > _LONG or is_cell else 0.1
                block.good += length + 10 * marks if marks else length * bare
        elif tag == "br":
            block.paragraphs += 1
        elif tag in _INLINE and depth < _DEEPEST:
            _gather(child, at, blocks, is_linked=is_linked or tag == "a", is_cell=is_cell, depth=depth + 1)
        elif tag not in _SILENT and tag not in _OUTSIDE and depth < _DEEPEST:
            blocks.append(_Block(child, tag, at))
            here = len(blocks) - 1
            block.inside.append(here)
            _gather(
                child,
                here,
                blocks,
                is_linked=is_linked,
                is_cell=is_cell or tag in {"td", "th"},
                depth=depth + 1,
            )


def _descended(blocks: list[_Block]) -> int:
    """The innermost block that still holds nearly all of the sentences."""
    at = 0
    while True:
        here = blocks[at]
        best = max(here.inside, key=lambda one: blocks[one].good, default=None)
        if best is None:
            return at
        inner = blocks[best]
        if inner.tag in _LEAVES or inner.good < _NEARLY_ALL * here.good:
            return at
        # One long paragraph among short ones is not the whole of them.
        if inner.paragraphs < 1 and here.good - inner.good > 0.1 * here.good:
            return at
        at = best


def _leave_out(blocks: list[_Block], at: int, whole: float) -> None:
    for inside in blocks[at].inside:
        one = blocks[inside]
        if _is_aside(one, whole):
            one.node.decompose()
        else:
            _leave_out(blocks, inside, whole)


def _is_aside(one: _Block, whole: float) -> bool:
    """Whether a block inside the article's is something else."""
    if one.good > _PART * whole:
        return False
    is_list = one.linked > _MOSTLY_LINKS * one.length and one.good < 60
    attributes = one.node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    is_named = names != " " and _NAMED.search(names) is not None
    if not is_list and not is_named and one.tag != "form":
        return False
    return not any(_FILE.search(link.attributes.get("href") or "") for link in one.node.css("a[href]"))
