"""Undoes damage that converters did to Chinese text: pinyin put in brackets behind characters.

Some converters of GB2312 sites write 機(jī)器 for 機器. A bracket is dropped only where its content, tone included, is
a reading of the character before it: 芯(chip), 银行(ABC) and AI(人工智能) are a writer's own and stay.
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache

# Without its phrase dictionary pypinyin takes 13 MB instead of 57; single characters are all that is asked.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")

from pypinyin import Style, pinyin

from policywatch.text.han import HAN
from policywatch.text.mapping import Mapped, without

_BRACKET = re.compile(
    rf"(?<=[{HAN}])[(（]\s?(?P<reading>[a-zA-Z\u00e0-\u01dc\u0251\u0261\u0300-\u030c\u1e3f]{{1,9}})\s?[)）]"
)
_VARIANTS = str.maketrans({"ɡ": "g", "ɑ": "a", "v": "ü", "ă": "ǎ", "ĕ": "ě", "ĭ": "ǐ", "ŏ": "ǒ", "ŭ": "ǔ"})
"""Letters of other alphabets, and breves for carons, that pages use in pinyin."""


@cache
def readings(character: str) -> frozenset[str]:
    """Every reading of one Han character, with tone marks; the neutral tone bare."""
    found = pinyin(character, style=Style.TONE, heteronym=True, errors="ignore")
    return frozenset(unicodedata.normalize("NFC", reading) for readings in found for reading in readings)


def repair(text: str) -> Mapped:
    """The text without brackets that hold the reading of the character before them.

    Text without such damage comes back as the same object. Positions lead back to the text as given.
    """
    if "(" not in text and "（" not in text:
        return Mapped(text)
    cuts = []
    for bracket in _BRACKET.finditer(text):
        written = unicodedata.normalize("NFC", bracket["reading"]).lower().translate(_VARIANTS)
        if written in readings(text[bracket.start() - 1]):
            cuts.append(bracket.span())
    return without(text, cuts)
