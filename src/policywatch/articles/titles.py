"""Titles: what is left of one without what a site puts around it, and what tells two of one template apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from policywatch.articles import numerals, places
from policywatch.text.fold import folded

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

SPECIFIC = 12
"""Letters from which on a title says which news it is, without its text."""
LONGEST = 500
"""Characters of a title that are looked at."""
PIECE = 8
"""Letters of a part of a title that may stand for all of it."""
TEMPLATE = 84
"""Per cent of likeness, numbers and places left out, from which on two titles are one template."""
NAMED = 60
"""The same for titles that name different models: a reprint's editor does not touch those."""
FRAME = 6
"""Letters of two titles around what differs in them from which on they are one frame."""
ONE_NAME = 93
"""Per cent of likeness from which on two quoted names are one, damaged or with a slip."""
QUOTED = 6
"""Letters from which on a quoted name is that of a document, and not of a newspaper."""
_QUOTED = re.compile("《([^《》]+)》")
_SITE = re.compile(
    r"(?:网|报|社|台|院|站|厅|局|委|部|会|线|刊|圈|号|政府|新闻|门户|频道|客户端|公众号|资讯|财经|科技|[a-z0-9]\.[a-z]{2,})$"
)
_JOINT = re.compile(r"\s*(?:_+|\|+|-{2,}|—{2,}|(?<=\s)[-–—](?=\s)|[-–—])\s*")
_SURE = re.compile(r"[_|]|--|——|\s[-–—]\s")
_TAG = re.compile(r"[(\[【](?:组?图|多?图文?|附[^()\[\]]{1,8}|全文|视频|转载|实录|滚动|推荐|组图)[)\]】]\s*$")
_CALL = re.compile(
    r"^(?:[(\[【][^()\[\]【】]{1,8}[)\]】]\s*|(?:快讯|重磅|最新|突发|独家|转发|转载|关注|定了|刚刚|官宣|权威发布|要闻|速递|头条)\s*[!:：|，,·]+\s*)+"
)
_ISSUER = re.compile(
    r"^[^:\s《》]{1,14}(?:部|委|局|署|办|院|厅|社|网|报|政府|央行|总台|新闻|日报|协会|学会|联盟)\s*:\s*"
)
_LETTERS = re.compile(r"[^0-9a-z\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\ue000-\uf8ff%.]+|\.(?!\d)")
_HAN = re.compile("[\u3400-\u9fff\ue000-\uf8ff]")
_LATIN = re.compile("[a-z][a-z0-9]*")
_NOT_NUMBERS = re.compile(f"[{numerals.CHARACTERS}.%\ue000-\uf8ff]+")
_SIGN = re.compile("[\ue000-\uf8ff]")
_MARKS = {
    "draft": re.compile("征求意见|意见稿|征集意见|公开征求|草案|送审|报批稿|起草说明"),
    "reading": re.compile("解读|答记者问|图解|图读懂|政策问答|图看懂|说明会|访谈|专访"),
    "change": re.compile(
        r"延期|延长|更正|补充通知|补充公告|变更|终止|撤销|废止|修订|修改|"
        r"\b(?:extend(?:s|ed|ing)?|extension of|reopen(?:s|ed|ing)?|postpone[sd]?)\b.{0,40}"
        r"\b(?:period|deadline|consultation)|"
        r"\bcorrection (?:to|of)\b"
    ),
    "result": re.compile("拟入选|拟认定|公示|结果|入围|获奖|名单"),
    "call": re.compile("申报|征集|报名|启动|开展|组织"),
    "year": re.compile("年报|季报|半年报|月报|周报"),
}
_SIDES = ("draft", "reading", "change", "year")
"""Marks that one of two titles cannot lack when they are one."""
_FORMAL = re.compile("关于|印发|发布|公布|开展|组织|做好|申报|工作|公示|公告|通知|通告|项目|名单|有关|事项|[的年度拟]")
_NOTICE = re.compile(r"(?:通知|公告|公示|通告|启事|函|批复|名单|目录)(?:\([^()]*\))?$")
_INTERCHANGED = re.compile(
    "(?:发布|出台|印发|公布|推出|颁布|下发|启动|开启|启用|投用|上线|举行|举办|召开|开幕|揭幕|落幕|闭幕|我国|中国|全国|国内|全球|世界|本市|我市|我省|"
    "超过|突破|达到|超|破|逾|达|增长|上涨|提升|上升|增至|升至|完成|实现|获批|批准|通过|成功|正式|首次|首个|首款|首台|最大|最新|新型|新|将|已|拟|"
    "了|的|近|约|今日|今天|昨日|近日|科学家|科研人员|研究人员|研究员|科研团队|团队|学者|专家|企业|公司|厂商|机构|部门|官方|支持|加码|助力|"
    "鼓励|推动|推进|加快|加速|促进|研制|研发|开发|打造|提出|要求|明确|部署|开展|方案|措施|举措|政策|规划|计划|"
    "startup|company|firm|group|maker|regulator|agency|government|scientists|researchers|team|us|uk|plans|unveils|launches|announces|says)+"
)
"""Words for which an editor takes another without saying another thing."""
_OPPOSED = frozenset("红橙黄蓝上下涨跌升降增减东西南北进出")
"""Single letters that tell two things apart: 橙色预警, 红色预警; 上半年, 下半年."""
_COMMON = re.compile(
    "^(?:关于)?(?:印发|发布|公布|开展|组织|做好|举办|召开|转发|申报)?.{0,6}(?:通知|公告|公示|通告|简报|启事)$"
)


@dataclass(frozen=True, slots=True)
class Title:
    """A title as it is compared."""

    core: str
    """Its letters, folded, numbers and places included; without the site's name, a call or the issuer before it."""
    pieces: tuple[str, ...]
    """The parts between its spaces, long enough to stand for it; with the whole first."""
    subject: str
    """Its letters without the words that every notice has."""
    template: str
    """Its letters without numbers and places."""
    numbers: tuple[str, ...]
    """In one spelling, as they stand."""
    names: frozenset[str]
    """Latin ones in a Chinese title: C919, R1."""
    places: frozenset[str]
    marks: frozenset[str]
    quoted: tuple[str, ...]
    """Letters of what stands in 《》, long enough to be the name of a document."""
    outside: str
    """The letters of the rest."""
    is_notice: bool
    """It ends as authorities end the titles of their notices; editors leave those as they are."""

    @property
    def is_specific(self) -> bool:
        """It says by itself which news it is."""
        return len(self.core) >= SPECIFIC and not _COMMON.match(self.core)


@lru_cache(maxsize=4096)
def parsed(title: str) -> Title:
    """A title taken apart. Takes any text and does not raise."""
    bare = _bare(" ".join(folded(title[:LONGEST]).split()))
    signed = places.signed(numerals.FIRST.sub("第一", bare))
    core = _LETTERS.sub("", signed)
    is_chinese = len(_HAN.findall(core)) * 2 > len(core)
    names = _LATIN.findall(signed) if is_chinese else []
    parts = [_LETTERS.sub("", part) for part in re.split(r"[\s:;,!?，。]+", signed)]
    return Title(
        core=core,
        pieces=tuple(dict.fromkeys([core, *(part for part in parts if len(part) >= PIECE)])) if core else (),
        subject=_FORMAL.sub("", core) or core,
        template=_NOT_NUMBERS.sub("", _LATIN.sub("", core) if is_chinese else core),
        numbers=tuple(numerals.value(found[0]) for found in numerals.NUMBER.finditer(signed)),
        names=frozenset(names),
        places=frozenset(places.name_of(sign) for sign in _SIGN.findall(core) if ord(sign) in places.SIGNS),
        marks=frozenset(name for name, pattern in _MARKS.items() if pattern.search(bare)),
        quoted=tuple(name for found in _QUOTED.findall(bare) if len(name := _LETTERS.sub("", found)) >= QUOTED),
        outside=_LETTERS.sub("", _QUOTED.sub("", bare)),
        is_notice=_NOTICE.search(bare) is not None,
    )


def likeness(one: Title, other: Title) -> float:
    """0 to 100: of their letters; 100 also when one is a part of the other that can stand for it."""
    if not one.core or not other.core:
        return 0.0
    if one.core == other.core or one.core in other.pieces or other.core in one.pieces:
        return 100.0
    short, long = sorted((one.core, other.core), key=len)
    if len(short) >= SPECIFIC and (long.startswith(short) or long.endswith(short)):
        return 100.0
    return min(float(fuzz.ratio(one.core, other.core)), float(fuzz.ratio(one.subject, other.subject)))


def differ(one: Title, other: Title) -> bool:
    """They cannot be titles of one thing: the words are the same, and a number, a place or the stage another."""
    if any((mark in one.marks) != (mark in other.marks) for mark in _SIDES):
        return True
    if _each_has_its_own(one.names, other.names):
        return _share_words(one, other, NAMED)
    if len(one.numbers) == len(other.numbers) and one.numbers != other.numbers and one.template == other.template:
        # 二次会议第二次全体会议, 二次会议第三次全体会议: every number of the one is in the other.
        return True
    is_other = _each_has_its_own({*one.numbers}, {*other.numbers}) or _each_has_its_own(one.places, other.places)
    return is_other and _share_words(one, other, TEMPLATE)


def name_others(one: Title, other: Title) -> bool:
    """The words are the same, and each quotes the name of another document."""
    if not one.quoted or not other.quoted or fuzz.ratio(one.outside, other.outside) < TEMPLATE:
        return False
    return not any(_is_one_name(name, known) for name in one.quoted for known in other.quoted)


def _is_one_name(one: str, other: str) -> bool:
    return one in other or other in one or fuzz.ratio(one, other) >= ONE_NAME


def are_swapped(one: Title, other: Title) -> bool:
    """One frame, another thing in it: 批准甲系统上市, 批准乙设备上市. Not for certain: editors change words, too."""
    some, others = sorted((one.core, other.core))
    if some[:1] != others[:1] and some[-1:] != others[-1:]:
        return False
    ahead = _common(some, others)
    behind = min(_common(some[::-1], others[::-1]), len(some) - ahead, len(others) - ahead)
    frame = ahead + behind
    inner = some[ahead : len(some) - behind], others[ahead : len(others) - behind]
    if _is_another(*inner):
        return frame >= FRAME and max(map(len, inner)) <= 2 * frame
    return not ahead and behind > 1 and _begin_with_others(*inner)


def _begin_with_others(one: str, other: str) -> bool:
    """甲医院完成首例丙, 乙医院完成首例丁: what they begin with and what follows a frame are others."""
    match = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
    begins = one[: match.a], other[: match.b]
    follows = one[match.a + match.size :], other[match.b + match.size :]
    return match.size >= FRAME and _is_another(*begins) and _is_another(*follows)


def _is_another(one: str, other: str) -> bool:
    """Whether a word was put in the place of another that means another thing."""
    if min(len(one), len(other)) < 2 and not (one and other and set(one + other) <= _OPPOSED):
        return False
    if fuzz.ratio(one, other) >= 50:
        return False
    return not (_INTERCHANGED.fullmatch(one) and _INTERCHANGED.fullmatch(other))


def count_others(one: Title, other: Title) -> bool:
    """Each has a number of its own, in words that are much alike. Not for certain."""
    if one.numbers == other.numbers:
        return False
    return _each_has_its_own({*one.numbers}, {*other.numbers}) and _share_words(one, other, NAMED)


def _common(one: str, other: str) -> int:
    """How many letters two texts begin with together."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _each_has_its_own(some: AbstractSet[str], others: AbstractSet[str]) -> bool:
    return bool(some - others) and bool(others - some)


def _share_words(one: Title, other: Title, least: float) -> bool:
    return one.template == other.template or fuzz.ratio(one.template, other.template) >= least


def letters(text: str) -> str:
    """Only the letters and figures of a folded text."""
    return _LETTERS.sub("", text)


def _bare(title: str) -> str:
    title = _TAG.sub("", title)
    # From the end: each piece that is a site's name goes, as long as a title is left before it.
    while True:
        joints = list(_JOINT.finditer(title))
        joint = joints[-1] if joints else None
        if joint is None or joint.start() < 6:
            break
        tail = title[joint.end() :].strip()
        if len(tail) > 24 or not (_SURE.search(joint[0]) or _SITE.search(tail)):
            break
        if not _SITE.search(tail) and any(letter.isdecimal() for letter in tail):
            break
        title = title[: joint.start()]
    title = _TAG.sub("", title)
    title = _CALL.sub("", title) or title
    return _ISSUER.sub("", title) or title
