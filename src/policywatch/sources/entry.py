"""One entry of a list: its title and its date, however the page writes them."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch import dates
from policywatch.text import html

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from selectolax.lexbor import LexborNode

_CUT = re.compile(r"(?:…|\.{2,}|。。。)\s*$")
_CLOCK = r"(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?"
_DAY = rf"[\[（(【]?\s*(?:(?:19|20)\d{{2}}\s?[-/.年]\s?)?\d{{1,2}}\s?[-/.月]\s?\d{{1,2}}日?{_CLOCK}\s*[\]）)】]?"
_TITLE_DATE = re.compile(
    rf"^\s*{_DAY}\s+|^\s*[\[【]\s*(?:(?:19|20)\d{{2}}[-/.年])?\d{{1,2}}[-/.月]\d{{1,2}}日?\s*[\]】]\s*"
    rf"|\s*[\[（(【]?\s*(?:19|20)\d{{2}}\s?[-/.年]\s?\d{{1,2}}\s?[-/.月]\s?\d{{1,2}}日?(?:\s+\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?\s*[\]）)】]?\s*$"
)
_BULLET = re.compile(r"^[\s·•●■◆▪▶►>»\-—－・．.]+(?=\S)")
_NUMBER = re.compile(r"\d")
_WHOLE = re.compile(
    r"(?:19|20)\d{2}\s?(?:[-/.]|年)\s?\d{1,2}\s?(?:[-/.]|月)\s?\d{1,2}日?(?:[\sT]+\d{1,2}:\d{2}(?::\d{2})?)?"
)
_SPLIT = (
    re.compile(r"(?<![\d:])(?P<day>[0-3]?\d)日?\s+(?P<year>20\d{2})\s?[-/.年]\s?(?P<month>[01]?\d)月?(?![\d\-/.])"),
    re.compile(r"(?<!\d)(?P<year>20\d{2})\s?[-/.年]\s?(?P<month>[01]?\d)月?\s+(?P<day>[0-3]?\d)(?:日|\b)(?![-/.:])"),
    re.compile(r"(?<!\d)(?P<month>[01]?\d)[-/.月](?P<day>[0-3]?\d)日?\s+(?P<year>20\d{2})年?(?![\d\-/.])"),
    re.compile(r"(?<!\d)(?P<year>20\d{2})年?\s+(?P<month>[01]?\d)[-/.月](?P<day>[0-3]?\d)日?(?![\d\-/.])"),
)
_SCRIPTED = re.compile(
    r"[\"']((?:https?://|\.{0,2}/)[^\"'\s<>()]{2,}|[\w./-]+\.(?:s?html?|aspx?|php|jsp)(?:\?[^\"'\s<>()]*)?)[\"']",
    re.IGNORECASE,
)
"""An address in a script such as `window.open('/d/1.html')`."""
AHEAD = timedelta(days=1)
"""A date that lies further ahead is about something else: when a rule takes effect, when a call ends."""
SHORT = 200
"""Characters of an entry beside its title among which a date is its own; longer text is a summary."""


def address_of(anchor: LexborNode) -> str:
    """Where a link leads, as it is written there: in `href`, or in the script that stands in its place."""
    href = (anchor.attrs.get("href") or "").strip()
    if href and href[0] != "#" and href[:11].lower() != "javascript:":
        return href
    told = {*_SCRIPTED.findall(f"{href} {anchor.attrs.get('onclick') or ''}")}
    return told.pop() if len(told) == 1 else ""


def title_of(anchor: LexborNode, holder: LexborNode | None = None) -> str:
    """The title of an entry without the date, bullet and dots around it. `holder` is what a selector chose."""
    is_link = holder is None or holder is anchor or holder.mem_id == anchor.mem_id
    shown = tidy(_spoken(anchor) if is_link or holder is None else html.said(holder))
    # Lists cut long titles; the whole one stands in an attribute.
    for node in (anchor,) if is_link or holder is None else (holder, anchor):
        given = node.attrs.get("title") or ""
        if given and given == shown:
            return shown
        whole = tidy(html.inline(given)) if given else ""
        if whole and (not shown or _CUT.search(shown) or _CUT.sub("", shown).strip() in whole):
            return whole
    return shown


def tidy(title: str) -> str:
    """A title without the date and the bullet that lists put around it."""
    if _BULLET.match(title):
        title = _BULLET.sub("", title)
    if _NUMBER.search(title) and _TITLE_DATE.search(title):
        title = _BULLET.sub("", _TITLE_DATE.sub("", title))
    return title.strip()


def _spoken(anchor: LexborNode) -> str:
    """What a link says its title is: a heading in it, else the first of several parts, else all of it but a date."""
    only = anchor.first_child
    if only is not None and only.tag == "-text" and only.next is None:
        return " ".join((only.text_content or "").split())
    heading = anchor.css_first("h1, h2, h3, h4, h5, h6")
    if heading is not None and (said := html.said(heading)):
        return said
    parts = [(node.tag, _part(node)) for node in anchor.iter(include_text=True)]
    said_parts = [(tag, text) for tag, text in parts if text and not _is_date(text)]
    blocks = [text for tag, text in said_parts if tag in _BLOCKS]
    if blocks and len(blocks) == len(said_parts):
        # A title comes before its summary.
        return next((text for text in blocks if len(tidy(text)) >= 4), blocks[0])
    if len(said_parts) < len([text for _, text in parts if text]):
        return "".join(text for _, text in said_parts)
    return html.said(anchor)


def _part(node: LexborNode) -> str:
    return " ".join((node.text_content or "").split()) if node.tag == "-text" else html.said(node)


_BLOCKS = frozenset({"div", "p", "dt", "dd", "li", "span", "section"})


def _is_date(text: str) -> bool:
    return len(text) <= 24 and bool(_NUMBER.search(text)) and not re.sub(r"[\d\s:年月日\-/.\[\]()（）【】]", "", text)


def date_in(text: str, *, now: datetime, zone: tzinfo) -> datetime | None:
    """The date in what an entry says beside its title; of several the last: written comes before published."""
    latest = now + AHEAD
    plain = dates.plain_day(text, zone)
    if plain is not None and plain <= latest:
        return plain
    found = _whole_dates(text, latest, now, zone)
    if found:
        return found[-1] if len(text) <= SHORT else found[0]
    if len(text) > SHORT:
        return None
    for pattern in _SPLIT:
        split = pattern.search(text)
        if split:
            date = dates.parse(f"{split['year']}-{split['month']}-{split['day']}", now=now, zone=zone)
            if date is not None and date <= latest:
                return date
    date = dates.in_text(text, now=now, zone=zone)
    if date is None:
        date = _without_year(text, latest, now, zone)
    return date if date is not None and date <= latest else None


_NAMED_DAY = re.compile(
    r"(?:^|[^\w.])(?:(?P<first>\d{1,2})\.? )?(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
    r"(?(first)| (?P<last>\d{1,2})(?:st|nd|rd|th)?)(?=$|[^\w:.]|\.$)"
)
"""Nov 24 and 24 November; a sentence says such too, but not among the few words beside a title."""


def _without_year(text: str, latest: datetime, now: datetime, zone: tzinfo) -> datetime | None:
    """The latest day of that name that has come."""
    found = _NAMED_DAY.search(text)
    if found is None:
        return None
    year = now.astimezone(zone).year
    days = [
        dates.parse(f"{found['first'] or found['last']} {found['month']} {one}", now=now, zone=zone)
        for one in (year, year - 1)
    ]
    return next((day for day in days if day is not None and day <= latest), None)


_OTHER_DATE = re.compile(
    r"(?:成文|印发|签发|形成|生效|施行|实施|截止|截至|结束|有效|废止|更新|修改|修订)(?:日期|时间|日|期)?\s*[:：]?\s*$"
    r"|\d日?\s*(?:至|到|[-–—~～]+)\s*$"
)
"""Before a date: it says when something else than the publication was, or ends a span."""
_BEFORE = 12
"""Characters before a date that say what it is."""


def _whole_dates(text: str, latest: datetime, now: datetime, zone: tzinfo) -> list[datetime]:
    """The whole dates up to the latest; of several not those that are said to be another than the publication's."""
    places = [(found.start(), dates.parse(found[0], now=now, zone=zone)) for found in _WHOLE.finditer(text)]
    said = [(start, date) for start, date in places if date is not None and date <= latest]
    if len(said) > 1:
        own = [one for one in said if not _OTHER_DATE.search(text[max(0, one[0] - _BEFORE) : one[0]])]
        said = own or said
    return [date for _, date in said]


def has_date(text: str) -> bool:
    """Whether a whole date, such as 2026-11-24, stands in the text."""
    return _WHOLE.search(text) is not None


def has_several_dates(text: str) -> bool:
    """Whether more than one does."""
    if text.count("20") + text.count("19") < 2:
        return False
    first = _WHOLE.search(text)
    return first is not None and _WHOLE.search(text, first.end()) is not None


_NUMBERED = re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})/((?:19|20)\d{2})(?![\d/])")


def numbered_days(texts: Sequence[str], *, now: datetime, zone: tzinfo) -> list[datetime | None]:
    """The days of a list that writes 24/11/2026 or 11/24/2026: in the one order in which they all are days gone by.

    Where both orders can be, that in which they fall from one entry to the next; where that does not decide, none.
    """
    written = [_NUMBERED.search(text) if "/" in text else None for text in texts]
    if not any(written):
        return [None] * len(texts)
    latest = now + AHEAD
    possible = []
    for day, month in ((1, 2), (2, 1)):
        days = [
            dates.parse(f"{found[3]}-{found[month]}-{found[day]}", now=now, zone=zone) if found else None
            for found in written
        ]
        if all(date is not None and date <= latest for date, found in zip(days, written, strict=True) if found):
            possible.append(days)
    if len(possible) > 1:
        possible = [days for days in possible if _falls([date for date in days if date is not None])]
    return possible[0] if len(possible) == 1 else [None] * len(texts)


def _falls(days: Sequence[datetime]) -> bool:
    return len(days) > 1 and all(one >= other for one, other in itertools.pairwise(days))
