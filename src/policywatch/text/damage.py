"""The damage that some converters do to GBK pages, forward: what text looks like after it.

Three steps, found on real pages. Each character is put into its traditional form by itself. Then two things are
inserted by a search over BYTES, blind to where characters begin: `(pinyin)` behind certain traditional characters, and
an invisible mark before full-width punctuation. Where a pair of bytes straddles two characters, all that follows is
read one byte late until an ASCII byte puts the reading in step again, and the byte before the hit is lost. Last, full-
width punctuation is halved.
"""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import TYPE_CHECKING

import opencc
from pypinyin import Style, pinyin

from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Iterable

BRACKETED = "個優儲內創動務勢勵區實對導強態應戰擴時會業構標機濟獨現產當發級統經網續聯術補規設質進關項領點"
"""Characters seen with a bracket behind them."""
_ALL_HAN = re.compile(f"[{HAN}]{{3,}}")
_MARK = b"\x1f"
"""Stands for the invisible mark: any byte that ends a character nowhere and shows as nothing."""
_HALVED = str.maketrans("？；，：（）！", "?;,:()!")
_FULL_WIDTH = tuple(character.encode("gbk") for character in "？；，：！")


@cache
def _traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


@cache
def _one(character: str) -> str:
    converted: str = _traditional().convert(character)
    return converted


@cache
def _bracket_bytes() -> tuple[re.Pattern[bytes], dict[bytes, bytes]]:
    pairs = {
        character.encode("gbk"): f"({pinyin(character, style=Style.TONE)[0][0]})".encode("gbk", "ignore")
        for character in BRACKETED
    }
    return re.compile(b"|".join(re.escape(pair) for pair in pairs)), pairs


def damage(text: str) -> str:
    """The text as such a page shows it. Characters that GBK lacks are shown as numeric references, as there."""
    traditional = "".join(_one(character) for character in text)
    written = traditional.encode("gbk", "xmlcharrefreplace")
    pattern, pairs = _bracket_bytes()
    written = pattern.sub(lambda hit: hit[0] + pairs[hit[0]], written)
    for pair in _FULL_WIDTH:
        written = written.replace(pair, _MARK + pair)
    return _read(written).translate(_HALVED)


_AFTERWARDS = ("的", "和", "一", "a")
"""What may follow: a stretch that is out of step at its end reads on into it."""
_CUT_READING = re.compile(r"\([^)]*$")
_LEAST = 2
"""Characters that must show behind the lost one; fewer would be found in texts that have nothing to do with it."""


def torn(terms: Iterable[str]) -> list[str]:
    """Those of many Han terms that the damage tears apart; all at once, as most are not."""
    known = [term for term in dict.fromkeys(terms) if _ALL_HAN.fullmatch(term)]
    # A reading that is late at a term's end takes one of the line breaks along; the next ones set it right.
    shown = re.split(r"\n+", damage("\n\n\n".join(known)))
    if len(shown) != len(known):
        return known
    return [term for term, one in zip(known, shown, strict=True) if "?" in one]


def _in_context(term: str) -> list[str]:
    return [term + after for after in _AFTERWARDS]


def slipped(term: str) -> str | None:
    """What shows of a Han term inside which the search over bytes hits between two characters; None for all others.

    What does not depend on the text around it: the end of a term that the slip does not leave in step is cut off.
    """
    if not _ALL_HAN.fullmatch(term) or "?" not in damage(term):
        return None
    alike = itertools.takewhile(lambda ones: len(set(ones)) == 1, zip(*map(damage, _in_context(term)), strict=False))
    shown = _CUT_READING.sub("", "".join(ones[0] for ones in alike))
    return shown if len(shown) - 1 - shown.rfind("?") >= _LEAST else None


def _read(written: bytes) -> str:
    """Reads GBK as browsers of such pages do: a lead byte without its trail shows `?` and takes the next byte along."""
    shown: list[str] = []
    at = 0
    while at < len(written):
        byte = written[at]
        if byte < 0x80:
            if byte != _MARK[0]:
                shown.append(chr(byte))
            at += 1
            continue
        pair = written[at : at + 2]
        if len(pair) < 2 or byte in {0x80, 0xFF} or pair[1] < 0x40 or pair[1] in {0x7F, 0xFF}:
            shown.append("?")
        else:
            # A user-defined cell has no character: it shows as nothing.
            shown.append(pair.decode("gbk", "ignore"))
        at += 2
    return "".join(shown)
