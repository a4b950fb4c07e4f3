"""HTML entities in text: `&#23376;` and `&nbsp;`, and entities of entities from pages that were escaped twice."""

from __future__ import annotations

import html
import re
import unicodedata
from html.entities import html5

from policywatch.text.table import INVISIBLE

_ENTITY = re.compile(r"&(?:(?P<number>#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6}))|(?P<name>[A-Za-z][A-Za-z0-9]{1,31}));")
_LONGEST = 34
_UNSEEN = re.compile(f"[{INVISIBLE}]+")


def decoded(text: str) -> list[tuple[int, int, str]]:
    """What to put in the place of which half-open ranges of a NFKC text, so that no entity is left.

    What is put in is NFKC and has no invisible characters. Names count in any case that HTML does not tell apart:
    lower case must not make an entity of what was none.
    """
    begin = text.find("&")
    if begin < 0 or text.find(";", begin) < 0:
        return []
    pieces = _Pieces(text, begin)
    at = begin
    while (semicolon := text.find(";", at)) >= 0:
        pieces.take(semicolon + 1)
        at = semicolon + 1
        while pieces.decode_last():
            pass
    return pieces.edits()


class _Pieces:
    """The text from some place on up to where it was taken, its ends decoded as far as they go.

    Each entity is decoded as soon as its semicolon was taken, so that what it stands for can be part of the next.
    """

    def __init__(self, text: str, begin: int) -> None:
        self._text = text
        self._taken = begin
        self._shown: list[str] = []
        self._spans: list[tuple[int, int]] = []

    def take(self, end: int) -> None:
        self._shown += self._text[self._taken : end]
        self._spans += zip(range(self._taken, end), range(self._taken + 1, end + 1), strict=True)
        self._taken = end

    def decode_last(self) -> bool:
        """Puts what it stands for in the place of an entity at the end. Whether there may be another now."""
        tail = "".join(self._shown[-_LONGEST:])
        entity = _ENTITY.fullmatch(tail, max(tail.rfind("&"), 0))
        instead = entity and _meant(entity)
        if entity is None or instead is None:
            return False
        length = len(entity[0])
        end = self._spans[-1][1]
        while length > 0:
            length -= len(self._shown.pop())
            start, _ = self._spans.pop()
        if instead or not self._shown:
            self._shown.append(instead)
            self._spans.append((start, end))
        else:
            # An entity of nothing may stand inside another, and must not count as a character of it.
            self._spans[-1] = self._spans[-1][0], end
        return instead.endswith(";")

    def edits(self) -> list[tuple[int, int, str]]:
        return [
            (start, end, shown)
            for shown, (start, end) in zip(self._shown, self._spans, strict=True)
            if shown != self._text[start:end]
        ]


def _meant(entity: re.Match[str]) -> str | None:
    if entity["number"]:
        character = html.unescape(entity[0])
    else:
        name = f"{entity['name']};"
        character = html5.get(name) or html5.get(name.lower(), "")
        if not character:
            return None
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", character))
