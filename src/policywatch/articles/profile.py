"""Profiles: what is kept of a text so that its reprints are known again without it.

A sketch of the whole, and of each sentence two hashes: of its letters, and of its letters without numbers and places.
Two sentences that agree in the second and not in the first are one template with other figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from policywatch.articles import minhash, numerals, places
from policywatch.text.fold import folded
from policywatch.text.table import codes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

SENTENCES = 64
"""How many are kept, from the beginning."""
SENTENCE = 8
"""Letters below which a sentence says nothing."""
MOST = 40_000
"""Characters of a text that are looked at."""
_FURNITURE = re.compile(
    r"^[^\S\n]*(?:\S{0,3}(?:来源|稿源|责任?编辑|责编|编辑|校对|审核|监制|作者|记者|原标题|点击|阅读|浏览|发布时间|日期|字号|字体|打印|分享|扫一扫)"
    r"[^\S\n]*[:：(（]|(?:相关(?:文章|阅读|链接|新闻|附件)|推荐阅读|延伸阅读|上一篇|下一篇|版权声明|免责声明|返回列表|返回顶部|关闭窗口|我要纠错)).{0,80}$",
    re.MULTILINE,
)
"""Lines that a site puts around a text. A long one is text that stands on a single line."""
_BYLINE = re.compile(
    r"^[^\S\n]*[【\[](?:导读|导语|摘要|提要|编者按)[】\]]"
    r"|^[^\S\n]*[A-Z][A-Z .'-]{2,28}(?:, [A-Z][a-z]{2,8}\.? \d{1,2})?(?: \([A-Za-z .]{2,24}\))? ?[-–—]{1,2} "
    r"|^[^\S\n]*[A-Z][A-Za-z .'-]{2,28}, \d{1,2} [A-Z][a-z]{2,8} \d{4} ?[-–—]{1,2} "
    r"|[(（](?:\S{0,6}记者|通讯员|编辑|责编|来源)[^()（）\n]{0,30}[)）]"
    r"|^[^\S\n]*(?:据?新华社|中新社|中新网|人民网|央视网|央视新闻|本报|本网|[\u4e00-\u9fff]{2,6}(?:日报|晚报|新闻网))[^。，,\n]{0,16}?(?:电|讯|消息)(?=[\s:：(（，,])",
    re.MULTILINE,
)
"""Who wrote it and where from, before a first sentence."""
_LETTER, _NUMERAL, _END, _STOP, _LATIN = 1, 2, 4, 8, 16
_MULTIPLIER = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A text as it is compared; empty arrays where it is too short."""

    sketch: NDArray[np.uint32]
    sentences: NDArray[np.uint32]
    """Hash of each sentence, in the text's order."""
    templates: NDArray[np.uint32]
    """Of the same sentences without numbers and places."""

    def packed(self) -> bytes:
        """For the store; some 800 bytes at most."""
        head = np.array([len(self.sketch), len(self.sentences)], dtype="<u2")
        return b"".join(
            part.astype(part.dtype.newbyteorder("<")).tobytes()
            for part in (head, self.sketch, self.sentences, self.templates)
        )

    @property
    def bands(self) -> list[int]:
        """Numbers of which it shares one with each of its reprints, if their texts are alike."""
        found = minhash.bands(self.sketch).tolist()
        return [*found, int(self.sentences[0]) - (1 << 40)] if len(self.sentences) else found


def unpacked(packed: bytes) -> Profile:
    """What `packed` made; an empty profile of no bytes."""
    if not packed:
        return NOTHING
    bins, count = np.frombuffer(packed, dtype="<u2", count=2).tolist()
    whole = np.frombuffer(packed, dtype="<u4", offset=4)
    return Profile(whole[:bins], whole[bins : bins + count], whole[bins + count :])


_NONE = np.empty(0, dtype=np.uint32)
NOTHING = Profile(_NONE, _NONE, _NONE)


def of(body: str) -> Profile:
    """The profile of a text. Takes any text and does not raise."""
    # A single line break between two Han characters folds away; here it ends a sentence.
    return of_folded(folded(without_furniture(body[:MOST]).replace("\n", "\n\n")))


def without_furniture(text: str) -> str:
    """A text without the lines and notes that a site puts around it."""
    return _BYLINE.sub("", _FURNITURE.sub("", text))


def of_folded(text: str) -> Profile:
    """The same of a text that is folded already."""
    if not text:
        return NOTHING
    # A character may fold to eighteen.
    codes = codes_of(numerals.FIRST.sub("第一", text[: 2 * MOST])).copy()
    places.sign(codes)
    kinds = _kinds().take(codes, mode="clip")
    kept = (kinds & _LETTER) > 0
    letters = codes[kept]
    ends = _ends(codes, kinds)
    # Where each sentence begins and ends among the letters.
    counted = np.cumsum(kept)
    bounds = np.concatenate(([0], counted[ends], [len(letters)]))
    kinds = kinds[kept]
    # In a Chinese text a Latin name is as good as a number.
    is_chinese = np.count_nonzero(kinds & _LATIN) * 2 < len(kinds)
    is_number = (kinds & (_NUMERAL | _LATIN if is_chinese else _NUMERAL)) > 0
    sentences, templates = _hashes(letters, is_number, bounds)
    return Profile(minhash.sketch(letters), sentences, templates)


def _ends(codes: NDArray[np.uint32], kinds: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Where sentences end: at a mark of its own, and at a full stop that is not inside a number or a word."""
    is_end = (kinds & _END) > 0
    stops = np.flatnonzero(kinds & _STOP)
    if len(stops):
        behind = np.minimum(stops + 1, len(codes) - 1)
        is_end[stops[(kinds[behind] & _LETTER) == 0]] = True
    return np.flatnonzero(is_end)


def _hashes(
    letters: NDArray[np.uint32], is_number: NDArray[np.bool_], bounds: NDArray[np.intp]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    lengths = np.diff(bounds)
    begins = bounds[:-1][lengths >= SENTENCE][:SENTENCES]
    lasts = bounds[1:][lengths >= SENTENCE][:SENTENCES]
    if not len(begins):
        return _NONE, _NONE
    letters, is_number = letters[: lasts[-1]], is_number[: lasts[-1]]
    whole = _summed(letters, begins, lasts)
    is_word = ~is_number
    before = np.concatenate(([0], np.cumsum(is_word)))
    template = _summed(letters[is_word], before[begins], before[lasts])
    return whole, template


def _summed(letters: NDArray[np.uint32], begins: NDArray[np.intp], lasts: NDArray[np.intp]) -> NDArray[np.uint32]:
    """A polynomial hash of each stretch, from sums over all: independent of where the stretch stands."""
    power, inverse = _powers(len(letters) + 1)
    sums = np.zeros(len(letters) + 1, dtype=np.uint64)
    np.cumsum((letters.astype(np.uint64) + np.uint64(1)) * power[:-1], out=sums[1:])
    found = (sums[lasts] - sums[begins]) * inverse[begins]
    found ^= found >> np.uint64(31)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    return (found >> np.uint64(32)).astype(np.uint32)


@cache
def _all_powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    size = 4 * MOST + 2
    inverse = pow(_MULTIPLIER, -1, 1 << 64)
    steps = np.full((2, size), 1, dtype=np.uint64)
    steps[0, 1:], steps[1, 1:] = np.uint64(_MULTIPLIER), np.uint64(inverse)
    power, back = np.cumprod(steps, axis=1, dtype=np.uint64)
    return power, back


def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    power, inverse = _all_powers()
    return power[:count], inverse[:count]


@cache
def _kinds() -> NDArray[np.uint8]:
    """What each code point of a folded text is."""
    kinds = np.zeros(0x110000, dtype=np.uint8)
    for first, last in ((0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x40000), (0xAC00, 0xD7A4), (0x3041, 0x3100)):
        kinds[first:last] = _LETTER
    for letter in "abcdefghijklmnopqrstuvwxyz":
        kinds[ord(letter)] = _LETTER | _LATIN
    for code in range(0xC0, 0x530):
        if chr(code).isalpha():
            kinds[code] = _LETTER
    for letter in numerals.CHARACTERS + "%":
        kinds[ord(letter)] = _LETTER | _NUMERAL
    kinds[places.SIGNS.start : places.SIGNS.stop] = _LETTER | _NUMERAL
    for mark in "。!?;\n":
        kinds[ord(mark)] = _END
    kinds[ord(".")] = _STOP
    return kinds
