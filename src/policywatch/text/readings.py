"""Pinyin: how it is written on pages, and whether it is a reading of a character."""

from __future__ import annotations

import os
import unicodedata
from functools import cache

LETTERS = r"a-zA-Z\u00e0-\u01dc\u0251\u0261\u0300-\u030c\u1e3f"
"""For use inside a character class of a regular expression."""
_VARIANTS = str.maketrans({"ɡ": "g", "ɑ": "a", "v": "ü", "ă": "ǎ", "ĕ": "ě", "ĭ": "ǐ", "ŏ": "ǒ", "ŭ": "ǔ"})
"""Letters of other alphabets, and breves for carons, that pages use in pinyin."""


@cache
def readings(character: str) -> frozenset[str]:
    """Every reading of one Han character, with tone marks; the neutral tone bare."""
    # Without its phrase dictionary pypinyin takes 13 MB instead of 57; single characters are all that is asked. It is
    # loaded when the first bracket asks: most processes never meet one.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import Style, pinyin  # noqa: PLC0415

    found = pinyin(character, style=Style.TONE, heteronym=True, errors="ignore")
    return frozenset(unicodedata.normalize("NFC", reading) for readings in found for reading in readings)


def fits(written: str, character: str) -> bool:
    """Whether what stands in a bracket, tone included, is a reading of the character."""
    return unicodedata.normalize("NFC", written).lower().translate(_VARIANTS) in readings(character)
