"""Numbers by which documents are known: 国办发〔2026〕12号, 2026年第18号公告, 第72号令, (EU) 2026/1187.

A document's own number stands alone on a line, in a field of the header (文号：), in brackets at the end, or in the
title. Whatever stands inside a sentence is the number of another document.
"""

# tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch.articles.docmeta import days, promulgation

if TYPE_CHECKING:
    from policywatch.articles.docmeta.sheet import Sheet

_YEAR = r"[12oil〇○零一二][0-9oil〇○零一二三四五六七八九]{3}"
_SERIAL = r"[0-9oil]{1,6}|[〇○零一二三四五六七八九十百]{1,7}"
_TAIL = rf"[\])】〕}}〗〉》﹞⟧]\s*第?\s*(?P<serial>{_SERIAL})\s*号"
NUMBER = re.compile(
    rf"(?P<word>[\u4e00-\u9fff()a-z]{{1,24}}?)\s*[\[(【〔{{〖〈《﹝⟦](?:\s*)(?P<year>{_YEAR})\s*年?{_TAIL}"
)
_ENDS = re.compile(_TAIL)
_ANNOUNCED = re.compile(rf"(?:(?P<year>{_YEAR})\s*年\s*)?第\s*(?P<serial>{_SERIAL})\s*号")
_FIELD = re.compile(
    r"^[【\[]?(?:发\s*文\s*字\s*号|发\s*布\s*文\s*号|文\s*件\s*编\s*号|文\s*件\s*字\s*号|文\s*号|字\s*号|公告文号|编\s*号)\s*[:】\]]:?\s*(?P<value>\S.*)$"
)
_OTHER_FIELD = re.compile(r"\s(?=\S{2,6}\s?[:])|公开属性|主动公开|发布日期|成文日期")
_IN_BRACKETS = re.compile(r"\(?(?:发文字号|文号)\s*:\s*(?P<value>[^)。]*?号)")
_TAIWAN = re.compile(r"(?P<value>[\u4e00-\u9fff]{2,10}字第\d{8,12}[a-z]?号)")
_LAW = re.compile(r"\(eu\)\s*(?:no\.?\s*)?(\d{2,4}/\d{2,4})")
_FOREIGN = (
    (re.compile(r"docket\s+no\.?\s*:?\s*([a-z0-9][a-z0-9-]{4,})"), "Docket No. {}"),
    (re.compile(r"\brin\s+(\d{4}-[a-z]{2}\d{2})"), "RIN {}"),
    (re.compile(r"executive order\s+(?:no\.?\s*)?(\d{4,5})\b"), "EO {}"),
    (re.compile(r"\b((?:com|swd|join)\(20\d\d\)\s*\d+)(?:\s+final)?"), "{}"),
    (re.compile(r"public law\s+(?:no\.?\s*)?(\d{2,3}-\d+)"), "Public Law {}"),
    (re.compile(r"\bl\.n\.\s*(\d+ of 20\d\d)"), "L.N. {}"),
    (re.compile(r"\bdecree\s+no\.?\s*(\d+)"), "Decree No. {}"),
)
_STANDARD = re.compile(
    r"(?<![a-z])(?P<value>(?:gb|db\d{2,6}|[a-z]{2}|t/[a-z]{2,8})(?:/[tz])?\s*\d[\d.]*\s*[-—–]+\s*20\d\d)(?!\d)"
)
_QUOTED = re.compile(r"《[^《》]*(?:〈[^〉]*〉[^《》]*)*》")
_SPACED = re.compile(r"[\u4e00-\u9fff] [\u4e00-\u9fff] ")
"""The first letters of a number that is set with a space after each."""
_ORDER_LINE = re.compile(r"[\u4e00-\u9fff]令$")
_HEAD = 14
"""Lines in which a header stands."""


def own(sheet: Sheet, *, is_standard: bool = False) -> tuple[str, ...]:
    """The document's own numbers, in the order in which they stand."""
    found: list[str] = []
    for value in _fields(sheet):
        found += _read(value, sheet.title)
    if not found:
        above = ""
        for place, line in enumerate(sheet.lines):
            found += _alone(line.text, sheet.title, above, is_head=place < _HEAD)
            above = line.text
    for line in sheet.lines:
        for bracketed in _IN_BRACKETS.finditer(line.text):
            found += _read(bracketed["value"], sheet.title)
    if not found:
        found += _of_title(sheet)
    if not found and (order := promulgation.of(sheet)):
        found.append(f"第{order.serial}号令")
    found += _foreign(sheet)
    if is_standard and not found:
        standard = _STANDARD.search(sheet.title) or next(
            (one for line in sheet.lines[:4] if (one := _STANDARD.fullmatch(line.text))), None
        )
        if standard:
            found.append(re.sub(r"[-—–]+", "—", standard["value"].upper()))
    return tuple(dict.fromkeys(found))


def first(text: str) -> re.Match[str] | None:
    """The first number that stands in a text."""
    # A number's word may begin anywhere, its end is rare: a text without one need not be tried place by place.
    return NUMBER.search(text) if _ENDS.search(text) else None


def quoted(text: str) -> list[tuple[int, int, str]]:
    """Every number that stands in a plain text, in clean form, with its place."""
    if _ENDS.search(text) is None:
        return []
    found = [(one.start(), one.end(), clean(one)) for one in NUMBER.finditer(text)]
    return [(start + _lead(text[start:end]), end, number) for start, end, number in found]


def clean(found: re.Match[str]) -> str:
    """国办发〔2026〕12号, whatever the brackets and digits were."""
    word = found["word"]
    word = re.sub(r"^.*[()]", "", word) if word.count("(") != word.count(")") else word
    word = word[_lead(word) :]
    if word.endswith("令"):
        return f"第{digits(found['serial'])}号令"
    return f"{word}〔{digits(found['year'])}〕{digits(found['serial'])}号"


_LEADS = re.compile(
    r".*(?:根据|依据|按照|转发|印发|废止|贯彻|落实|执行|关于|依照|按|见|参照|原|以|文件|通知|号文|和|与|及|的|由|为|了|据|"
    r"现将|下发|发布|公布|修订|修改|遵照|对照|其中|包括|文号)(?=[\u4e00-\u9fff]{2,})"
)


def _lead(word: str) -> int:
    """How many characters before a number's own word belong to the sentence around it."""
    word = word.split("〔", maxsplit=1)[0]
    found = _LEADS.match(word)
    return found.end() if found else 0


def _fields(sheet: Sheet) -> list[str]:
    found = []
    for line in sheet.lines[: _HEAD * 2]:
        field = _FIELD.match(line.text)
        if field:
            found.append(_OTHER_FIELD.split(field["value"])[0])
            continue
        inner = re.search(r"(?:文\s*号|发文字号)\s*:\s*(?P<value>[^:]*?号)(?=\s|$)", line.text)
        if inner:
            found.append(inner["value"])
    return found


def _read(value: str, title: str) -> list[str]:
    """The numbers of a field or of a line that holds nothing else."""
    found = [clean(one) for one in NUMBER.finditer(value)]
    if found:
        return found
    taiwan = _TAIWAN.search(value)
    if taiwan:
        return [taiwan["value"]]
    one = _ANNOUNCED.search(value)
    return [_announced(one, value, title)] if one else []


def _alone(line: str, title: str, above: str, *, is_head: bool) -> list[str]:
    """The numbers of a line that holds nothing but numbers, or begins with one before a salutation."""
    if "号" not in line:
        return []
    if len(line) > 200:
        lead = NUMBER.match(line) if is_head else None
        return [clean(lead)] if lead and re.match(r"\s+\S", line[lead.end() :]) else []
    if _SPACED.match(line) and (one := NUMBER.fullmatch("".join(line.split()))):
        return [clean(one)]
    rest = NUMBER.sub(" ", line)
    if rest != line and not rest.strip(" ,;、()。/"):
        return [clean(one) for one in NUMBER.finditer(line)]
    if not is_head:
        return []
    taiwan = re.fullmatch(rf"(?:发文字号\s*:?\s*)?{_TAIWAN.pattern}", line)
    if taiwan:
        return [taiwan["value"]]
    lead = NUMBER.match(line)
    if lead and re.match(r"\s+[^\s,。、《]", line[lead.end() :]):
        return [clean(lead)]
    one = re.fullmatch(
        rf"(?:[\u4e00-\u9fff\s]{{0,60}}?(?:公告|令|通告|决定|命令)?)?\s*[(]?{_ANNOUNCED.pattern}(?:\s*(?:公告|令|通告))?[)]?",
        line,
    )
    if one and _ORDER_LINE.search(above):
        return [f"第{digits(one['serial'])}号令"]
    if one and (re.search("公告|令|通告", line) or re.search("公告|令|通告|决定", title)):
        return [_announced(one, line, title)]
    return []


def _announced(found: re.Match[str], context: str, title: str) -> str:
    is_order = "令" in context or ("令" in title and "公告" not in context)
    serial = digits(found["serial"])
    if is_order:
        return f"第{serial}号令"
    noun = "通告" if "通告" in context or ("通告" in title and "公告" not in context + title) else "公告"
    return f"{digits(found['year'])}年第{serial}号{noun}" if found["year"] else f"第{serial}号{noun}"


def _of_title(sheet: Sheet) -> list[str]:
    title = _QUOTED.sub(lambda one: " " * len(one[0]), sheet.title)
    for found in NUMBER.finditer(title):
        if re.match(r"\s*[)）】]?\s*(?:\([^()]*\))?\s*$", title[found.end() :]) and not re.search(
            "转发|解读|废止|贯彻|落实", title[: found.start()]
        ):
            return [clean(found)]
    found_ = re.search(rf"(?:公告|令|通告)[\s(]*{_ANNOUNCED.pattern}[\s)]*(?:$|\(|关于|(?<=[\s)])\S)", title)
    return [_announced(found_, found_[0], title)] if found_ else []


def _foreign(sheet: Sheet) -> list[str]:
    title = sheet.title
    law = _LAW.search(title) if not re.match(r"[\u4e00-\u9fff]", title) else None
    found = [f"(EU) {law[1]}"] if law else []
    if re.search(r"[a-z]{4}", title) and not re.search(r"[\u4e00-\u9fff]{4}", title):
        head = f"{title}\n" + "\n".join(line.text for line in sheet.lines[:12])
        for pattern, form in _FOREIGN:
            one = pattern.search(head)
            if one:
                found.append(form.format(one[1].upper() if "of" not in one[1] else one[1]))
    return found


def digits(text: str) -> str:
    """A number in digits, whatever it was written in; letters that a scanner took for digits are read as such."""
    text = text.translate(str.maketrans("oil", "011")) if re.fullmatch(r"[0-9oil]+", text) else text
    number = days.number(text)
    return str(number) if number is not None else text
