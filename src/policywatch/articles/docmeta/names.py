"""The name that a draft, the final text and its interpretations have in common."""

# tables and grammars of Chinese words, which count double

from __future__ import annotations

import re

from policywatch.text.fold import folded

SHORTEST = 6
"""Characters of a name by which documents are brought together; a shorter one may be that of many."""
_QUOTED = re.compile(r"《(?P<name>[^《》]*(?:〈[^〉]*〉[^《》]*)*)》")
_ISSUED = re.compile(r"(?:印发|颁布|下发|发布|公布)(?P<name>.{4,120}?)的?(?:通知|公告|令)?$")
_STAGE = re.compile(
    r"\((?:公开)?(?:征求意见稿?|草案|送审稿|报批稿|修订草案|征求意见修改稿|讨论稿|二次审议稿|修订征求意见稿|试行|暂行)[^()]*\)|征求意见稿|公开征求意见稿"
)
_GENERIC = re.compile(
    r"^(?:关于)?(?:公开)?(?:征求意见|公告|公示|通知|解读|政策解读|意见|办法|方案)*(?:的?(?:公告|公示|通知))?$"
)


def core(title: str) -> str:
    """Folded, without the frame around it; empty where a title names no document of its own for certain.

    关于印发《X》的通知, 《X（征求意见稿）》公开征求意见的公告 and 《X》解读 are all X.
    """
    quoted = _QUOTED.search(title)
    issued = None if quoted else _ISSUED.search(title)
    name = quoted["name"] if quoted else issued["name"] if issued else title
    if (
        not quoted
        and not issued
        and not re.search(
            r"(?:办法|规定|条例|意见|方案|规划|计划|措施|细则|指南|目录|规程|标准|法|政策)(?:[(（].*[)）])?$", title
        )
    ):
        return ""
    bare = _STAGE.sub("", folded(name)).strip(" 《》〈〉")
    return bare if len(bare) >= SHORTEST and not _GENERIC.match(bare) else ""
