"""Lists that a page carries in its scripts: records in CDATA (Hanweb jpage), arrays of JSON, columns of assignments."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from html import unescape
from typing import TYPE_CHECKING, Any

from policywatch import dates
from policywatch.text import html
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

_RECORD = re.compile(r"<record>\s*(?:<!\[CDATA\[(?P<data>.*?)\]\]>|(?P<escaped>&lt;.*?))\s*</record>", re.DOTALL)
# Written so that a search looks for a character that must come, and not at each place in turn: pages are long.
_NAMED_SCRIPT = "[sS\u017f][cC][rR][iI\u0130\u0131][pP][tT]"
_SCRIPT = re.compile(rf"<{_NAMED_SCRIPT}\b[^>]*>(?P<code>.*?)</{_NAMED_SCRIPT}>", re.DOTALL)
_OPENING = re.compile(r"[=(:n](?:(?<!n)|(?<=return))\s*(?=[\[{]\s*[\[{\"])")
_ASSIGNED = re.compile(r"\[(?:\d+|i)\]\s*=\s*['\"]")
_TOLD = re.compile(r":\s*['\"]")
"""What columns of assignments and literals cannot be without."""
_COLUMN = re.compile(r"(?P<name>[A-Za-z_]\w*)\[(?:\d+|i)\]\s*=\s*(?P<quote>['\"])(?P<value>.*?)(?P=quote)\s*;")
_LITERAL = re.compile(r"\{[^{}]{10,3000}\}")
_PAIR = re.compile(r"(?P<name>\w+)\s*:\s*(?P<quote>['\"])(?P<value>(?:(?!(?P=quote))[^\\]|\\.)*)(?P=quote)")
_MOST_OPENINGS = 30
_DEEP = 6
"""Levels at which an array is looked for, and at which its records' values are."""
_HAN = re.compile(f"[{HAN}]")
_PLACE = re.compile(r"(?:https?:)?//\S+|\.{0,2}/\S*|[\w\-./]+\.(?:s?html?|jsp|aspx?|php|pdf|docx?)(?:\?\S*)?")
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|css|js|ico|mp4)(?:\?|$)", re.IGNORECASE)
_TITLE_WORD = re.compile(r"title|subject|headline|(?:^|_)(?:name|bt)$|header", re.IGNORECASE)
_PLACE_WORD = re.compile(r"url|link|href|path", re.IGNORECASE)
_DATE_WORD = re.compile(r"pub|deploy|release|issue|post|date|time|day|fb", re.IGNORECASE)
_PUBLISHED_WORD = re.compile(r"pub|deploy|release|issue|fb|rel", re.IGNORECASE)
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")


def fragment(text: str) -> str:
    """The HTML of all records that a Hanweb list carries, as one list; empty without any."""
    found = [record["data"] or unescape(record["escaped"]) for record in _RECORD.finditer(text)]
    return f"<ul>{''.join(found)}</ul>" if found else ""


def records(text: str, *, now: datetime, zone: tzinfo) -> Iterator[list[tuple[str, str, datetime | None]]]:
    """Lists of (address as written, title, date) in a page's scripts, or in the text where it is JSON itself."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            yield from in_value(json.loads(text), now, zone)
        except (ValueError, RecursionError):
            return
        return
    for script in _SCRIPT.finditer(text):
        code = script["code"]
        decoder = json.JSONDecoder()
        done = attempts = 0
        for opening in _OPENING.finditer(code):
            if opening.end() < done or attempts >= _MOST_OPENINGS:
                continue
            attempts += 1
            try:
                value, done = decoder.raw_decode(code, opening.end())
            except (ValueError, RecursionError):
                continue
            yield from in_value(value, now, zone)
        if _ASSIGNED.search(code):
            yield from _columns(code, now, zone)
        if _TOLD.search(code):
            yield from _literals(code, now, zone)


def in_value(value: Any, now: datetime, zone: tzinfo) -> Iterator[list[tuple[str, str, datetime | None]]]:
    """The same of a JSON value."""
    for array in _arrays(value, 0):
        found = _read([_flat(record) for record in array], now, zone)
        if found:
            yield found


def _arrays(value: Any, depth: int) -> Iterator[list[dict[str, Any]]]:
    if depth > _DEEP:
        return
    if isinstance(value, dict):
        for inner in value.values():
            yield from _arrays(inner, depth + 1)
    elif isinstance(value, list):
        if len(value) >= 2 and all(isinstance(one, dict) for one in value):
            yield value
        for inner in value[:3]:
            yield from _arrays(inner, depth + 1)


def _flat(record: Mapping[str, Any], depth: int = 0) -> dict[str, str]:
    """The values of a record at any depth, by their own keys; of an array the first."""
    found: dict[str, str] = {}
    for key, given in record.items():
        value = given[0] if isinstance(given, list) and given else given
        if isinstance(value, dict):
            if depth < _DEEP:
                for inner, text in _flat(value, depth + 1).items():
                    found.setdefault(inner, text)
        elif isinstance(value, str | int) and not isinstance(value, bool):
            found.setdefault(key, str(value))
    return found


def _literals(code: str, now: datetime, zone: tzinfo) -> Iterator[list[tuple[str, str, datetime | None]]]:
    """Objects written for JavaScript and not as JSON: names without quotes, text in single ones."""
    alike: defaultdict[frozenset[str], list[dict[str, str]]] = defaultdict(list)
    for literal in _LITERAL.finditer(code):
        row = {pair["name"]: unescape(pair["value"]) for pair in _PAIR.finditer(literal[0])}
        if len(row) >= 2:
            alike[frozenset(row)].append(row)
    for rows in alike.values():
        if len(rows) >= 2 and (found := _read(rows, now, zone)):
            yield found


def _columns(code: str, now: datetime, zone: tzinfo) -> Iterator[list[tuple[str, str, datetime | None]]]:
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for found in _COLUMN.finditer(code):
        columns[found["name"]].append(found["value"])
    count = max(map(len, columns.values()), default=0)
    whole = {name: values for name, values in columns.items() if len(values) == count}
    if count >= 2:
        rows = [dict(zip(whole, values, strict=True)) for values in zip(*whole.values(), strict=True)]
        for row in rows:
            if {"year", "month", "day"} <= row.keys():
                row["pubdate"] = f"{row['year']}-{row['month']}-{row['day']}"
        found_rows = _read(rows, now, zone)
        if found_rows:
            yield found_rows


def keys_of(rows: Sequence[Mapping[str, str]], now: datetime, zone: tzinfo) -> tuple[str, str, str | None] | None:
    """The keys under which records hold address, title and date; None where they hold no articles."""
    named = _names(rows)
    if named is None:
        return None
    place, title, dated = named
    date = next((key for key in dated if any(moment(row.get(key, ""), now, zone) for row in rows)), None)
    return place, title, date


def _names(rows: Sequence[Mapping[str, str]]) -> tuple[str, str, list[str]] | None:
    keys = dict.fromkeys(key for row in rows for key in row)
    place = _best(keys, rows, _place_likeness)
    title = _best([key for key in keys if key != place], rows, _title_likeness)
    if place is None or title is None:
        return None
    dated = [key for key in keys if key not in {place, title} and _DATE_WORD.search(key)]
    dated.sort(key=lambda key: _PUBLISHED_WORD.search(key) is None)
    return place, title, dated


def _read(rows: Sequence[Mapping[str, str]], now: datetime, zone: tzinfo) -> list[tuple[str, str, datetime | None]]:
    named = _names(rows)
    if named is None:
        return []
    place, title, dated = named
    found = []
    for row in rows:
        said = html.inline(row.get(title, ""))
        if row.get(place) and said:
            moments = (moment(row.get(key, ""), now, zone) for key in dated)
            found.append((row[place].strip(), said, next((one for one in moments if one), None)))
    return found


def _best(keys: Any, rows: Sequence[Mapping[str, str]], likeness: Any) -> str | None:
    rated = [(sum(likeness(key, row.get(key, "")) for row in rows) / len(rows), key) for key in keys]
    best = max(rated, default=(0.0, ""))
    return best[1] if best[0] >= 0.5 else None


def _place_likeness(key: str, value: str) -> float:
    if not _PLACE.fullmatch(value.strip()) or _PICTURE.search(value):
        return 0
    return 1.0 + bool(_PLACE_WORD.search(key))


def _title_likeness(key: str, value: str) -> float:
    text = html.inline(value) if "<" in value else value
    if not 4 <= len(text) <= 300 or not (len(_HAN.findall(text)) >= 4 or text.count(" ") >= 2):
        return 0
    return 1.0 + 2 * bool(_TITLE_WORD.search(key)) - (0.5 if len(text) > 80 else 0)


def moment(value: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The date that a value of a record names: text, or seconds or milliseconds since 1970."""
    value = value.strip()
    if _EPOCH.fullmatch(value):
        return dates.from_epoch(int(value[:10]))
    return dates.parse(value, now=now, zone=zone) if value else None
