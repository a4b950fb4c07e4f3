"""The signature (落款): who signed a document, and on which day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.articles.docmeta import days
from policywatch.text import bodies

if TYPE_CHECKING:
    from datetime import date

    from policywatch.articles.docmeta.sheet import Sheet

_ONLY_DATE = re.compile(r"[(]?\s*(?P<date>[^()]{6,24}[日号])\s*(?:\((?:星期|周).\))?\s*[)]?")
_MAY_DATE = re.compile(r"年|20\d\d[-/.]\d|[a-z]{3} *\d|\d *[a-z]{3}")
_NOT_SIGNED = re.compile(r"^(?:发布|发文|成文|公布|更新|来源|时间|日期|生成|索引|信息)")


@dataclass(frozen=True, slots=True)
class Signature:
    """What stands beneath a document. Empty and None where nothing is signed."""

    names: tuple[str, ...] = ()
    date: date | None = None


def signature(sheet: Sheet) -> Signature:
    """The first place where names of bodies stand on lines of their own above a day; else names that end the text."""
    lines = sheet.lines
    alone: date | None = None
    head: Signature | None = None
    for number, line in enumerate(lines):
        day, names = _dated(line.text)
        if day is None:
            continue
        above = _names_above(sheet, number)
        if names or above:
            found = Signature((*above, *names), day)
            if len(above) < 1 or not _opens(sheet, number, above):
                return found
            head = head or found
        alone = day
    for number in range(len(lines), max(0, len(lines) - 12), -1):
        above = _names_above(sheet, number)
        if above and number > 1 and not _opens(sheet, number, above):
            return Signature(above, alone)
    return head or Signature((), alone)


def _opens(sheet: Sheet, number: int, names: tuple[str, ...]) -> bool:
    """Whether names above a line open the text, as a letterhead does and a signature only in a text without words."""
    first = bodies.names_of(sheet.lines[0].text)
    return bool(first) and names[: len(first)] == first and number <= len(names) and len(sheet.lines) > number + 2


def _dated(text: str) -> tuple[date | None, tuple[str, ...]]:
    """The day of a line that holds nothing but a day, or names of bodies before it."""
    if len(text) > 160 or _NOT_SIGNED.match(text):
        return None, ()
    if not _MAY_DATE.search(text):
        return None, ()
    squeezed = re.sub(r"\s+(?=[年月日号])|(?<=[年月])\s+", "", text)
    found = days.days_in(squeezed, None)
    if len(found) != 1 or not found[0].has_year or found[0].is_vague:
        return None, ()
    day = found[0]
    tail = squeezed[day.end :].strip(" ().。")
    head = squeezed[: day.start].strip(" (")
    if tail and not re.fullmatch(r"(?:星期|周).", tail):
        return None, ()
    if not head:
        return day.date, ()
    names = bodies.names_of(head)
    return (day.date, names) if names else (None, ())


def _names_above(sheet: Sheet, number: int) -> tuple[str, ...]:
    """Names of bodies on the lines right above a line."""
    found: list[tuple[str, ...]] = []
    for line in reversed(sheet.lines[max(0, number - 40) : number]):
        names = bodies.names_of(line.text)
        if not names or line.text == sheet.title:
            break
        found.insert(0, names)
    return tuple(name for names in found for name in names)
