"""Hostile text made fit to stand in one line of a mail, and to be marked there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from policywatch.text.html import xml_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

_BREAK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Overrides and isolates of direction (UAX 9) would turn the words that follow around; they are never part of a name.
_ODD = re.compile(
    "[^ \\S]|  |[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Piece(NamedTuple):
    """A stretch of text that is marked as a hit, or not."""

    text: str
    is_marked: bool


def one_line(text: str) -> str:
    """The text on one line, without controls and with single spaces, not stripped."""
    # Most texts are printable throughout: known ten times as fast as by the pattern.
    if (text.isprintable() and "  " not in text) or not _ODD.search(text):
        return text
    return _DIRECTION.sub("", xml_safe(_BREAK.sub(" ", text)))


def cut(text: str, limit: int) -> str:
    """The text on one line, at most `limit` characters, with `…` where it was cut."""
    line = one_line(text).strip()
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def pieces(text: str, marks: Sequence[tuple[int, int]], limit: int) -> tuple[Piece, ...]:
    """At most `limit` characters of a text in pieces that are marked or not, each on one line; none of them empty.

    Marks may overlap, lie outside the text or be out of order.
    """
    if not marks and len(text) <= limit:
        words = one_line(text).strip()
        return (Piece(words, is_marked=False),) if words else ()
    end = len(text) if len(text) <= limit else limit - 1
    found: list[Piece] = []
    follows_space = True
    for start, stop, is_marked in _stretches(marks, end):
        words = one_line(text[start:stop])
        if follows_space:
            words = words.lstrip()
        if words:
            found.append(Piece(words, is_marked))
            follows_space = words[-1] == " "
    if end < len(text):
        found.append(Piece("…", is_marked=False))
    elif found:
        last = found.pop()
        if last.text.rstrip():
            found.append(Piece(last.text.rstrip(), last.is_marked))
    return tuple(found)


def plain(line: Sequence[Piece]) -> str:
    """The text of a line without its marks."""
    return line[0].text if len(line) == 1 else "".join([piece.text for piece in line])


def _stretches(marks: Sequence[tuple[int, int]], end: int) -> list[tuple[int, int, bool]]:
    found = []
    at = 0
    for mark_start, mark_end in sorted(marks) if len(marks) > 1 else marks:
        start = max(at, mark_start)
        stop = min(end, mark_end)
        if start >= stop:
            continue
        if at < start:
            found.append((at, start, False))
        found.append((start, stop, True))
        at = stop
    found.append((at, end, False))
    return found
