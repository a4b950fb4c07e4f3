"""Undoes the slip of half a character in a GBK page: 深??仗扉_發(fā) says 深海空天開發.

`damage.py` tells how it comes about. From the hit on, each character shown is the trail byte of one written character
and the lead byte of the next, until an ASCII byte or an inserted bracket puts the reading in step again. So nearly all
bytes are known; what is lost is the byte before the hit, a pair that has no character, or the byte before a bracket.
What stood there is what reproduces exactly the bytes that are shown and is made of words where bytes are missing; when
nothing else is as good, it is put back. All other stretches stay as they are.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from policywatch.text import lexicon
from policywatch.text.han import HAN
from policywatch.text.readings import LETTERS, fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policywatch.text.mapping import Edit

MOST_HITS = 200
"""Of one text: more than the longest damaged page has, and few enough for a page that was made to be slow."""
LOST = "?\ufffd□"
"""What a lost byte shows as."""
_FULL = dict(zip("?;,:!", "？；，：！", strict=True))
_MARKS = "".join(_FULL) + "".join(_FULL.values())
_READING = rf"(?P<reading>[{LETTERS}]{{1,7}})\)"
# What is rare stands first: a pattern that looks back first is tried at every place of a text.
_HIT = re.compile(rf"[{LOST}](?:(?<=[{HAN})].)(?=[{_MARKS}])|(?<=[{HAN}].){_READING})")
_SHOWN = re.compile(r"[^\x00-\x7f\ufffd□]{0,12}")
_TAKEN = re.compile(rf"[{LOST}]{_READING}")
_BRACKET = re.compile(rf"\({_READING}")
_STRADDLED = re.compile(rf"\((?<=(?P<host>[^\x00-\x7f]|[?;,:!])(?P<letter>[@-~]).){_READING}")
_CONTEXT = 3
"""Characters to each side that help to tell words."""
_BEFORE = re.compile(rf"(?:(?:[{HAN}])(?:\([{LETTERS}]{{1,7}}\))?){{0,{_CONTEXT}}}\Z")
_BEHIND = re.compile(rf"(?:(?:[{HAN}])(?:\([{LETTERS}]{{1,7}}\))?){{0,{_CONTEXT}}}")
_HAN = re.compile(f"[{HAN}]")
_NOT_HAN = re.compile(f"[^{HAN}]")
_MARGIN = 4
"""How much more the next best explanation must cost."""
_HIDDEN = 6
"""What it costs to suppose a pair that shows as nothing; one in seventeen does."""
_ALL = tuple(range(0x81, 0xFF))
_HIDDEN_LEADS = (*range(0xAA, 0xB0), *range(0xF8, 0xFF))
"""Of pairs that browsers show as nothing: the user-defined cells of GBK."""
_PUNCTUATION = "、。“”《》（）·…—"

_Choices = tuple[str, ...]
"""The characters that may have stood at one place."""


@dataclass(frozen=True, slots=True)
class _End:
    """Where a slip ends: the trail bytes that its last character may have, and what must be true of it."""

    at: int
    trails: Sequence[int]
    reading: str | None = None


def straddled(text: str) -> Iterator[tuple[int, int]]:
    """Brackets whose reading is that of a character's second byte and the ASCII letter behind it: “l(fā)ogin”."""
    for found in _STRADDLED.finditer(text):
        pair = _bytes(_FULL.get(found["host"], found["host"])) or b""
        if len(pair) == 2 and fits(found["reading"], _character(pair[1], ord(found["letter"])) or " "):
            yield found.span()


def mended(text: str) -> list[Edit]:
    """What to put in the place of which stretches; sorted, without overlaps."""
    edits: list[Edit] = []
    done = 0
    for hit in itertools.islice(_HIT.finditer(text), MOST_HITS):
        if hit.start() < done:
            continue
        edit = _mended(text, hit, done)
        if edit is not None:
            edits.append(edit)
            done = edit[1]
    return edits


def _mended(text: str, hit: re.Match[str], done: int) -> Edit | None:
    if hit["reading"] is None:
        begin = hit.end() + 1
        known = _bytes(_FULL.get(text[hit.end()], text[hit.end()]))
        leads: Sequence[int] = _ALL
    else:
        begin = hit.end()
        known = b""
        leads = _second_halves(text[hit.start() - 1], hit["reading"])
    shown = _SHOWN.match(text, begin)
    if known is None or shown is None or not leads:
        return None
    late = _bytes(shown[0])
    if late is None:
        return None
    before = _context(_BEFORE.search(text, done, hit.start()))
    found: dict[tuple[str, int], int] = {}
    sure: set[tuple[str, int]] = set()
    for end in _ends(text, shown.end()):
        behind = _context(_BEHIND.match(text, end.at))
        for choices, surcharge in _readings(leads, known + late, end):
            for written, is_sure in _worded(choices, before, behind):
                price = lexicon.cost(before + _plain(written) + behind) + surcharge
                place = (written, end.at)
                found[place] = min(price, found.get(place, price))
                if is_sure:
                    sure.add(place)
    ranked = sorted(found.items(), key=lambda one: one[1])
    # What words alone do not prove is not put back, and yet makes another explanation doubtful.
    if not ranked or ranked[0][0] not in sure or (len(ranked) > 1 and ranked[1][1] - ranked[0][1] < _MARGIN):
        return None
    (written, end_at), _ = ranked[0]
    return hit.start(), end_at, written


def _ends(text: str, at: int) -> Iterator[_End]:
    """How the slip may end where the shown characters do."""
    follows = text[at : at + 1]
    if "@" <= follows <= "~":
        bracket = _BRACKET.match(text, at + 1)
        yield _End(bracket.end() if bracket else at + 1, (ord(follows),), bracket["reading"] if bracket else None)
    taken = _TAKEN.match(text, at)
    if taken:
        yield _End(taken.end(), _ALL, taken["reading"])
    elif follows and follows in LOST and text[at + 1 : at + 2] and text[at + 1] in _MARKS:
        yield _End(at + 1, _ALL)


def _readings(leads: Sequence[int], late: bytes, end: _End) -> Iterator[tuple[list[_Choices], int]]:
    """The choices for every character written, with all pairs shown, and with one that shows as nothing; surcharges."""
    for hidden in (None, *range(0, len(late) + 1, 2)):
        places = _choices(leads, late, end, hidden)
        if places is not None:
            yield places, 0 if hidden is None else _HIDDEN


def _choices(leads: Sequence[int], late: bytes, end: _End, hidden: int | None) -> list[_Choices] | None:
    # Bytes that are unknown stand as all that they may be.
    known: list[Sequence[int]] = [leads, *((byte,) for byte in late), end.trails]
    if hidden is not None:
        known[hidden + 1 : hidden + 1] = [_HIDDEN_LEADS, _ALL]
    places = []
    for lead, trail in zip(known[::2], known[1::2], strict=True):
        options = tuple(
            character
            for pair in itertools.product(lead, trail)
            if (character := _character(*pair)) and _is_likely(character)
        )
        if not options:
            return None
        places.append(options)
    if end.reading is not None:
        last = tuple(one for one in places[-1] if fits(end.reading, one))
        if not last:
            return None
        places[-1] = last
    return places


def _worded(places: Sequence[_Choices], before: str, behind: str) -> Iterator[tuple[str, bool]]:
    """The ways to choose in which every character that is not certain is part of a word or, as the first, a mark.

    Beside each whether words prove it.
    """
    uncertain = [at for at, options in enumerate(places) if len(options) > 1]
    may_be_mark = any(one in _PUNCTUATION for one in places[0])
    for at, options in enumerate(places):
        if len(options) > 1:
            fitting = _fitting(places, at, before, behind)
            if at == 0:
                fitting += tuple(one for one in options if one in _PUNCTUATION)
            if not fitting:
                return
            places = [*places[:at], fitting, *places[at + 1 :]]
    if _product(len(places[at]) for at in uncertain) > _MOST:
        return
    for chosen in itertools.product(*places):
        whole = before + _plain(chosen) + behind
        # Which characters end as punctuation begins is known, with their words: for the first a short one will do.
        # Where it may have been a mark itself, only if another one follows: 青海好 may have been 青。好.
        may_be_short = not may_be_mark or not _HAN.match(whole, len(before) + 1)
        is_sure = all(_is_at_home(whole, len(before) + at) for at in range(len(chosen))) and all(
            lexicon.is_certain(whole, len(before) + at)
            or (at == 0 and may_be_short and lexicon.is_in_word(whole, len(before), 2))
            for at in uncertain
        )
        if is_sure or all(_may_stand(whole, len(before), at) for at in uncertain):
            yield "".join(chosen), is_sure


def _is_at_home(whole: str, place: int) -> bool:
    """Whether a character is one that stands by itself, or a word has it: two that lost a pair between them seldom are.

    持合 that lost the pair in its middle shows 夹.
    """
    return (
        whole[place] in lexicon.alone()
        or _NOT_HAN.match(whole[place]) is not None
        or lexicon.is_in_word(whole, place, 2)
    )


def _may_stand(whole: str, before: int, at: int) -> bool:
    """Whether a word of two holds the character that was put in at a place, or it is a mark at the first."""
    place = before + at
    return lexicon.is_in_word(whole, place, 2) or (at == 0 and whole[place] in _PUNCTUATION)


_MOST = 4000
"""Ways to choose beyond which a stretch has lost too much."""


def _product(numbers: Iterator[int]) -> int:
    product = 1
    for number in numbers:
        product *= number
    return product


def _fitting(places: Sequence[_Choices], at: int, before: str, behind: str) -> _Choices:
    """The choices at a place of which a word may be made, with any choice for what is uncertain beside it."""
    around = [*((letter,) for letter in before), *places, *((letter,) for letter in behind)]
    # Many choices are spellings of one character.
    line = [tuple(dict.fromkeys(map(lexicon.plain, options))) for options in around]
    middle = len(before) + at
    windows = [
        (start, start + length)
        for length in (2, 3, 4)
        for start in range(max(0, middle - length + 1), min(middle, len(line) - length) + 1)
        if _product(len(around[beside]) for beside in range(start, start + length) if beside != middle) <= _MOST
    ]
    words = lexicon.words()
    found = {
        one
        for one in line[middle]
        if any(
            "".join(letters) in words
            for start, end in windows
            for letters in itertools.product(*line[start:middle], (one,), *line[middle + 1 : end])
        )
    }
    return tuple(one for one in places[at] if lexicon.plain(one) in found)


def _second_halves(host: str, reading: str) -> Sequence[int]:
    """The lead bytes of the next character: with the host's trail byte each makes a character of that reading."""
    pair = _bytes(host)
    if pair is None:
        return ()
    return [
        byte
        for byte in _ALL
        if (straddling := _character(pair[1], byte)) and _is_likely(straddling) and fits(reading, straddling)
    ]


def _context(found: re.Match[str] | None) -> str:
    return _plain(_NOT_HAN.sub("", found[0])) if found else ""


def _plain(characters: Sequence[str]) -> str:
    return "".join(map(lexicon.plain, characters))


@cache
def _character(lead: int, trail: int) -> str:
    """What two bytes mean; empty where GBK has nothing."""
    return bytes((lead, trail)).decode("gbk", "ignore") if trail != 0x7F else ""


@cache
def _is_likely(character: str) -> bool:
    return character in _PUNCTUATION or lexicon.plain(character) in lexicon.common()


def _bytes(text: str) -> bytes | None:
    try:
        encoded = text.encode("gbk")
    except UnicodeEncodeError:
        return None
    return encoded if len(encoded) == 2 * len(text) else None
