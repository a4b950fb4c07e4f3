"""Where a document is from: the region and level of its leading issuer; of news, of what it tells."""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from typing import NamedTuple

from policywatch.text import bodies, places


class Region(NamedTuple):
    """A region and its level; empty where nothing tells."""

    name: str = ""
    level: str = ""


CHINA = Region(places.NATIONWIDE, "国家")

_FOREIGN_HOST = (
    (re.compile(r"\.(?:gov\.hk|hk)$"), "香港特别行政区"),
    (re.compile(r"\.(?:gov\.mo|mo)$"), "澳门特别行政区"),
    (re.compile(r"\.(?:gov\.tw|tw)$"), "台湾"),
    (re.compile(r"(?:\.europa)?\.eu$"), "欧盟"),
    (re.compile(r"\.uk$"), "英国"),
    (re.compile(r"\.(?:gov|mil|us)$|federalregister|whitehouse"), "美国"),
    (re.compile(r"\.jp$"), "日本"),
    (re.compile(r"\.kr$"), "韩国"),
    (re.compile(r"\.in$"), "印度"),
    (re.compile(r"\.sg$"), "新加坡"),
    (re.compile(r"\.au$"), "澳大利亚"),
    (re.compile(r"\.ca$"), "加拿大"),
    (re.compile(r"\.de$"), "德国"),
    (re.compile(r"\.fr$"), "法国"),
    (re.compile(r"\.ru$"), "俄罗斯"),
    (re.compile(r"\.br$"), "巴西"),
)
# What an English text calls the places that issue it.
_FOREIGN_WORDS = (
    (
        re.compile(
            r"federal register|\bu\.?s\.? (?:department|house|senate|congress)|united states|white house|\bcfr part|executive order \d"
        ),
        "美国",
    ),
    (re.compile(r"\(eu\)|european (?:commission|parliament|union|council)|official journal of the european"), "欧盟"),
    (re.compile(r"^uk\b|united kingdom|\bgov\.uk|his majesty|\bofcom\b|department for "), "英国"),
    (re.compile(r"hong kong"), "香港特别行政区"),
    (re.compile(r"singapore"), "新加坡"),
    (re.compile(r"australia"), "澳大利亚"),
    (re.compile(r"canada"), "加拿大"),
    (re.compile(r"\bindia\b"), "印度"),
    (re.compile(r"\bjapan\b"), "日本"),
)
_CALLED = {"印尼": "印度尼西亚", "欧委会": "欧盟", "欧洲议会": "欧盟", "欧盟委员会": "欧盟", "白宫": "美国", "美商务部": "美国", "东京都": "日本", "东京": "日本", "首尔": "韩国",
           "华盛顿": "美国", "硅谷": "美国", "加州": "美国", "伦敦": "英国", "新德里": "印度", "布鲁塞尔": "欧盟", "俄": ""}  # fmt: skip
_ABROAD = re.compile(
    "|".join(sorted([*places.COUNTRIES, *(name for name in _CALLED if _CALLED[name])], key=len, reverse=True))
)
_NOT_ABROAD = re.compile(
    r"(?:中|对|与|赴|在)(?:美国|欧盟|英国|日本|韩国|印度|德国|法国|俄罗斯)|朝鲜族|(?:中国|我国).{0,6}(?:对|与|在)"
)
_TW_WORDS = re.compile(
    r"中华民国|经济部(?:工业局|产业发展署|能源署)|数位发展部|国科会|国家科学及技术委员会|行政院|立法院|台湾"
)
_HK_WORDS = re.compile(r"香港时间|香港特别行政区|香港特区|香港金融管理局|港元")


def abroad(title: str, head: str, host: str, *, is_chinese: bool) -> str:
    """The region outside the mainland whose own site or body this is; empty when there is none."""
    for pattern, name in _FOREIGN_HOST:
        if pattern.search(host) and not host.endswith(".cn"):
            return name
    if not is_chinese:
        text = f"{title}\n{head}"
        return next((name for pattern, name in _FOREIGN_WORDS if pattern.search(text)), "")
    return ""


def of_issuers(issuers: tuple[str, ...], province: str) -> Region:
    """The region of the leading body; empty when its name tells none."""
    for name in issuers:
        free = _OF_CHINA.match(name)
        place = places.at_start(free["place"] if free else name)
        if place is not None:
            is_zone = free is not None or (place.level == "市" and _ZONE_NEXT.match(name[place.end :]))
            return Region(place.region, "区县" if is_zone else place.level)
        if bodies.is_national(name):
            return CHINA
        if name.startswith("省") and province:
            return Region(province, "省")
        zone = _zone(name)
        if zone.name:
            return zone
    return Region()


_ZONE = re.compile(r"(?:开发区|自由贸易试验区|高新区|新区|园区|合作区|示范区)")
_ZONE_NEXT = re.compile(r"[\u4e00-\u9fff]{2,12}?(?:合作区|自由贸易试验区|科学城|新城|经济区)")
_OF_CHINA = re.compile(r"^中国\((?P<place>[^()]{2,8})\)")


def _zone(name: str) -> Region:
    """The city of 喀什经济开发区: a zone that begins with its short name."""
    if _ZONE.search(name):
        known = places.atlas().names
        for size in (2, 3, 4):
            found = next((known[one] for tail in ("市", "地区", "新区") if (one := name[:size] + tail) in known), None)
            if found:
                return Region(found[0], "区县")
    return Region()


def of_title(title: str) -> Region:
    """The place that begins a title; empty where none does."""
    place = places.at_start(title)
    return Region(place.region, place.level) if place is not None else Region()


def of_news(title: str) -> Region:
    """What news are about: the first country or place that the title names; empty where it names none."""
    foreign = _ABROAD.search(title)
    place = _known(title)
    if foreign and not _NOT_ABROAD.search(title) and (place is None or foreign.start() < title.find(place.name[:2])):
        return Region(_CALLED.get(foreign[0], foreign[0]), "国家")
    return place or Region()


def of_lead(lead: str) -> Region:
    """The place or country that the first words of a text name."""
    foreign = _ABROAD.search(lead[:60])
    return (
        Region(_CALLED.get(foreign[0], foreign[0]), "国家")
        if foreign and not _NOT_ABROAD.search(lead[:60])
        else Region()
    )


_ENDED = re.compile(r"[省市区县州盟]$")


def _known(text: str) -> Region | None:
    """A place that begins a text, or that it names with its last word (市, 省 ...)."""
    known = places.atlas()
    for found in known.pattern.finditer(text):
        region, level, province = known.names[found[0]]
        is_whole = bool(_ENDED.search(found[0])) or region == province
        if found.start() == 0 or is_whole:
            if found[0].startswith("朝鲜"):
                continue
            return Region(region, level)
    return None


def of_host(host: str) -> Region:
    """What a host's name tells: a prefecture, else a province."""
    city = places.city_of_host(host)
    if city:
        return Region(city, "市")
    province = places.province_of_host(host)
    return Region(province, "省") if province else Region()


def by_words(text: str) -> str:
    """香港 or 台湾 where a Chinese text says that it is from there."""
    if _TW_WORDS.search(text):
        return "台湾"
    return "香港特别行政区" if _HK_WORDS.search(text) else ""
