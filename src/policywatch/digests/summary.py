"""The sentences of a text that carry what a reader looks for: the hits, and the facts. Nothing is worded anew."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.model import Excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_SENTENCES = 3
MAX_LENGTH = 360
SHORTEST = 8
"""Characters of a sentence that says something; headings and greetings are shorter."""
LONGEST = 240
"""Of a longer one the part around its hits would be an excerpt, which there is already."""
# A full stop ends a sentence only before white space: not in 3.5 % or gov.cn.
_INSIDE = r"[^。！？!?；;\n.]*"
_SENTENCE = re.compile(rf"{_INSIDE}(?:\.(?!\s){_INSIDE})*(?:[。！？!?；;\n]|\.(?=\s|$)|$)[”’」』）\")]?")
_FACTS = (
    re.compile(r"[\u4e00-\u9fff]{1,12}[〔\[（(【]\s?(?:19|20)\d\d\s?[〕\]）)】]\s?第?\s?\d{1,5}\s?号"),  # 文号
    re.compile(r"(?:19|20)\d\d\s?年(?:\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?)?|\d{1,2}\s?月\s?\d{1,2}\s?日"),
    re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b|\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"),
    re.compile(r"\d[\d,.]*\s?(?:万亿|亿|千万|百万|万)?\s?(?:美元|欧元|港元|元)|[$€¥£]\s?\d"),
    re.compile(r"\d[\d,.]*\s?[%％]|百分之[一二三四五六七八九十百\d]+"),
    re.compile(r"\d[\d,.]*\s?(?:个|家|项|条|批|台|套|座|公里|千瓦|兆瓦|吉瓦|吨|亩|人|名|次|GW|MW|km)"),
    re.compile(r"截止|截至|之前反馈|征求意见|自.{0,12}起施行|有效期|deadline|comments? (?:are )?due", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class _Sentence:
    place: int
    text: str
    marks: tuple[tuple[int, int], ...]
    worth: tuple[int, int, int]


def summary(body: str, terms: Iterable[str]) -> Excerpt:
    """At most three sentences of a text in their order, `…` where something lies between, the terms marked.

    Preferred are those with the most different terms, then the most kinds of facts (numbers of documents, dates,
    money, shares, quantities, deadlines), then the earliest. Empty when no sentence carries a term: an excerpt
    then says more.
    """
    wanted = sorted({term.casefold() for term in terms if term.strip()}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE) if wanted else None
    if pattern is None:
        return Excerpt()
    found = [_read(place, text, pattern) for place, text in enumerate(_sentences(body))]
    # One with neither hit nor fact only fills the room.
    carrying = sorted((one for one in found if one.worth[:2] != (0, 0)), key=lambda one: one.worth, reverse=True)
    if not carrying or not carrying[0].marks:
        return Excerpt()
    kept: list[_Sentence] = []
    room = MAX_LENGTH
    for sentence in carrying:
        if len(kept) < MAX_SENTENCES and len(sentence.text) <= room:
            kept.append(sentence)
            room -= len(sentence.text) + 1
    return _joined(sorted(kept, key=lambda one: one.place))


def _sentences(body: str) -> Iterable[str]:
    for found in _SENTENCE.finditer(body):
        text = " ".join(found[0].split())
        if SHORTEST <= len(text) <= LONGEST:
            yield text


def _read(place: int, text: str, pattern: re.Pattern[str]) -> _Sentence:
    marks = tuple(found.span() for found in pattern.finditer(text))
    different = len({text[start:end].casefold() for start, end in marks})
    facts = sum(fact.search(text) is not None for fact in _FACTS)
    return _Sentence(place, text, marks, (different, facts, -place))


def _joined(sentences: Sequence[_Sentence]) -> Excerpt:
    text = ""
    marks: list[tuple[int, int]] = []
    last = -1
    for sentence in sentences:
        if last >= 0:
            text += "…" if sentence.place > last + 1 else "" if text.endswith(("。", "！", "？", "；")) else " "
        marks += [(start + len(text), end + len(text)) for start, end in sentence.marks]
        text += sentence.text
        last = sentence.place
    return Excerpt(text, tuple(marks))
