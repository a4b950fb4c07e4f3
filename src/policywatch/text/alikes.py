"""Letters that only look like others: Cyrillic and Greek in a Latin word, a katakana or a radical among Han characters.

Forms that pass recognition of scanned pages, and texts that are to slip past filters, have `Аrtificial` with a Cyrillic
capital and 动カ电池 with a katakana. What the letters around say decides: Russian, Greek and Japanese words stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch.text.han import HAN

if TYPE_CHECKING:
    from policywatch.text.marked import Marked

# The confusables of Unicode (UTS 39) that look the same in usual fonts; small Greek letters are formulas' own.
_LATIN = dict(
    zip(
        "АВЕЅІЈКМНОРСТХУаеѕіјорсхуԁһԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "ABESIJKMHOPCTXYaesijopcxydhqw" + "ABEZHIKMNOPTYXo",
        strict=True,
    )
)
_AMONG_HAN = {"エ": "工", "ロ": "口", "カ": "力", "ニ": "二", "タ": "夕", "ト": "卜", "ハ": "八", "囗": "口"}
ALIKES = "".join((*_LATIN, *_AMONG_HAN))
"""Single characters for a class of a regular expression."""
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u052f]+")
_LOOKS_LATIN = re.compile(rf"[A-Za-z{''.join(_LATIN)}]+")
_IS_LATIN = re.compile("[A-Za-z]")
_IS_HAN = re.compile(f"[{HAN}]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")


def meant(marked: Marked, places: list[int]) -> list[tuple[int, int, str]]:
    """What to put in the place of which lookalikes, of which `places` has all."""
    text = marked.text
    edits = []
    word_end, is_mixed = 0, False
    for at in places:
        if text[at] in _AMONG_HAN:
            if _IS_HAN.match(text[at - 1 : at]) and not _KANA.match(text, at + 1):
                edits.append((at, at + 1, _AMONG_HAN[text[at]]))
        elif text[at] in _LATIN:
            if at >= word_end:
                word_end, is_mixed = _word(text, at)
            if is_mixed:
                edits.append((at, at + 1, _LATIN[text[at]]))
    return edits


def _word(text: str, at: int) -> tuple[int, bool]:
    """Where the word around a place ends, and whether it has Latin letters and no others than their lookalikes."""
    start = at
    while start and _WORD.match(text[start - 1]):
        start -= 1
    word = _WORD.match(text, start)
    end = word.end() if word else at + 1
    is_mixed = _LOOKS_LATIN.fullmatch(text, start, end) and _IS_LATIN.search(text, start, end)
    return end, is_mixed is not None
