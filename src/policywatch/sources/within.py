"""What a selector chooses inside each of many blocks of a page, asked of the whole page once."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from selectolax.lexbor import LexborHTMLParser, LexborNode

_NAME = r"-?[A-Za-z_][\w-]*"
_STEP = rf"(?:{_NAME})?(?:[.#]{_NAME}|\[{_NAME}\])*"
_PLAIN = re.compile(rf"(?=\S){_STEP}(?:(?:\s+|\s*>\s*)(?=[^\s>]){_STEP})*", re.ASCII)
"""Names, classes and attributes, perhaps below each other: what such a selector chooses hangs on no place in a list."""


class Within:
    """The blocks of one page. A node is in a block if it stands below it or is the block itself."""

    def __init__(self, tree: LexborHTMLParser, blocks: Sequence[LexborNode]) -> None:
        self._tree = tree
        self._blocks = {block.mem_id: block for block in blocks}
        self._around: dict[int, int] = {}
        """Of nodes that are no block themselves: the innermost block around them; 0 for none."""
        self._outer = {number: self._block_around(block) for number, block in self._blocks.items()}
        """The block around each block; 0 for most."""

    def first(self, selector: str) -> Mapping[int, LexborNode]:
        """By the `mem_id` of a block: the first node of it that the selector chooses; others are missing."""
        # Each question costs a parser of CSS, and more than most entries have in them: so one for the whole page.
        if not _PLAIN.fullmatch(selector):
            chosen = {number: block.css_first(selector) for number, block in self._blocks.items()}
            return {number: node for number, node in chosen.items() if node is not None}
        found: dict[int, LexborNode] = {}
        blocks = self._blocks
        for node in self._tree.css(selector):
            above = node.parent
            # Most stand right below.
            number = above.mem_id if above is not None else 0
            if node.mem_id in blocks or number not in blocks:
                number = self._block_of(node)
            # What a block has, those around it have too.
            while number and number not in found:
                found[number] = node
                number = self._outer[number]
        return found

    def all(self, selector: str) -> Mapping[int, Sequence[LexborNode]]:
        """By the `mem_id` of a block: all that the selector chooses of it; others may be missing."""
        if not _PLAIN.fullmatch(selector):
            return {number: block.css(selector) for number, block in self._blocks.items()}
        found: defaultdict[int, list[LexborNode]] = defaultdict(list)
        for node in self._tree.css(selector):
            number = self._block_of(node)
            while number:
                found[number].append(node)
                number = self._outer[number]
        return found

    def _block_of(self, node: LexborNode) -> int:
        """The innermost block that is the node or holds it; 0 for none."""
        number = node.mem_id
        return number if number in self._blocks else self._block_around(node)

    def _block_around(self, node: LexborNode) -> int:
        """The innermost block above the node; 0 for none."""
        climbed = []
        block = 0
        while (above := node.parent) is not None:
            number = above.mem_id
            if number in self._blocks:
                block = number
                break
            known = self._around.get(number)
            if known is not None:
                block = known
                break
            climbed.append(number)
            node = above
        for number in climbed:
            self._around[number] = block
        return block
