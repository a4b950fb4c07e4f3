"""When a document was written (成文) and published (发布)."""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch.articles.docmeta import days, promulgation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from policywatch.articles.docmeta.sheet import Sheet
    from policywatch.articles.docmeta.signature import Signature

_METAS = ("pubdate", "publishdate", "publish_date", "datepublished", "article:published_time", "dcterms.issued", "dc.date.issued",
          "dcterms.date", "dc.date", "dcterms.created", "citation_publication_date", "createdate", "date")  # fmt: skip
_WRITTEN = re.compile(
    r"(?:成\s*文\s*(?:日期|时间)|生\s*成\s*日\s*期|签发日期|签署日期|印发日期)\s*:\s*(?P<day>.{6,24})"
)
_PUBLISHED = re.compile(
    r"(?:发\s*布\s*(?:日\s*期|时\s*间)|发\s*文\s*日\s*期|公\s*开\s*日\s*期|公布日期|发表时间|发布于|published(?: on)?|publication date)\s*:?\s*(?P<day>.{6,24})"
)
_JOURNAL = re.compile(
    r"(?:oj [lc],?.{0,20}?|official journal.{0,40}?)(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>20\d\d)"
)
_REGISTER = re.compile(
    r"federal register.{0,60}?(?P<day>(?:january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}, 20\d\d)"
)
_SIGNED = re.compile(
    r"(?:^|\n)\s*(?:of|dated:?|signed(?: on)?:?|done at [a-z ]{2,20},|issued(?: on)?:?|made(?: on)?:?)\s+(?P<day>[a-z0-9][a-z0-9 ,]{6,24})"
)
_CLOSING = re.compile(r"[(].{0,20}(?P<day>(?:20\d\d)年\d{1,2}月\d{1,2}日).{0,40}(?:讲话|致辞|演讲|发言)")
_MADE = re.compile(r"(?:^|\n)\s*(?P<day>二[〇零○]\S{2}年\S{1,3}月\S{1,3}日)制定[。.]?\s*(?:$|\n)")
_PRESS_END = re.compile(r"(?:^|\n)\s*(?P<day>20\d\d年\d{1,2}月\d{1,2}日)\s*\(星期.\)")
_ADOPTED = re.compile(r"于?(?P<day>(?:20\d\d)年\d{1,2}月\d{1,2}日).{0,44}(?:通过|签署|公布)")


def of_meta(metas: Mapping[str, str]) -> date | None:
    """The day that the page's meta tags give."""
    for name in _METAS:
        said = metas.get(name, "")
        found = days.days_in(said[:40].lower().replace("t", " "), None) if said else []
        if found:
            return found[0].date
    return None


def published(sheet: Sheet, metas: Mapping[str, str], *, is_press: bool) -> date | None:
    """From the meta tags, else as the page says, else of the official journal."""
    found = of_meta(metas)
    if found is not None:
        return found
    for line in sheet.lines[:20]:
        said = _PUBLISHED.search(line.text)
        day = _first(said["day"]) if said else None
        if day is not None:
            return day
    body = sheet.body
    journal = _JOURNAL.search(body)
    if journal:
        return days.make(int(journal["year"]), int(journal["month"]), int(journal["day"]))
    register = _REGISTER.search(body)
    if register:
        return _first(register["day"])
    press = _PRESS_END.search(body) if is_press else None
    return _first(press["day"]) if press else None


def written(sheet: Sheet, signed: Signature, kind: str, *, is_press: bool) -> date | None:
    """Of the signature, else as the header says. Of news and of interpretations that nobody signed: none."""
    if kind == "新闻" and not is_press:
        return None
    if signed.date is not None:
        return signed.date
    order = promulgation.of(sheet) if kind != "解读" else None
    if order is not None:
        return order.day
    for line in sheet.lines[:30]:
        said = _WRITTEN.search(line.text)
        day = _first(said["day"]) if said else None
        if day is not None:
            return day
    patterns = [_SIGNED] if kind != "解读" else []
    patterns += [_MADE] if kind == "法规" else []
    patterns += [_CLOSING] if kind == "讲话" else []
    patterns += [_PRESS_END] if is_press else []
    patterns += [_ADOPTED] if kind == "法规" or "人民代表大会" in sheet.body[:300] else []
    for pattern in patterns:
        found = pattern.search(sheet.body)
        day = _first(found["day"]) if found else None
        if day is not None:
            return day
    return None


def _first(text: str) -> date | None:
    found = [day for day in days.days_in(text, None) if day.has_year]
    return found[0].date if found else None
