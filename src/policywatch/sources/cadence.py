"""Reads from a feed how often it wants to be asked: ttl, skipHours, skipDays (RSS 2.0) and the syndication module.

From the text before and behind its entries, by itself: it is the same for every way of reading the entries.
"""

from __future__ import annotations

import re
from datetime import timedelta

from policywatch.model import Cadence

_FIRST_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)
_HEAD = 20_000
"""Characters before the first entry, and behind the last one, that are looked at."""
_TTL = re.compile(r"<ttl>\s*(\d{1,9})\s*</ttl>", re.IGNORECASE)
_PERIOD = re.compile(r"<(?:\w{1,20}:)?updatePeriod>\s*([a-z]{1,20})\s*<", re.IGNORECASE)
_FREQUENCY = re.compile(r"<(?:\w{1,20}:)?updateFrequency>\s*(\d{1,9})\s*<", re.IGNORECASE)
_HOURS = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAYS = re.compile(r"<skipDays>(.{0,1000}?)</skipDays>", re.IGNORECASE | re.DOTALL)
_DAY = re.compile(r"<day>\s*([a-z]{1,20})\s*</day>", re.IGNORECASE)
# http://purl.org/rss/1.0/modules/syndication/: hourly, daily, weekly, monthly, yearly; daily and 1 when not said.
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def of_feed(text: str) -> Cadence:
    """What a feed says; nothing of what cannot be understood."""
    first = _FIRST_ENTRY.search(text)
    head = text[: min(first.start(), _HEAD)] if first else text[:_HEAD]
    if first:
        head += text[max(first.start(), text.rfind("</item>"), len(text) - _HEAD) :]
    return Cadence(_interval(head), _hours(head), _days(head))


def _interval(head: str) -> timedelta | None:
    found = []
    ttl = _TTL.search(head)
    if ttl and int(ttl[1]):
        found.append(timedelta(minutes=int(ttl[1])))
    period, frequency = _PERIOD.search(head), _FREQUENCY.search(head)
    if period or frequency:
        length = _PERIODS.get(period[1].lower()) if period else _PERIODS["daily"]
        times = int(frequency[1]) if frequency else 1
        if length and times:
            found.append(length / times)
    return max(found, default=None)


def _hours(head: str) -> frozenset[int]:
    block = _HOURS.search(head)
    # Some count from 1 to 24: their 24 is midnight.
    return frozenset(int(hour) % 24 for hour in _HOUR.findall(block[1]) if int(hour) <= 24) if block else frozenset()


def _days(head: str) -> frozenset[int]:
    block = _DAYS.search(head)
    named = [day.lower() for day in _DAY.findall(block[1])] if block else []
    return frozenset(_WEEKDAYS.index(day) for day in named if day in _WEEKDAYS)
