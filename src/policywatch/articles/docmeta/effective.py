"""From when to when a document holds (施行, 失效), as its own clause says."""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch.articles.docmeta import days

if TYPE_CHECKING:
    from datetime import date

    from policywatch.articles.docmeta.sheet import Sheet

_ACTS = r"(?:施行|实施|执行|生效|试行|起效)"
_BEGINS = re.compile(rf"^\s*(?:起|开始|之日起)?\s*,?\s*(?:正式|开始|全面|全国|统一)?\s*{_ACTS}")
_OF_ISSUE = re.compile(
    rf"自?\s*(?P<what>印发|发布|公布|下发|颁布|发文|签署|签发|通过|公告)(?:之)?日(?:起|始)?\s*,?\s*(?:(?:满)?(?P<count>[\d一二三四五六七八九十]{{1,3}})\s*(?P<unit>个?工作日|日|天|个月|月)\s*(?:之?后)?)?\s*(?:起)?\s*,?\s*(?:正式|开始)?{_ACTS}"
)
_VALID = re.compile(
    r"(?:有效期限?|试行期限?|施行期限?|执行期限?|实施期限?|暂定)\s*(?:为|:|至|是|到)?\s*(?:自.{2,8}之日起)?\s*(?P<years>[\d一二三四五六七八九十两]{1,3})\s*(?P<unit>年|个月)"
)
_VALID_TO = re.compile(
    r"(?:有效期限?|试行期限?|施行期限?|执行期限?|实施期限?|有效)(?:为|自|:|从)?[^。;\n]{0,36}?(?:至|到|止于|截至|延长至|延续至|截止到|[-—~])\s*$"
)
_OWN = re.compile(
    r"本(?:办法|规定|意见|措施|政策|细则|通知|方案|条例|决定|公告|规程|规划|规则|标准|法|若干|指引|文件|实施|通告|目录|令|指南|计划|规范|守则|准则|行动)"
)
_FIELD = re.compile(r"(?:^|\n|\s)(?:实施|施行|生效|执行)日期\s*[:]?\s*$")
_ON_TO = re.compile(rf"{_ACTS}\s*,?\s*(?:至|到|止于|截至)\s*$")
"""自D起执行至 — what stands after it is the last day."""
_THE_POLICY = re.compile(r"\s*(?:政策|措施|办法|文件|规定)的?(?:有效期|执行期|实施期)")
_NAME = re.compile(r"《[^《》]*(?:〈[^〉]*〉[^《》]*)*》")
_NOT_OWN = re.compile(
    r"证书|资格|称号|认定|许可|执照|注册证|企业|名单|合同|项目|原办法|原规定|牌照|证的|批件|专利|授予"
)
_ENGLISH = re.compile(
    r"(?:effective(?: date)?(?: on| as of| from|:)?|takes? effect(?: on| from)?|enters? into force(?: on)?|enter into force on|come[s]? into (?:operation|force|effect)(?: on)?|"
    r"shall apply from|this rule is effective(?: on)?)\s+(?:on\s+)?$"
)
_TWENTIETH = re.compile(r"enter into force on the (?P<count>\w+) day following (?:that of )?its publication")
_ORDINALS = {
    "day": 1,
    "first": 1,
    "third": 3,
    "fifth": 5,
    "seventh": 7,
    "tenth": 10,
    "fifteenth": 15,
    "twentieth": 20,
    "thirtieth": 30,
}
_GRACE = timedelta(days=92)
"""How long before it was written a document may say that it holds; older days are of other documents."""


def span(sheet: Sheet, written: date | None, published: date | None) -> tuple[date | None, date | None]:
    """(effective, expires). Not to be asked of drafts, news and interpretations, which tell of other texts."""
    body = sheet.body
    base = written or published
    begins, at = _begins(body, base, written, published)
    ends = _ends(body, begins, at, base)
    return begins, ends


def _begins(body: str, base: date | None, written: date | None, published: date | None) -> tuple[date | None, int]:
    for found in _OF_ISSUE.finditer(body):
        if _is_retold(body, found.start()):
            continue
        day = (
            (published or written)
            if found["what"] in {"发布", "公布", "公告"} and found["count"]
            else (written or published)
        )
        if day is None:
            continue
        count = days.number(found["count"]) if found["count"] else 0
        return _later(day, count or 0, found["unit"] or "日"), found.start()
    for day_ in days.days_in(body, base):
        if _BEGINS.match(body, day_.end) or re.match(
            rf"\s*(?:起|开始)\s*,?\s*(?:正式)?{_ACTS}", body[day_.end : day_.end + 12]
        ):
            is_ours = not _is_retold(body, day_.start) and not day_.is_vague
            # What 本公告 says of itself may lie far back: taxes are changed from New Year on.
            said = re.split(r"[。;\n]", body[max(0, day_.start - 40) : day_.start])[-1]
            if is_ours and (base is None or day_.date >= base - _GRACE or _OWN.search(said)):
                return day_.date, day_.start
        elif not day_.is_vague and (
            _FIELD.search(body[max(0, day_.start - 12) : day_.start])
            or _ENGLISH.search(body[max(0, day_.start - 60) : day_.start])
        ):
            return day_.date, day_.start
    english = _TWENTIETH.search(body)
    if english and published is not None and english["count"] in _ORDINALS:
        return published + timedelta(days=_ORDINALS[english["count"]]), english.start()
    return None, -1


def _is_retold(body: str, at: int) -> bool:
    """Whether the sentence up to a place tells of another document, or of something that is none."""
    sentence = re.split(r"[。;\n]", body[max(0, at - 120) : at])[-1]
    if _OWN.search(sentence):
        return False
    return bool(
        re.search(r"》[^,]{0,30}自?$", sentence)
        and not re.search(r"(?:现|印发|公布|发布|批准|通过).{0,60}》|给你们", sentence)
    ) or bool(re.search(r"原|曾|此前|公示期|项目|合同|招生", _NAME.sub("", sentence)))


def _later(day: date, count: int, unit: str) -> date:
    if "月" in unit:
        return days.months_after(day, count)
    if "工作日" in unit:
        return days.after(day + timedelta(days=1), count, working=True) if count else day
    return day + timedelta(days=count)


def _ends(body: str, begins: date | None, at: int, base: date | None) -> date | None:
    for day in days.days_in(body, base):
        if not day.has_year or day.is_vague:
            continue
        ahead = re.split(r"[。;\n]", body[max(0, day.start - 80) : day.start])[-1]
        if (
            (_VALID_TO.search(ahead) or _ON_TO.search(ahead))
            and _is_ours(body, day.start, ahead, at)
            and (begins is None or day.date > begins)
        ):
            return day.date
    if begins is None:
        return None
    for found in _VALID.finditer(body):
        ahead = re.split(r"[。;\n]", body[max(0, found.start() - 80) : found.start()])[-1]
        count = days.number(found["years"])
        if count and _is_ours(body, found.start(), ahead, at) and 0 < count <= (60 if found["unit"] != "年" else 20):
            months = count * 12 if found["unit"] == "年" else count
            return _later(begins, months, "个月") - timedelta(days=1)
    return None


def _is_ours(body: str, place: int, ahead: str, effective_at: int) -> bool:
    """Whether a validity is the document's own: said with its effective date, or of 本办法."""
    if _NOT_OWN.search(ahead):
        return False
    if _OWN.search(ahead) or _THE_POLICY.match(ahead):
        return True
    between = body[min(place, effective_at) : max(place, effective_at)]
    return effective_at >= 0 and len(between) < 120 and "\n" not in between
