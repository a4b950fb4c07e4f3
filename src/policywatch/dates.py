"""Dates as sources write them, and spans of time as users write them.

A date that is not certain is no date: `parse` gives None rather than a guess. Dates without a zone mean the source's
zone (China time unless it says otherwise); everything comes out in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from functools import lru_cache
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_HAN_UNITS = {"分钟": "m", "个小时": "h", "小时": "h", "秒": "s", "天": "d", "周": "w"}
_DURATION = re.compile(r"(\d{1,6})\s*(ms|[smhdw])")

_CLOCK = (
    r"(?:[T\s日号,，]*(?P<half>上午|下午|晚上|凌晨|中午)?\s*"
    r"(?P<hour>[01]?\d|2[0-4])\s*[:：时點点時]\s*(?P<minute>[0-5]\d)\s*(?:[:：分]\s*(?P<second>[0-5]\d|60)(?:[.,]\d{1,9})?\s*秒?)?分?)?"
)
_NO_CLOCK = re.compile(r"[T\s]*\d{1,2}:\d{2}")
_ZONE = r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_NUMERIC = re.compile(
    r"(?<![\d.])(?P<year>(?:19|20)\d{2})\s*(?P<sep>[-/.年])\s*(?P<month>1[0-2]|0?[1-9])\s*[-/.月]\s*"
    r"(?P<day>3[01]|[12]\d|0?[1-9])(?!\d)\s*[日号號]?" + _CLOCK + _ZONE
)
# Taiwan counts the years from 1911: 民國115年11月20日, and on lists just 115-11-20.
_MINGUO = re.compile(
    r"(?:民[國国]\s*(?P<since_1911>\d{2,3})|(?<![\d./-])(?P<alone>1[0-4]\d))\s*[-/.年]\s*(?P<month>1[0-2]|0?[1-9])"
    r"\s*[-/.月]\s*(?P<day>3[01]|[12]\d|0?[1-9])(?![\d.])\s*[日號]?" + _CLOCK
)
_COMPACT = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<month>1[0-2]|0[1-9])(?P<day>3[01]|[12]\d|0[1-9])"
    r"(?:T?(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?)?(?P<zone>Z)?(?!\d)"
)
_MONTH_DAY = re.compile(
    r"(?<![\d年/.-])(?P<month>1[0-2]|0?[1-9])\s*(?P<sep>[-/月])\s*(?P<day>3[01]|[12]\d|0?[1-9])(?![\d/.-])\s*[日号號]?"
    + _CLOCK
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<day>3[01]|[12]\d|0?[1-9])\.?[\s-]+(?P<name>[A-Za-z]{3,9})\.?,?[\s-]+(?P<year>(?:19|20)\d{2})(?!\d)"
    + _CLOCK
    + _ZONE
)
_DOTTED = re.compile(
    r"(?<![\d.])(?P<day>3[01]|[12]\d|0?[1-9])\.(?P<month>1[0-2]|0?[1-9])\.(?P<year>(?:19|20)\d{2})(?![\d.])"
    + _CLOCK
    + _ZONE
)
_MONTH_FIRST = re.compile(
    r"(?<![A-Za-z])(?P<name>[A-Za-z]{3,9})\.?\s+(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d{2})(?!\d)"
    + _CLOCK
    + _ZONE
)
_HAN_DATE = re.compile(
    r"(?P<year>[〇○零一二三四五六七八九]{4})年(?P<month>十[一二]?|[一二三四五六七八九])月(?P<day>[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])日"
)
_AGO = re.compile(
    r"(?P<count>\d{1,4}|半|几|幾)\s*个?個?\s*(?P<unit>秒钟?|秒鐘|分钟?|分鐘|小时|小時|天|日|周|週|星期)\s*(?:以)?前"
)
_AGO_EN = re.compile(r"(?P<count>\d{1,4}|an?)\s+(?P<unit>second|minute|hour|day|week)s?\s+ago", re.IGNORECASE)
_DAY_WORD = re.compile(r"(?P<word>今天|今日|昨天|昨日|前天|刚刚|剛剛|yesterday|today)" + _CLOCK, re.IGNORECASE)
# What nearly every feed writes, read without further thought: a whole date with its offset, as Atom and RSS want it.
_ATOM = re.compile(
    r"(?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)", re.ASCII
)
_RSS = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) ([A-Z][a-z]{2}) ((?:19|20)\d\d) (\d\d):(\d\d):(\d\d) "
    r"(?:GMT|([+-](?:0\d|1[0-4])[0-5]\d))",
    re.ASCII,
)
# What nearly every list writes: a whole day, perhaps with a clock.
_DAY = re.compile(
    r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?: (?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?", re.ASCII
)
_RFC822 = re.compile(r"\d{1,2}\s+[A-Za-z]{3,9}\s+\d{2,4}\s+\d{1,2}:\d{2}")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1
    )
    for name in names.split()
}  # fmt: skip
_HAN_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}
_AGO_SECONDS = {"秒": 1, "分": 60, "小": 3600, "天": 86400, "日": 86400, "周": 604800, "週": 604800, "星": 604800}
_AGO_EN_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_NAMED_ZONES = {"CST": 8, "BJT": 8, "EST": -5, "EDT": -4, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "JST": 9, "HKT": 8}


def duration(text: str) -> timedelta:
    """A span such as 45s, 60m, 2h, 3d, 1w or 1d12h, or 30分钟. Raises ValueError that says what would be right."""
    plain = text.strip().lower()
    for word, unit in _HAN_UNITS.items():
        plain = plain.replace(word, unit)
    parts = _DURATION.findall(plain)
    if not parts or "".join(f"{count}{unit}" for count, unit in parts) != re.sub(r"\s", "", plain):
        raise ValueError("not a span of time; write a number and s, m, h, d or w, such as 60m, 2h or 3d")
    return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in parts))


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ValueError that says what would be right."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"no such time zone: {name!r}; write one such as Asia/Shanghai") from None


def parse(text: str, *, now: datetime, zone: tzinfo = CHINA) -> datetime | None:
    """The moment that a date field names, in UTC; None if it names none for certain.

    Reads RFC 822, ISO 8601, Chinese dates in digits and characters, 昨天, 3小时前, and MM-DD without a year: this
    year's, or last year's where that would lie in the future.
    """
    quick = plain_day(text, zone) or _usual(text)
    if quick is not None:
        return quick
    text = " ".join(text.translate(_FULL_WIDTH).split())
    if not text or len(text) > 200:
        return None
    if _RFC822.search(text):
        found = _rfc822(text, zone)
        if found is not None:
            return found.astimezone(UTC)
    return in_text(text, now=now, zone=zone)


def plain_day(text: str, zone: tzinfo = CHINA) -> datetime | None:
    """What `parse` makes of a day such as 2026-04-18 or 2026-04-18 09:30; None where the text is anything else.

    The days of a list are few, and so are remembered.
    """
    return _day(text, zone) if 10 <= len(text) <= _LONGEST_DAY and text[4] == "-" else None


_LONGEST_DAY = len("2026-04-18 09:30:00")


@lru_cache(maxsize=4096)
def _day(text: str, zone: tzinfo) -> datetime | None:
    if not _DAY.fullmatch(text):
        return None
    found = as_written(text, now=datetime.min.replace(tzinfo=UTC), zone=zone)
    return found.astimezone(UTC) if found is not None else None


def _usual(text: str) -> datetime | None:
    try:
        if rss := _RSS.fullmatch(text):
            day, month, year, hour, minute, second, offset = rss.groups()
            found = datetime(
                int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), int(second), tzinfo=UTC
            )
            if offset:
                found -= _shift(offset)
        elif _ATOM.fullmatch(text):
            found = datetime.fromisoformat(text).replace(microsecond=0)
        else:
            return None
    except (KeyError, ValueError):  # the 31st of June, 24:00, a leap second: read with care
        return None
    return found.astimezone(UTC) if 1990 <= found.year <= 2100 else None


@lru_cache(maxsize=256)
def _shift(offset: str) -> timedelta:
    """How far the clocks of an offset such as +0800 are ahead of UTC."""
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    return -ahead if offset[0] == "-" else ahead


# How addresses of Chinese government platforms carry the day: TRS t20260418_1, /2026-04/18/, /202604/18/, /20260418/,
# JCMS /art/2026/4/18/art_1.
_IN_ADDRESS = (
    re.compile(r"/t(20\d{2})([01]\d)([0-3]\d)_"),
    re.compile(r"/(20\d{2})-?/?([01]?\d)[-/]([0-3]?\d)(?=[/_.])"),
    re.compile(r"/(20\d{2})/([01]\d)([0-3]\d)/"),
    re.compile(r"(?<!\d)(20\d{2})([01]\d)([0-3]\d)(?!\d{1,3}\D)"),
)


def in_address(url: str, *, now: datetime, zone: tzinfo = CHINA) -> datetime | None:
    """The day that an article's address carries, unless it lies ahead."""
    for pattern in _IN_ADDRESS:
        found = pattern.search(url)
        if found:
            date = _midnight(found[1], found[2], found[3], zone)
            return date if date is not None and date <= now + _A_DAY else None
    return None


_A_DAY = timedelta(days=1)


@lru_cache(maxsize=4096)
def _midnight(year: str, month: str, day: str, zone: tzinfo) -> datetime | None:
    date = _at(int(year), int(month), int(day), 0, 0, 0, zone)
    return date.astimezone(UTC) if date is not None else None


def from_epoch(seconds: int) -> datetime | None:
    """The moment of a Unix time, if it is one that a page may mean."""
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if 1990 <= found.year <= 2100 else None


def in_text(text: str, *, now: datetime, zone: tzinfo = CHINA) -> datetime | None:
    """The first date inside a longer text, in UTC; whole dates before those without a year; None if there is none."""
    found = as_written(text, now=now, zone=zone)
    return found.astimezone(UTC) if found is not None else None


def as_written(text: str, *, now: datetime, zone: tzinfo = CHINA) -> datetime | None:
    """As `in_text`, but in the zone that the text names, so that its day is the day that stands there."""
    text = text.translate(_FULL_WIDTH)
    whole = [
        (found.start(), _whole(found, zone))
        for pattern in (_NUMERIC, _MINGUO, _COMPACT, _DOTTED, _DAY_FIRST, _MONTH_FIRST)
        for found in [pattern.search(text)]
        if found
    ]
    han = _HAN_DATE.search(text)
    if han:
        whole.append((han.start(), _han(han, zone)))
    dates = [(at, date) for at, date in whole if date is not None]
    if dates:
        return min(dates)[1]
    if whole:  # something like 2026-13-45 stands there: nothing else in the text is certain
        return None
    return _relative(text, now, zone)


_FULL_WIDTH = str.maketrans("０１２３４５６７８９－／．：", "0123456789-/.:")


def _relative(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    ago = _AGO.search(text)
    if ago and ago["count"].isdigit():
        return now - timedelta(seconds=int(ago["count"]) * _AGO_SECONDS[ago["unit"][0]])
    if ago and ago["count"] == "半":
        return now - timedelta(seconds=_AGO_SECONDS[ago["unit"][0]] // 2)
    english = _AGO_EN.search(text)
    if english:
        count = int(english["count"]) if english["count"].isdigit() else 1
        return now - timedelta(seconds=count * _AGO_EN_SECONDS[english["unit"].lower()])
    word = _DAY_WORD.search(text)
    if word:
        if word["word"] in {"刚刚", "剛剛"}:
            return now
        back = {"昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2}.get(word["word"].lower(), 0)
        day = now.astimezone(zone) - timedelta(days=back)
        return _moment(day.year, day.month, day.day, word, zone)
    short = _MONTH_DAY.search(text)
    if short:
        here = now.astimezone(zone)
        for year in (here.year, here.year - 1):
            date = _moment(year, int(short["month"]), int(short["day"]), short, zone)
            # A day's grace: the page's clock and ours need not agree on midnight.
            if date is not None and date <= now + timedelta(days=1):
                return date
    return None


def _whole(found: re.Match[str], zone: tzinfo) -> datetime | None:
    groups = found.groupdict()
    if "name" in groups:
        month = _MONTHS.get(found["name"].lower())
        if month is None:
            return None
    else:
        month = int(found["month"])
    if not groups.get("hour") and _NO_CLOCK.match(found.string, found.end()):
        return None  # 25:00: who writes that may mean any day
    minguo = groups.get("since_1911") or groups.get("alone")
    year = int(minguo) + 1911 if minguo else int(found["year"])
    return _moment(year, month, int(found["day"]), found, zone)


def _han(found: re.Match[str], zone: tzinfo) -> datetime | None:
    year = int("".join(str(_HAN_DIGITS[digit]) for digit in found["year"]))
    return _at(year, _han_number(found["month"]), _han_number(found["day"]), 0, 0, 0, zone)


def _han_number(text: str) -> int:
    tens, ten, ones = text.partition("十")
    if not ten:
        return _HAN_DIGITS[tens]
    return 10 * (_HAN_DIGITS[tens] if tens else 1) + (_HAN_DIGITS[ones] if ones else 0)


def _moment(year: int, month: int, day: int, found: re.Match[str], zone: tzinfo) -> datetime | None:
    groups = found.groupdict()
    hour = int(groups.get("hour") or 0)
    half = groups.get("half")
    if half in {"下午", "晚上"} and hour < 12:
        hour += 12
    named = groups.get("zone")
    if named:
        zone = UTC if named in {"Z", "UTC", "GMT"} else _offset(named)
    return _at(year, month, day, hour, int(groups.get("minute") or 0), int(groups.get("second") or 0), zone)


def _offset(text: str) -> timezone:
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _at(year: int, month: int, day: int, hour: int, minute: int, second: int, zone: tzinfo) -> datetime | None:
    if not 1990 <= year <= 2100:
        return None
    try:
        # 24:00 and leap seconds are written by real pages; both are the first moment of what follows.
        base = datetime(year, month, day, tzinfo=zone)
        moment = base + timedelta(hours=hour, minutes=minute, seconds=second)
        moment.astimezone(UTC)  # raises for the first and last days of all
    except (ValueError, OverflowError):
        return None
    return moment


def _rfc822(text: str, zone: tzinfo) -> datetime | None:
    """RFC 822 as feeds write it; a wrong weekday is overlooked, a date without a zone is in the source's zone."""
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    year, month, day, hour, minute, second = parsed[:6]
    offset = parsed[9]
    last = text.rsplit(maxsplit=1)[-1].strip("()").upper()
    if last in _NAMED_ZONES:
        # CST is China's on the sites that are read here, though RFC 822 means North America's.
        zone = timezone(timedelta(hours=_NAMED_ZONES[last]))
    elif offset is not None and re.search(r"[+-]\d{4}|\b(?:GMT|UTC?|Z)\b|[+-]\d{2}:\d{2}", text):
        try:
            zone = timezone(timedelta(seconds=offset))
        except ValueError:
            return None
    return _at(year, month, day, hour, minute, second, zone)
