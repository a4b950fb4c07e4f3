"""When an article was published, and who is said to have issued it: from meta tags and the line under the title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch import dates
from policywatch.articles.body import INFO_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

# 《政府网站发展指引》 (国办发〔2017〕47号), annex, names the first of each row; the others are common.
_META_DATE = (
    "pubdate", "firstpublishedtime", "article:published_time", "publishdate", "publish_date", "publishtime",
    "og:release_date", "datepublished", "bytedance:published_time", "weibo: article:create_at", "dateupdate", "date",
)  # fmt: skip
_META_PUBLISHER = ("contentsource", "source", "author", "og:article:author", "sitename", "og:site_name")
_LINKED_DATA = re.compile(r"[\"'](?:datePublished|pubDate)[\"']\s*:\s*[\"'](?P<date>[^\"']{8,40})[\"']")
_WHOLE_DATE = re.compile(
    r"(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|(?<!\d)\d{1,2}[./]\s?\d{1,2}[./]\s?(?:19|20)\d{2}"
    r"|(?<![^\W\d_])[^\W\d_]{3,9}\.? \d{1,2},? (?:19|20)\d{2}|(?<!\d)\d{1,2}\.? [^\W\d_]{3,9}\.?,? (?:19|20)\d{2}"
)
_CLOCK_LINE = re.compile(r"今天是|今日|星期|版权|©|copyright|截止|截至", re.IGNORECASE)
_PUBLISHER = re.compile(
    r"(?:(?:信息|文章|稿件|内容)?[来來]源|Source)\s*[:：]\s*(?P<name>[^\n|｜]{1,60}?)"
    r"(?=\s*(?:$|[|｜\n【\[]|打印|关闭|收藏|分享|(?:发布|發[布佈])?(?:时间|時間|日期)|作者|[点點](?:击|擊)|浏览|编辑|字[号號体]|编辑|責任|责任|20\d\d[-年/.]|Published))",
    re.IGNORECASE,
)
_NAMED = 16
"""Characters of a title by which its line is known."""
_UNDER = 12
"""Lines under the title among which its date stands."""
_MINUTES = re.compile(r"\d{1,2}[:：]\d{2}")


def info_line(lines: Sequence[str]) -> str:
    """The short line that names 来源 and date."""
    for at, line in enumerate(lines[:200]):
        if len(line) < 300 and INFO_LINE.search(line):
            # Some sites put each part on a line of its own.
            return "\n".join(lines[max(0, at - 1) : at + 3]) if len(line) < 40 else line
    return ""


def line_above(lines: Sequence[str]) -> str:
    """What stands right above the line that names 来源 and date: on most pages the title; empty where nothing does."""
    at = next((at for at, line in enumerate(lines[:200]) if len(line) < 300 and INFO_LINE.search(line)), 0)
    return lines[at - 1] if at else ""


def moment(
    hinted: str,
    metas: Mapping[str, str],
    lines: Sequence[str],
    *,
    marked: str,
    source: str,
    title: str,
    url: str,
    now: datetime,
    zone: tzinfo,
) -> datetime | None:
    """When the article was published, in the zone that the page writes.

    `hinted` is what the source's own selector found, `marked` the page's `time` tag, `lines` what a reader sees,
    `source` the page's markup.
    """
    for candidate in _candidates(hinted, metas, lines, marked, source, title):
        found = dates.as_written(candidate[:400], now=now, zone=zone) if candidate else None
        if found is not None:
            return _to_the_minute(found, candidate, lines, title, now, zone)
    found = dates.in_address(url, now=now, zone=zone)
    return found.astimezone(zone) if found is not None else None


def _candidates(
    hinted: str, metas: Mapping[str, str], lines: Sequence[str], marked: str, source: str, title: str
) -> Iterator[str]:
    yield hinted
    for name in _META_DATE:
        yield metas.get(name, "")
    yield info_line(lines)
    yield marked
    linked = _LINKED_DATA.search(source)
    yield linked["date"] if linked else ""
    yield from _dated_lines(lines, title)


def _dated_lines(lines: Sequence[str], title: str) -> list[str]:
    """Short lines that hold a whole date: under the title, else near the top; not the clock of the page's head."""
    named = title[:_NAMED]
    under = [at for at, line in enumerate(lines) if named and named in line]
    places = [*(lines[at : at + _UNDER] for at in under), lines[:150]]
    return [
        line
        for place in places
        for line in place
        if len(line) <= 80 and _WHOLE_DATE.search(line.replace(title, "")) and not _CLOCK_LINE.search(line)
    ][:3]


def _to_the_minute(
    found: datetime, candidate: str, lines: Sequence[str], title: str, now: datetime, zone: tzinfo
) -> datetime:
    """With the time that the page shows under the title, where the place that was believed first gives only the day."""
    if _MINUTES.search(candidate) or (found.hour, found.minute) != (0, 0):
        return found
    for line in [info_line(lines), *_dated_lines(lines, title)]:
        if _MINUTES.search(line):
            finer = dates.as_written(line[:400], now=now, zone=zone)
            if finer is not None and finer.date() == found.date():
                return finer
    return found


def publisher(hinted: str, metas: Mapping[str, str], lines: Sequence[str]) -> str:
    """Who is named as 来源, without the word."""
    if hinted:
        return re.sub(r"^(?:信息|文章|稿件)?[来來]源\s*[:：]\s*", "", hinted)
    if metas.get("contentsource"):
        return metas["contentsource"]
    named = _PUBLISHER.search(info_line(lines))
    if named and named["name"].strip():
        return named["name"].strip()
    return next((metas[name] for name in _META_PUBLISHER if metas.get(name)), "")
