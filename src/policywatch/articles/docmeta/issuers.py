"""Who issues a document: those who signed it, else those whom its header names, else those whom its title names."""

# tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch.articles.docmeta import numbers, promulgation
from policywatch.text import bodies, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policywatch.articles.docmeta.sheet import Sheet
    from policywatch.articles.docmeta.signature import Signature

_FIELD = re.compile(
    r"(?:发\s*布\s*(?:机\s*构|单\s*位|部\s*门)|发\s*文\s*(?:机\s*关|单\s*位|机\s*构)|制定机关|印发机关|信息来源单位)\s*:\s*(?P<names>[^:]+?)(?=\s+\S{2,6}\s*:|$)"
)
_TITLE = re.compile(
    r"^(?P<names>.{2,120}?)(?=(?:关于|印发|转发|公告|通告|令(?:$|[(第〔\[]|\s*20\d\d年)|公布|发布|办公会|批复))"
)
_SHORT_LINK = re.compile(r"[、\s]+")
_ENGLISH_FIELD = re.compile(r"^(?:agency|from|issued by|issuing (?:body|authority))\s*:\s*(?P<names>.+)$")
_EUROPEAN = (
    (
        re.compile(r"of the european parliament and of the council"),
        ("European Parliament", "Council of the European Union"),
    ),
    (
        re.compile(r"^commission (?:implementing |delegated )?(?:regulation|decision|directive|recommendation)"),
        ("European Commission",),
    ),
    (
        re.compile(r"^council (?:implementing )?(?:regulation|decision|directive|recommendation)"),
        ("Council of the European Union",),
    ),
)
_PARENT = re.compile(r",\s+[a-z]{2,5}$|,?\s+(?:u\.?s\.?\s+)?department of .*$")
_PRESS = re.compile(
    r"^(?P<name>[\u4e00-\u9fff]{2,12}(?:署|局|处|科|厅|委员会|公署|办公室|管理局|部|院))(?:今日|今天|宣布|公布|发布|推出|就|表示|\()"
)
_SIGNED_BY = re.compile(r"(?P<name>中华人民共和国主席|国务院总理)")
_ORDER_LINE = re.compile(r"^(?P<names>[\u4e00-\u9fff、 ]{2,60}?)令\s*(?:\(?第|[〔\[]?20\d\d)")
_LETTERHEAD = re.compile(r"^(?P<names>[\u4e00-\u9fff]{4,30})(?:公告|令)$")
_JOINT = {"北京市科学技术委员会、中关村科技园区管理委员会"}
"""Bodies whose one name holds a comma."""


def issuers(
    sheet: Sheet, signed: Signature, metas: Mapping[str, str], *, kind: str, province: str, city: str, is_foreign: bool
) -> tuple[str, ...]:
    """Full names, the leading body first. Of news none; of an interpretation the body that interprets."""
    if kind == "新闻" and not is_foreign:
        return ()
    if kind == "解读":
        return _whole(_origin(sheet, metas) or signed.names, province, city)
    found: Iterable[str] = signed.names or _of_field(sheet) or _english(sheet)
    titled = _of_title(sheet)
    if not found:
        found = titled or (_press(sheet) if is_foreign else ()) or _president(sheet) or _by_order(sheet)
    elif len(titled) > len(tuple(found)) and set(_whole(found, province, city)) <= set(_whole(titled, province, city)):
        found = titled
    if not found and kind != "新闻":
        found = _origin(sheet, metas)
    return _whole(found, province, city)


def province_of(sheet: Sheet, host: str) -> tuple[str, str]:
    """(province, city) that complete a name such as 省科技厅 or 市财政局; empty where nothing tells."""
    for line in (*sheet.lines,):
        for name in bodies.names_of(line.text):
            place = places.at_start(name)
            if place is not None:
                return place.province, place.region if place.region != place.province else ""
    own = numbers.first("\n".join(line.text for line in sheet.lines[:12]))
    if own is not None:
        province = places.atlas().short.get(numbers.clean(own)[0], "")
        if province:
            city = places.city_of_host(host)
            return province, city if city and places.atlas().cities[city] == province else ""
    return places.province_of_host(host), places.city_of_host(host)


def _whole(names: Iterable[str], province: str, city: str) -> tuple[str, ...]:
    found = []
    for name in names:
        if re.search("[a-z]", name, re.IGNORECASE):
            found.append(name)
            continue
        whole = bodies.full(name, province, city)
        if whole:
            found.append(whole)
    joined = "、".join(found[:2])
    if joined in _JOINT:
        found[:2] = [joined]
    return tuple(dict.fromkeys(found))


def _of_field(sheet: Sheet) -> tuple[str, ...]:
    for line in sheet.lines[:30]:
        field = _FIELD.search(line.text)
        if field:
            return bodies.names_of(field["names"])
    return ()


def _of_title(sheet: Sheet) -> tuple[str, ...]:
    """The bodies at the head of a title: 省发展改革委 省科技厅 省财政厅关于…, also written without gaps."""
    found = _TITLE.match(sheet.title)
    if found is None:
        return ()
    text = re.sub(r"等\S{1,3}部门$", "", found["names"].strip())
    names = bodies.names_of(text)
    if len(names) == 1 and " " not in text and "、" not in text:
        parts = _run_together(names[0])
        return parts or names
    return names


def _run_together(text: str) -> tuple[str, ...]:
    """国家税务总局财政部科技部 as three; empty when it is one name."""
    known = bodies.national().pattern
    found, at = [], 0
    while at < len(text):
        one = known.match(text, at)
        if one is None or (at == 0 and one.end() == len(text)):
            return ()
        tail = re.match(r"办公厅|办公室|秘书处|综合司", text[one.end() :])
        end = one.end() + (tail.end() if tail else 0)
        found.append(text[at:end])
        at = end
    return tuple(found) if len(found) > 1 else ()


def _by_order(sheet: Sheet) -> tuple[str, ...]:
    """The bodies whose order it is: named in the note under the title, or before the order's number on its own line."""
    order = promulgation.of(sheet)
    if order is not None:
        return bodies.names_of(order.body)
    heads = (_ORDER_LINE.match(line.text) or _LETTERHEAD.match(line.text) for line in sheet.lines[:6])
    return next((names for head in heads if head and (names := bodies.names_of(head["names"]))), ())


def _origin(sheet: Sheet, metas: Mapping[str, str]) -> tuple[str, ...]:
    """The body that a page names as its source, unless that is a medium."""
    said = metas.get("contentsource") or metas.get("source") or metas.get("author") or ""
    if not said:
        line = next((line.text for line in sheet.lines[:6] if re.match(r"(?:信息)?来源\s*:", line.text)), "")
        said = re.split(r"\s{2,}|\s(?=\S{2,4}:)", line.partition(":")[2].strip())[0] if line else ""
    said = said.strip()
    if not said or bodies.MEDIA.search(said.lower()):
        return ()
    return bodies.names_of(said)


def _english(sheet: Sheet) -> tuple[str, ...]:
    head = f"{sheet.title}\n" + "\n".join(line.text for line in sheet.lines[:12])
    for line in sheet.lines[:20]:
        field = _ENGLISH_FIELD.match(line.text)
        if field:
            at = line.start + field.start("names")
            whole = _PARENT.sub("", field["names"].rstrip(" ."))
            return (sheet.words(at, at + len(whole)),)
    for text in (head, *head.split("\n")):
        for pattern, names in _EUROPEAN:
            if pattern.search(text):
                return names
    return ()


def _press(sheet: Sheet) -> tuple[str, ...]:
    for text in (sheet.lines[0].text if sheet.lines else "", sheet.title):
        found = _PRESS.match(text)
        if found:
            return (found["name"],)
    return ()


def _president(sheet: Sheet) -> tuple[str, ...]:
    for line in sheet.lines[-4:]:
        found = _SIGNED_BY.match(line.text)
        if found:
            return (found["name"],)
    return ()
