"""Reads the keys of an OpenCC dictionary (`.ocd2`): a short header, then a MARISA trie, then values.

OpenCC's Python package answers how a text is converted and not which phrases it knows; they stand in its files only.
The layout follows `grimoire/trie/louds-trie.cc` of marisa-trie 0.2 and 0.3: a tree in LOUDS order whose longer edge
labels stand in a further trie of the same kind, the last of them in a buffer.
"""

from __future__ import annotations

import struct
from itertools import accumulate

_HEADERS = (b"OPENCC_MARISA_0.2.5", b"We love Marisa.\0")


class NotADictionaryError(ValueError):
    """The bytes are not a dictionary of the layout that this file reads."""


def keys(content: bytes) -> list[str]:
    """All keys, in no order that means anything. Raises NotADictionaryError."""
    header = b"".join(_HEADERS)
    if not content.startswith(header):
        raise NotADictionaryError("the header of an OpenCC dictionary is missing")
    try:
        trie = _Trie(_Reader(content, len(header)))
        return [trie.key(node).decode() for node, is_key in enumerate(trie.terminal) if is_key]
    except (struct.error, IndexError, UnicodeDecodeError, RecursionError) as e:
        raise NotADictionaryError("the trie of an OpenCC dictionary cannot be read") from e


class _Reader:
    """Takes one value after another off the bytes. Vectors begin with their length in bytes and end on 8 bytes."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self._at = at

    def number(self, kind: str) -> int:
        value: int = struct.unpack_from(f"<{kind}", self._content, self._at)[0]
        self._at += struct.calcsize(kind)
        return value

    def vector(self) -> bytes:
        length = self.number("Q")
        begin = self._at
        self._at += length + -length % 8
        return self._content[begin : begin + length]

    def bits(self) -> list[int]:
        units = self.vector()
        count = self.number("I")
        self.number("I")
        for _ in range(3):
            self.vector()  # indexes that speed up ranks and selections
        return [units[at >> 3] >> (at & 7) & 1 for at in range(count)]

    def packed(self) -> list[int]:
        units = int.from_bytes(self.vector(), "little")
        width = self.number("I")
        mask = self.number("I")
        return [units >> at * width & mask for at in range(self.number("Q"))]


class _Trie:
    def __init__(self, reader: _Reader) -> None:
        self._ones = [at for at, bit in enumerate(reader.bits()) if bit]
        self.terminal = reader.bits()
        self._is_link = reader.bits()
        self._bases = reader.vector()
        self._extras = reader.packed()
        self._tail = reader.vector()
        self._tail_ends = reader.bits()
        self._ranks = list(accumulate(self._is_link))
        self._next = _Trie(reader) if any(self._is_link) and not self._tail else None
        reader.vector()  # a cache of transitions
        reader.number("I")
        reader.number("I")

    def key(self, node: int) -> bytes:
        """What stands on the way from the root to a node."""
        return b"".join(reversed(self._way_up(node)))

    def _way_up(self, node: int) -> list[bytes]:
        labels = []
        while node:
            labels.append(self._label(node))
            node = self._ones[node] - node - 1
        return labels

    def _label(self, node: int) -> bytes:
        if not self._is_link[node]:
            return self._bases[node : node + 1]
        link = self._bases[node] | self._extras[self._ranks[node] - 1] << 8
        if self._next:
            # Tries of labels are read from the leaf to the root.
            return b"".join(self._next._way_up(link))  # noqa: SLF001  # of its own class
        if self._tail_ends:
            return self._tail[link : self._tail_ends.index(1, link) + 1]
        return self._tail[link : self._tail.index(0, link)]
