"""Folding: what two spellings of the same words have in common, with the way back to the original.

The result is lower(OpenCC t2s(NFKC(text))), with these seen through: HTML entities, zero-width characters, and white
space, line breaks and interpuncts between Han characters. Each step keeps positions; a step with nothing to do costs
one scan.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

import opencc

from policywatch.text.han import HAN
from policywatch.text.mapping import Mapped, without

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]+")
"""Zero-width characters, soft hyphens, direction marks and variation selectors."""
_GAP = re.compile(rf"(?<=[{HAN}])[\s\u00b7\u2022\u2027\u30fb]+(?=[{HAN}])|\s+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_PARAGRAPH = "\n\n"
"""What a blank line becomes: no term crosses it, and folding again changes nothing."""
# A starter that may melt into the one before it: combining marks have a class, these have none.
_JOINING = re.compile(
    "[\u1160-\u11ff\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u102e"
    "\u1b35\u3099\u309a\uff9e\uff9f\U000110ba\U00011127\U0001133e\U00011357\U000114b0\U000114bd\U000115af\U00011930]"
)
_CHUNK = re.compile(rf"[{HAN}]+")


@cache
def _t2s() -> opencc.OpenCC:
    # One for the process: its dictionaries take a third of a second to load.
    return opencc.OpenCC("t2s")


def fold(text: str) -> Mapped:
    """The folded text; every position of it leads back to `text`. Takes any string and does not raise."""
    mapped = Mapped(text)
    for step in (_without_entities, _without_invisible, _composed, _without_gaps, _simplified, _lowered):
        mapped = mapped.then(step(mapped.text))
    return mapped


def folded(text: str) -> str:
    """Only the text of a fold."""
    return fold(text).text


def _without_entities(text: str) -> Mapped:
    mapped = Mapped(text)
    # Entities of entities (&amp;amp;) come from pages that were escaped twice; each round takes one layer off.
    while "&" in mapped.text:
        decoded = _entities_once(mapped.text)
        if decoded.starts is None:
            break
        mapped = mapped.then(decoded)
    return mapped


def _entities_once(text: str) -> Mapped:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for entity in _ENTITY.finditer(text):
        character = html.unescape(entity[0])
        if character == entity[0]:
            continue
        pieces += (text[at : entity.start()], character)
        starts.extend(range(at, entity.start()))
        ends.extend(range(at + 1, entity.start() + 1))
        starts.extend([entity.start()] * len(character))
        ends.extend([entity.end()] * len(character))
        at = entity.end()
    if not pieces:
        return Mapped(text)
    pieces.append(text[at:])
    starts.extend(range(at, len(text)))
    ends.extend(range(at + 1, len(text) + 1))
    return Mapped("".join(pieces), starts, ends)


def _without_invisible(text: str) -> Mapped:
    if text.isascii():
        return Mapped(text)
    return without(text, [found.span() for found in _INVISIBLE.finditer(text)])


def _composed(text: str) -> Mapped:
    """NFKC, by clusters of characters that can melt together."""
    if unicodedata.is_normalized("NFKC", text):
        return Mapped(text)
    whole = unicodedata.normalize("NFKC", text)
    if len(whole) == len(text) and all(
        a == b or unicodedata.normalize("NFKC", a) == b for a, b in zip(text, whole, strict=True)
    ):
        return Mapped(whole)  # full-width letters and the like: one for one
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    begin = 0
    for at in range(1, len(text) + 1):
        if at < len(text) and (unicodedata.combining(text[at]) or _JOINING.match(text[at])):
            continue
        piece = unicodedata.normalize("NFKC", text[begin:at])
        pieces.append(piece)
        starts.extend([begin] * len(piece))
        ends.extend([at] * len(piece))
        begin = at
    return Mapped("".join(pieces), starts, ends)


def _without_gaps(text: str) -> Mapped:
    """Gaps between Han characters vanish, others become one space; a blank line stays one."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for gap in _GAP.finditer(text):
        is_blank_line = _BLANK_LINE.search(gap[0]) is not None
        is_between_han = _is_han_gap(text, gap.start(), gap.end())
        instead = _PARAGRAPH if is_blank_line else "" if is_between_han else " "
        if instead == gap[0]:
            continue
        pieces += (text[at : gap.start()], instead)
        starts.extend(range(at, gap.start()))
        ends.extend(range(at + 1, gap.start() + 1))
        starts.extend([gap.start()] * len(instead))
        ends.extend([gap.end()] * len(instead))
        at = gap.end()
    if not pieces:
        return Mapped(text)
    pieces.append(text[at:])
    starts.extend(range(at, len(text)))
    ends.extend(range(at + 1, len(text) + 1))
    return Mapped("".join(pieces), starts, ends)


_ONE_HAN = re.compile(f"[{HAN}]")


def _is_han_gap(text: str, start: int, end: int) -> bool:
    return bool(start and end < len(text) and _ONE_HAN.match(text[start - 1]) and _ONE_HAN.match(text[end]))


def _simplified(text: str) -> Mapped:
    if text.isascii():
        return Mapped(text)
    try:
        simplified = _t2s().convert(text)
    except UnicodeError:  # lone surrogates; what stands around them is converted
        simplified = ""
    if len(simplified) == len(text):
        return Mapped(simplified)
    # A phrase of another length, or characters that OpenCC cannot take: run by run, at worst character by character.
    pieces: list[str] = []
    at = 0
    for run in _CHUNK.finditer(text):
        converted = _t2s().convert(run[0])
        if len(converted) != len(run[0]):
            converted = "".join(_one(character) for character in run[0])
        pieces += (text[at : run.start()], converted)
        at = run.end()
    pieces.append(text[at:])
    return Mapped("".join(pieces))


@cache
def _one(character: str) -> str:
    converted = _t2s().convert(character)
    return converted if len(converted) == 1 else character


def _lowered(text: str) -> Mapped:
    lowered = text.lower()
    if len(lowered) == len(text):
        return Mapped(lowered)
    starts: list[int] = []
    for at, character in enumerate(text):
        starts.extend([at] * len(character.lower()))
    return Mapped("".join(character.lower() for character in text), starts, [at + 1 for at in starts])
