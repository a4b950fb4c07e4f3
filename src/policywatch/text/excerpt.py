"""Cuts a short piece of text around what matters in it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from policywatch.model import Excerpt
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Sequence

_BORDER = re.compile(r"[。！？!?；;\n]")
# Chinese is written without spaces: a line break between two sentences leaves none.
_CHINESE_GAP = re.compile(rf"(?<=[{HAN}，。；：！？、”’）》】])\s+(?=[{HAN}“‘（《【])")
_SPACES = re.compile(r"\s+")
_ELLIPSIS = "…"
LEAD = 40
"""How much stands before the first mark when no sentence begins nearer."""


def excerpt(text: str, spans: Sequence[tuple[int, int]], limit: int = 200) -> Excerpt:
    """At most `limit` characters around the densest run of spans, with their ranges in it; the opening without spans.

    Begins at a sentence where one begins near; `…` stands where something was cut. White space becomes one
    space, and none inside Chinese.
    """
    merged = _merged([(max(0, start), min(end, len(text))) for start, end in spans if start < end])
    room = limit - 2
    first = _densest(merged, room) if merged else 0
    begin = _sentence_start(text, merged[first][0], merged[first][1], room) if merged else 0
    end = min(len(text), begin + room)
    begin, end = _on_clusters(text, begin, end)
    pieces: list[str] = []
    marks: list[tuple[int, int]] = []
    length = 0

    def put(piece: str, *, is_marked: bool) -> None:
        nonlocal length
        words = _closed(piece)
        if pieces and pieces[-1].endswith(" "):
            words = words.lstrip()
        if not words:
            return
        if is_marked:
            marks.append((length, length + len(words)))
        pieces.append(words)
        length += len(words)

    at = begin
    if begin > 0:
        put(_ELLIPSIS, is_marked=False)
    for start, stop in merged:
        if start < begin or start >= end:
            continue
        put(text[at:start], is_marked=False)
        put(text[start : min(stop, end)], is_marked=True)
        at = min(stop, end)
    put(text[at:end], is_marked=False)
    cut = "".join(pieces).rstrip()
    marks = [(start, min(stop, len(cut))) for start, stop in marks if start < len(cut)]
    if end < len(text.rstrip()):
        cut += _ELLIPSIS
    return Excerpt(cut, tuple(marks))


def _closed(piece: str) -> str:
    """White space as one space, and none inside Chinese."""
    # Most pieces have none: splitting tells, and is faster than a pattern that looks back at every place.
    return piece if piece.split() == [piece] else _SPACES.sub(" ", _CHINESE_GAP.sub("", piece))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _densest(spans: list[tuple[int, int]], room: int) -> int:
    """Index of the span from which on the most others fit into the room; the earliest of equals."""
    best = most = 0
    last = 0
    for first, (start, _) in enumerate(spans):
        last = max(last, first)
        while last + 1 < len(spans) and spans[last + 1][1] - start <= room - LEAD:
            last += 1
        if last - first + 1 > most:
            best, most = first, last - first + 1
    return best


def _sentence_start(text: str, start: int, end: int, room: int) -> int:
    """Where to begin so that the mark is seen: its sentence if that began near, else a few words before."""
    if end <= room and not _BORDER.search(text, 0, start):
        return 0 if start <= room // 2 else start - LEAD
    earliest = max(0, start - room // 2)
    begin = max(0, start - LEAD)
    for border in _BORDER.finditer(text, earliest, start):
        begin = border.end()
    return begin


def _on_clusters(text: str, begin: int, end: int) -> tuple[int, int]:
    """Moves borders off combining marks, so that no letter loses its accent."""
    while 0 < begin < len(text) and unicodedata.combining(text[begin]):
        begin -= 1
    while begin < end < len(text) and unicodedata.combining(text[end]):
        end -= 1
    return begin, end
