"""Which other documents a document speaks of: what it explains, changes, repeals or passes on."""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch.articles.docmeta import numbers
from policywatch.model import Relation

if TYPE_CHECKING:
    from policywatch.articles.docmeta.sheet import Sheet

MOST = 20
_NAMED = re.compile(r"《(?P<name>[^《》]{2,120}(?:〈[^〉]*〉[^《》]*)*)》\s*(?:\((?P<number>[^()]{4,60})\))?")
_REPEALED = re.compile(r"(?:同时|即行|自行|相应|一并|予以)?(?:废止|失效|停止(?:执行|施行))")
_AMENDED = re.compile(
    r"(?:修改|修订|修正)\s*[《〈](?P<name>[^《》〈〉]{2,80})[》〉]|[《〈](?P<after>[^《》〈〉]{2,80})[》〉]\s*(?:作出?如下)?(?:修改|修订|修正)"
)
_AMENDS_EN = re.compile(
    r"amend(?:ing|s|ment of|ments to)\s+(?P<name>(?:council |commission )?(?:implementing |delegated )?(?:regulations?|directives?|decisions?)\s*(?:\((?:eu|ec|eec)\)\s*(?:no\s*)?)?\d{2,4}/\d{1,4}(?:/\w+)?)"
)
_REPEALS_EN = re.compile(
    r"repealing\s+(?P<name>(?:council |commission )?(?:regulations?|directives?|decisions?)\s*(?:\((?:eu|ec|eec)\)\s*(?:no\s*)?)?\d{2,4}/\d{1,4}(?:/\w+)?)"
)
_ANNOUNCEMENT = re.compile(r"(?P<name>[\u4e00-\u9fff]{2,20}公告\s*20\d\d年第\d{1,4}号)")
_PASSES_ON = re.compile(r"转发|批转")
_ORDER = re.compile(r"第\s*(?P<serial>[\d〇○零一二三四五六七八九十百]{1,6})\s*号")


def relations(sheet: Sheet, kind: str) -> tuple[Relation, ...]:
    """Each once, at most MOST; the other's number where it stands beside its name, else its name."""
    found: list[Relation] = []
    if kind == "解读":
        found += _explained(sheet)
    if kind not in {"解读", "新闻"}:
        if _PASSES_ON.search(_outside(sheet.title)):
            found += _passed_on(sheet)
        elif kind != "征求意见稿":
            found += _repealed(sheet.body)
            found += _amended(sheet)
            found += _was_draft(sheet)
    return tuple(dict.fromkeys(found))[:MOST]


def _outside(title: str) -> str:
    return re.sub(r"《[^《》]*》?", " ", title)


def _explained(sheet: Sheet) -> list[Relation]:
    titled = _NAMED.search(sheet.title)
    if titled:
        name = titled["name"]
        for one in _NAMED.finditer(sheet.body[:3000]):
            if one["number"] and (one["name"] == name or name in one["name"] or one["name"] in name):
                number = _number(one["number"])
                if number:
                    return [Relation("解读", number)]
        return [Relation("解读", name)]
    for one in _NAMED.finditer(sheet.body[:600]):
        if re.search(r"根据|依据|按照|贯彻|落实", sheet.body[max(0, one.start() - 12) : one.start()]):
            continue
        return [Relation("解读", _number(one["number"] or "") or one["name"])]
    about = re.match(r"(?:图解|一图(?:看|读)懂|解读|政策解读|专家解读)\s*[:|｜]\s*(?P<name>.{6,80})$", sheet.title)
    return (
        [Relation("解读", about["name"])]
        if about and re.search("办法|意见|方案|规划|条例|措施|规定|政策|通知", about["name"])
        else []
    )


def _number(text: str) -> str:
    found = numbers.first(text)
    if found:
        return numbers.clean(found)
    order = _ORDER.search(text)
    if order and "令" in text:
        return f"第{numbers.digits(order['serial'])}号令"
    return ""


def _passed_on(sheet: Sheet) -> list[Relation]:
    for one in _NAMED.finditer(sheet.body[:2000]):
        if one["number"]:
            number = _number(one["number"])
            if number:
                return [Relation("转发", number)]
    near = re.search(r"转发.{0,60}", sheet.body[:2000])
    quoted = numbers.quoted(near[0]) if near else []
    if quoted:
        return [Relation("转发", quoted[0][2])]
    titled = re.search(r"《(?P<name>.+)》", sheet.title) or re.search(
        r"(?:转发|批转)(?P<name>.{6,100}?)(?:的通知)?$", sheet.title
    )
    return [Relation("转发", titled["name"])] if titled else []


def _repealed(body: str) -> list[Relation]:
    found: list[Relation] = []
    for sentence in re.finditer(r"[^。;\n]+", body):
        text = sentence[0]
        if not _REPEALED.search(text) or re.search(r"本(?:办法|规定|意见|通知).{0,12}(?:废止|失效)", text):
            continue
        if re.search(r"废止.{0,10}(?:其|该|认定|资格)", text):
            continue
        named = list(_NAMED.finditer(text))
        found += [
            Relation("废止", _number(one["number"] or "") or one["name"])
            for one in named
            if not re.search(r"(?:根据|依据|按照|依照)$", text[: one.start()])
            and not re.match(r".{0,30}(?:决定|规定),", text[one.end() :][:0])
        ]
        if not named:
            found += [Relation("废止", one["name"]) for one in _ANNOUNCEMENT.finditer(text)]
            found += [Relation("废止", number) for _, _, number in numbers.quoted(text)]
    return found


def _amended(sheet: Sheet) -> list[Relation]:
    found = []
    outside = sheet.title
    one = _AMENDED.search(outside) or (_AMENDED.search(sheet.body[:1500]) if re.search("令|决定", outside) else None)
    if one:
        found.append(Relation("修订", one["name"] or one["after"]))
    text = f"{sheet.title}\n{sheet.body[:3000]}"
    for how, pattern in (("修订", _AMENDS_EN), ("废止", _REPEALS_EN)):
        for english in pattern.finditer(text):
            name = english["name"].replace("(eu)", "(EU)").replace("(ec)", "(EC)")
            found.append(Relation(how, f"{name[0].upper()}{name[1:]}"))
    return found


_FORMER = re.compile(r"《(?P<name>[^《》]{2,100})\s*\((?:公开)?征求意见稿\)》")


def _was_draft(sheet: Sheet) -> list[Relation]:
    """The draft of this text, where it says that it asked for comments on one."""
    found = _FORMER.search(sheet.body)
    return [Relation("征求意见稿转正式", f"{found['name']}（征求意见稿）")] if found else []
