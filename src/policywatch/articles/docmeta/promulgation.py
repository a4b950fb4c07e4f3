"""The note under the title of a rule: (2026年10月1日国务院第60次常务会议通过 2026年10月20日国务院令第812号公布 …)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.articles.docmeta import days

if TYPE_CHECKING:
    from datetime import date

    from policywatch.articles.docmeta.sheet import Sheet

_NOTE = re.compile(r"(?:^|\n)\s*\((?P<note>[^()\n]{10,400})\)")
_ORDER = re.compile(
    r"(?P<day>(?:19|20)\d\d年\d{1,2}月\d{1,2}日)\s*(?P<body>[\u4e00-\u9fff、 ]{2,40}?)令\s*"
    r"(?:〔20\d\d〕)?\s*(?:20\d\d年)?第?\s*(?P<serial>\d{1,4})\s*号\s*(?:令)?(?:公布|发布|颁布|修订|修正|第.{1,2}次)"
)
_HEAD = 800
"""Characters of a text in which the note stands."""


@dataclass(frozen=True, slots=True)
class Promulgation:
    """The order by which a rule stands as it does: its last one."""

    day: date
    body: str
    serial: str


def of(sheet: Sheet) -> Promulgation | None:
    """The order that the note names last; None where there is no such note."""
    note = _NOTE.search(sheet.body[:_HEAD])
    orders = list(_ORDER.finditer(note["note"])) if note else []
    if not orders:
        return None
    found = days.days_in(orders[-1]["day"], None)
    return Promulgation(found[0].date, orders[-1]["body"].strip(), orders[-1]["serial"]) if found else None
