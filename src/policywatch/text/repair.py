"""Undoes damage that converters did to Chinese text: wrong encodings, pinyin in brackets, and characters torn by it.

Some converters of GB2312 sites write 機(jī)器 for 機器. A bracket is dropped only where its content, tone included, is
a reading of the character before it: 芯(chip), 银行(ABC) and AI(人工智能) are a writer's own and stay. In a text that
has such a bracket, stretches that the same converters tore apart are put together again where that is certain.
"""

from __future__ import annotations

import re
from functools import lru_cache

from policywatch.text import misread, slip
from policywatch.text.han import HAN
from policywatch.text.mapping import Mapped, replaced, without
from policywatch.text.readings import LETTERS, fits

# What is rare stands first: a pattern that looks back first is tried at every place of a text.
_BRACKET = re.compile(rf"[(（](?<=[{HAN}].)\s?(?P<reading>[{LETTERS}]{{1,9}})\s?[)）]")
_TAKEN = re.compile(rf"[{slip.LOST}](?<=[{HAN}].)[{LETTERS}]{{1,7}}\)")
"""A bracket whose opening was lost to a slip."""


def repair(text: str) -> Mapped:
    """The text with its damage undone where it is certain what stood there.

    Text without such damage comes back as the same object. Positions lead back to the text as given.
    """
    return _mended(text) or Mapped(text)


# A title and a body are repaired where an article is made, and again where it is matched.
@lru_cache(maxsize=16)
def _mended(text: str) -> Mapped | None:
    """None for a text without damage: there may be others like it, and each comes back as it is."""
    misread_ = misread.mended(text)
    if misread_:
        read = replaced(text, misread_)
        return read.then(_rebracketed(read.text))
    found = _rebracketed(text)
    return None if found.text is text else found


def _rebracketed(text: str) -> Mapped:
    has_taken = _has_taken(text)
    if "(" not in text and "（" not in text and not has_taken:
        return Mapped(text)
    cuts = _readings(text)
    cuts += slip.straddled(text)
    if not cuts and not has_taken:
        return Mapped(text)
    torn = slip.mended(text)
    edits = [*torn, *((start, end, "") for start, end in cuts if not any(s < end and start < e for s, e, _ in torn))]
    return replaced(text, sorted(edits))


def _has_taken(text: str) -> bool:
    # Single characters are found a hundred times as fast as a pattern that begins with one of several.
    if ")" not in text:
        return False
    for lost in slip.LOST:
        if lost in text:
            return _TAKEN.search(text) is not None
    return False


def without_readings(text: str) -> str:
    """The text without brackets that hold the reading of the character before them; what is torn stays torn."""
    return without(text, _readings(text)).text


def _readings(text: str) -> list[tuple[int, int]]:
    return [
        bracket.span() for bracket in _BRACKET.finditer(text) if fits(bracket["reading"], text[bracket.start() - 1])
    ]
