"""When an article was published, and who is said to have issued it: from meta tags and the line under the title."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch import dates
from policywatch.articles.body import INFO_LINE
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

# 《政府网站发展指引》 (国办发〔2017〕47号), annex, names the first of each row; the others are common.
_META_DATE = (
    "pubdate", "firstpublishedtime", "article:published_time", "publishdate", "publish_date", "publishtime",
    "og:release_date", "datepublished", "bytedance:published_time", "weibo: article:create_at", "dateupdate", "date",
)  # fmt: skip
_META_PUBLISHER = ("contentsource", "source", "author", "og:article:author")
_META_SITE = ("sitename", "og:site_name")
_LINKED_DATA = re.compile(r"[\"'](?:datePublished|pubDate)[\"']\s*:\s*[\"'](?P<date>[^\"']{8,40})[\"']")
_WHOLE_DATE = re.compile(
    r"(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|(?<!\d)\d{1,2}[./]\s?\d{1,2}[./]\s?(?:19|20)\d{2}"
    r"|(?<![^\W\d_])[^\W\d_]{3,9}\.? \d{1,2},? (?:19|20)\d{2}|(?<!\d)\d{1,2}\.? [^\W\d_]{3,9}\.?,? (?:19|20)\d{2}"
)
_SHORT_DATE = re.compile(
    r"(?<![\d年/.-])\d{1,2}\s?[-/月]\s?\d{1,2}日?\s+\d{1,2}:\d{2}|(?<!\d)\d{1,3}\s?(?:分钟|小时|天)前|昨天|前天|刚刚"
)
"""A day without its year but with a clock, or an age; only right under a title is it taken for the article's."""
_CLOCK_LINE = re.compile(r"今天是|今日|星期|版权|©|copyright|截止|截至", re.IGNORECASE)
_CLOCK_ALONE = re.compile(r"(?:香港|澳門|北京|台北)?[时時][间間]?\s*[:：]?\s*\d{1,2}[时時:：]\d{2}分?")
_PUBLISHED = re.compile(r"(?:发布|發[布佈]|公布|公开|刊发|发稿|發稿)(?:时间|時間|日期)\s*[:：]?\s*(?P<date>.{0,40})")
"""What says of a date that it is the day of publishing: it goes before 成文日期, which stands first in many tables."""
_DAY_ALONE = re.compile(r"^\W{0,3}(?:(?:19|20)\d{2}|1[0-4]\d\s?[-/.年]|民[國国])")
# What ends a name: what is said after it, in a line without anything between.
_PUBLISHER = re.compile(
    r"(?:(?:信息|文章|稿件|内容|資料)?[来來]源|[文稿]章?出处|Source)\s*[:：]\s*(?P<name>[^\n|｜]{1,60}?)"
    r"(?=\s*(?:$|[|｜\n【\[】\]]|打印|[关關]闭|收藏|分享|举报|(?:发布|發[布佈]|更新|发稿|编辑|上传)?(?:时间|時間|日期)|作者|记者|記者|撰文"
    r"|[点點](?:击|擊)|浏览|阅读|访问|人气|字[号號体大]|[编編][辑輯]|責任|责任|责编|审核|20\d\d[-年/.]|Published))",
    re.IGNORECASE,
)
_ISSUER = re.compile(
    r"(?:发布|發[布佈]|发文|發文|制发|公开|信息提供)(?:机构|機構|单位|單位|机关|機關|部门|部門)\s*[:：]\s*"
    r"(?P<name>[^\n|｜:：]{2,40}?)(?=\s{2,}|\s*(?:$|[|｜\n]|\S{2,6}\s*[:：]))"
)
_NOBODY = frozenset({"本站", "本网", "本網", "本站原创", "原创", "本网站", "未知", "网络", "互联网"})
"""What pages write where they name nobody."""
_OUTLET = re.compile(
    rf"[{HAN}A-Za-z0-9·]{{2,16}}(?:日报|晚报|早报|时报|商报|周报|导报|报社?|网|新闻|通讯社|新华社|电视台|广播|传媒|融媒体?(?:中心)?|客户端|"
    r"在线|频道|观察|杂志|周刊|[厅局委办院]|委员会|人民政府|办公室)"
)
"""How the names of papers, sites and authorities end; said beside a date, such a name is the publisher's."""
_DATE_WORDS = re.compile(
    r"(?:19|20)?\d{2}\s?[-/.年]\s?\d{1,2}(?:\s?[-/.月]\s?\d{1,2}日?)?|\d{1,2}\s?[-/月]\s?\d{1,2}日?|\d{1,2}:\d{2}(?::\d{2})?"
)
_LINKED_PUBLISHER = re.compile(r"\"publisher\"\s*:\s*\{[^{}]{0,300}?\"name\"\s*:\s*\"(?P<name>[^\"\\]{2,80})\"")
_ACCOUNT_TIME = re.compile(r"\b(?:var\s+ct|create_?time|createTime)\s*[=:]\s*[\"'](?P<seconds>1\d{9})[\"']")
"""When an article on WeChat was published; the page itself fills it in by a script."""
_NAMED = 16
"""Characters of a title by which its line is known."""
_UNDER = 12
"""Lines under the title among which its date stands."""
_SHORT = 40
"""Characters of a line in which a day without its year is the article's."""
_AHEAD = timedelta(days=1)
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
    for candidate in _candidates(hinted, metas, lines, marked, source, title, zone):
        found = dates.as_written(candidate[:400], now=now, zone=zone) if candidate else None
        # A day to come is a deadline or the like.
        if found is not None and found <= now + _AHEAD:
            return _to_the_minute(found, candidate, lines, title, now, zone)
    found = dates.in_address(url, now=now, zone=zone)
    return _to_the_minute(found.astimezone(zone), "", lines, title, now, zone) if found is not None else None


def _candidates(
    hinted: str, metas: Mapping[str, str], lines: Sequence[str], marked: str, source: str, title: str, zone: tzinfo
) -> Iterator[str]:
    yield hinted
    for name in _META_DATE:
        yield metas.get(name, "")
    yield _said_published(lines)
    yield info_line(lines)
    yield marked
    linked = _LINKED_DATA.search(source)
    yield linked["date"] if linked else ""
    told = _ACCOUNT_TIME.search(source)
    moment = dates.from_epoch(int(told["seconds"])) if told else None
    yield moment.astimezone(zone).isoformat() if moment else ""
    yield from _dated_lines(lines, title)


def _said_published(lines: Sequence[str]) -> str:
    """What follows 发布日期, in its line or the next."""
    for at, line in enumerate(lines[:200]):
        said = _PUBLISHED.search(line) if len(line) < 300 else None
        if said is None:
            continue
        date = said["date"].strip() or next((other.strip() for other in lines[at + 1 : at + 3] if other.strip()), "")
        if _DAY_ALONE.match(date):
            return date[:40]
    return ""


def _under(lines: Sequence[str], title: str) -> list[str]:
    """The lines from the title on, wherever it stands, and those that follow it."""
    named = title[:_NAMED]
    return [other for at, line in enumerate(lines) if named and named in line for other in lines[at : at + _UNDER]]


def _dated_lines(lines: Sequence[str], title: str) -> list[str]:
    """Short lines that hold a date: under the title, else near the top a whole one; not the page's clock."""
    under = _under(lines, title)
    return [
        line
        for at, line in enumerate((*under, *lines[:150]))
        if len(line) <= 80
        and (
            _WHOLE_DATE.search(line.replace(title, ""))
            or (at < len(under) and len(line) <= _SHORT and _SHORT_DATE.search(line))
        )
        and not _CLOCK_LINE.search(line)
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
    # Hong Kong's government writes the day, and under it the clock.
    for above, line in itertools.pairwise(lines):
        day = _WHOLE_DATE.search(above) if len(line) <= 20 and _CLOCK_ALONE.fullmatch(line) else None
        if day is not None:
            hour, minute = re.findall(r"\d{1,2}", line)
            finer = dates.as_written(f"{day[0]} {hour}:{minute}", now=now, zone=zone)
            if finer is not None and finer.date() == found.date():
                return finer
    return found


def publisher(hinted: str, metas: Mapping[str, str], lines: Sequence[str], *, title: str = "", source: str = "") -> str:
    """Who is named as 来源, without the word; else who is said to have issued it, or stands beside its date."""
    if hinted:
        return re.sub(r"^(?:信息|文章|稿件)?[来來]源\s*[:：]\s*", "", hinted)
    if metas.get("contentsource"):
        return metas["contentsource"]
    return next(filter(None, _named(metas, lines, title, source)), "")


def _named(metas: Mapping[str, str], lines: Sequence[str], title: str, source: str) -> Iterator[str]:
    said = _PUBLISHER.search(info_line(lines))
    name = said["name"].strip() if said else ""
    yield name if name not in _NOBODY else ""
    yield next((found["name"].strip() for line in lines[:200] if (found := _ISSUER.search(line))), "")
    yield from (metas.get(name, "") for name in _META_PUBLISHER)
    yield _beside_date(lines, title)
    linked = _LINKED_PUBLISHER.search(source)
    yield linked["name"].strip() if linked else ""
    yield from (metas.get(name, "") for name in _META_SITE)


def _beside_date(lines: Sequence[str], title: str) -> str:
    """A paper's, site's or authority's name in the line of the date under the title, with no word for what it is."""
    for line in _under(lines, title):
        if len(line) <= 80 and (_WHOLE_DATE.search(line) or _SHORT_DATE.search(line)) and not _CLOCK_LINE.search(line):
            parts = re.split(r"[\s|｜·/]+", _DATE_WORDS.sub(" ", line.replace(title, " ")))
            return next((part for part in parts if _OUTLET.fullmatch(part)), "")
    return ""
