"""Reads an article as a policy document."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from policywatch.articles.docmeta import (
    deadlines,
    effective,
    issuers,
    kinds,
    moments,
    numbers,
    regions,
    relations,
    signature,
)
from policywatch.articles.docmeta.regions import CHINA, Region
from policywatch.articles.docmeta.sheet import Sheet
from policywatch.model import Document
from policywatch.text import bodies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NUMBERS = re.compile(r"[\d.]+|.*:.*")
_OFFICIAL = re.compile(r"(?:^|\.)(?:gov|govt|go|gob|gouv|europa)\.|\.gov$|\.mil$")


def read(
    title: str,
    body: str,
    *,
    url: str = "",
    metas: Mapping[str, str] | None = None,
    fetched: date | None = None,
    published: date | None = None,
) -> Document:
    """What an article is as a document. Takes any text and does not raise.

    `title` and `body` are repaired texts; `metas` the page's meta tags with names in small letters; `published` is the
    day that stands in where neither those nor the text gives one.
    """
    sheet, metas = Sheet(title, body), metas or {}
    host = _host(url)
    head = "\n".join(line.text for line in sheet.lines[:8])
    sample = f"{sheet.title} {head[:400]}"
    is_chinese = len(_CHINESE.findall(sample)) * 4 > len(sample)
    abroad = regions.abroad(sheet.title, f"{head}\n{sheet.body[-600:]}", host, is_chinese=is_chinese)
    if not abroad and is_chinese and not host.endswith(".cn"):
        abroad = regions.by_words(f"{sheet.title} {head} {sheet.body[-300:]}")
    signed = signature.signature(sheet)
    own = numbers.own(sheet)
    said_source = (metas.get("contentsource") or metas.get("source") or "").strip().lower()
    is_medium = bool(bodies.MEDIA.search(said_source)) or host.startswith("news.") or not _is_institution(host)
    kind = kinds.kind(
        sheet.title,
        sheet.body.strip()[:400],
        is_framed=bool(own or (signed.names and signed.date)),
        is_medium=is_medium,
        is_foreign=bool(abroad),
    )
    is_press = bool(abroad) and not signed.names and bool(_OFFICIAL.search(host)) and kind != "解读"
    if kind == "标准" and not own:
        own = numbers.own(sheet, is_standard=True)
    if kind in {"新闻", "解读"}:
        own = ()
    province, city = issuers.province_of(sheet, host)
    names = issuers.issuers(
        sheet,
        signed,
        metas,
        kind=kind,
        province=province,
        city=city,
        is_foreign=(bool(abroad) and not is_medium) or is_press,
    )
    # A text in another language on a site that is not Chinese may be from anywhere.
    home = CHINA if is_chinese or host.endswith(".cn") else Region()
    region = _region(sheet, kind, names, abroad=abroad, province=province, host=host, home=home)
    day_published = moments.published(sheet, metas, is_press=is_press)
    day_written = moments.written(sheet, signed, kind, is_press=is_press)
    issued = day_published or published
    document = Document(
        numbers=own,
        issuers=names,
        kind=kind,
        written=day_written,
        published=issued,
        region=region.name,
        level=region.level,
        relates=relations.relations(sheet, kind),
    )
    if kind in {"解读", "新闻"} and not is_press:
        return document
    begins, ends = (None, None)
    if kind not in {"征求意见稿", "新闻"}:
        begins, ends = effective.span(sheet, day_written, issued)
    ahead = deadlines.deadlines(sheet, kind, written=day_written, published=issued, fetched=fetched)
    return replace(document, effective=begins, expires=ends, deadlines=ahead)


def _host(url: str) -> str:
    """The host's name; empty for an address of numbers, which tells nothing."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return "" if _NUMBERS.fullmatch(name) else name


def _is_institution(host: str) -> bool:
    """Whether the site may be an issuer's own; where nothing tells, the words decide."""
    if not host:
        return True
    return bool(re.search(r"(?:^|[.-])(?:gov|edu|org|ac|mil|europa|gc|go)(?:$|[.-])|\.(?:eu|uk|hk|tw|mo)$", host))


def _region(
    sheet: Sheet, kind: str, names: tuple[str, ...], *, abroad: str, province: str, host: str, home: Region
) -> Region:
    """`home` is where it is from if nothing tells."""
    if abroad:
        return Region(abroad, "省" if abroad in {"香港特别行政区", "澳门特别行政区", "台湾"} else "国家")
    if kind == "新闻":
        told = (regions.of_news(sheet.title), regions.of_host(host), regions.of_lead(sheet.body.strip()))
        return next((one for one in told if one.name), home)
    own = regions.of_issuers(names, province)
    if own.name:
        return own
    bare = re.sub("《[^》]*》", "", sheet.title)
    titled = regions.of_title(bare) if names else regions.of_news(bare)
    if titled.name:
        return titled
    hosted = regions.of_host(host)
    return hosted if hosted.name else home
