"""What a feed suggests about how often to ask: RSS 2.0 ttl, skipHours and skipDays, and the syndication module.

Read off the text around the entries, so that every format and both parsers give the same answer.
"""

from __future__ import annotations

import re
from datetime import timedelta

from policywatch.model import Cadence

_ENTRY = re.compile(rb"<(?:item|entry)[\s>]", re.IGNORECASE)
_LAST = re.compile(rb"</(?:item|entry)\s*>", re.IGNORECASE)
_TTL = re.compile(rb"<ttl(?:\s[^>]{0,200})?>\s*(\d{1,9})\s*(?:\.\d{1,9}\s*)?</ttl", re.IGNORECASE)
_PERIOD = re.compile(rb"<(?:\w{1,40}:)?updatePeriod(?:\s[^>]{0,200})?>\s*(\w{1,20})\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(rb"<(?:\w{1,40}:)?updateFrequency(?:\s[^>]{0,200})?>\s*(\d{1,9})\s*</", re.IGNORECASE)
_SKIP = re.compile(rb"<skip(?P<what>hours|days)(?:\s[^>]{0,200})?>(?P<list>[^&]{0,4000}?)</skip", re.IGNORECASE)
_HOUR = re.compile(rb"<hour>\s*(\d{1,2})\s*</", re.IGNORECASE)
_DAY = re.compile(rb"<day>\s*(\w{3,12})\s*</", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)

_SAYS = re.compile(rb"<ttl|update(?:Period|Frequency)|<skip", re.IGNORECASE)

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = {name: number for number, name in enumerate((b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"))}
_MOST = timedelta(days=365)
_AROUND = 20_000
"""Bytes before the first and behind the last entry that are looked at."""


def read(markup: bytes) -> Cadence:
    """The longest of the spans that a feed names, and the hours (GMT) and days (Monday is 0) it wants left out.

    `markup` is UTF-8. What cannot be understood, or is zero, counts as not said.
    """
    first = _ENTRY.search(markup)
    around = markup[: min(first.start(), _AROUND)] if first else markup[:_AROUND]
    tail = markup[-_AROUND:]
    ends = [found.end() for found in _LAST.finditer(tail)]
    if first and ends:
        around += tail[ends[-1] :]
    if not _SAYS.search(around):
        return Cadence()
    around = _COMMENT.sub(b"", around)
    spans = []
    ttl = _TTL.search(around)
    if ttl and int(ttl[1]):
        spans.append(timedelta(minutes=min(int(ttl[1]), 60 * 24 * 365)))
    period = _PERIOD.search(around)
    frequency = _FREQUENCY.search(around)
    if period or frequency:
        # Daily and once where one of the two is not said (http://purl.org/rss/1.0/modules/syndication/).
        span = _PERIODS.get(period[1].decode().lower()) if period else _PERIODS["daily"]
        if span is not None:
            spans.append(span / max(1, int(frequency[1]) if frequency else 1))
    hours: set[int] = set()
    days: set[int] = set()
    for skip in _SKIP.finditer(around):
        if skip["what"].lower() == b"hours":
            # RSS 0.91 counted the hours from 1 to 24, RSS 2.0 from 0 to 23: 24 and 0 are the same hour.
            hours |= {int(hour) % 24 for hour in _HOUR.findall(skip["list"]) if int(hour) <= 24}
        else:
            days |= {_DAYS[day[:3].lower()] for day in _DAY.findall(skip["list"]) if day[:3].lower() in _DAYS}
    return Cadence(min(max(spans), _MOST) if spans else None, frozenset(hours), frozenset(days))
