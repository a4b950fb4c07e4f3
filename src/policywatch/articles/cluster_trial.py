"""What `policywatch try cluster` answers to lines: the story of each article."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from policywatch import dates, urls
from policywatch.articles import profile, titles
from policywatch.articles.cluster import Clusters
from policywatch.articles.likeness import Telling
from policywatch.text.repair import repair

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_FIELDS = ("title", "body", "published", "url")


def trial(lines: Iterable[str], now: datetime) -> list[dict[str, Any]]:
    """One answer for each line `{"id", "title", "body", "published", "url"}`, in order: `{"id", "story"}`.

    Articles are taken as they come, in one pass; those of one story have the same number. Never raises: a line that is
    no such object has no story and an `error`.
    """
    clusters = Clusters()
    by_url: dict[str, int] = {}
    places: list[tuple[dict[str, Any], int | None]] = []
    for line in lines:
        if line.strip():
            answer, given = _read(line)
            places.append((answer, None if given is None else _added(clusters, by_url, answer, given, now)))
    for answer, number in places:
        answer["story"] = None if number is None else clusters.story(number) + 1
    return [answer for answer, _ in places]


def _read(line: str) -> tuple[dict[str, Any], dict[str, str] | None]:
    empty: dict[str, Any] = {"id": None, "story": None}
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {**empty, "error": f"not JSON: {error}"}, None
    if not isinstance(given, dict):
        return {**empty, "error": 'not a JSON object; write one such as {"id": 1, "title": "…", "body": "…"}'}, None
    fields = {name: given.get(name) if given.get(name) is not None else "" for name in _FIELDS}
    answer = {**empty, "id": given.get("id")}
    wrong = [name for name, value in fields.items() if not isinstance(value, str)]
    if wrong:
        return {**answer, "error": f"{wrong[0]} is no text"}, None
    return answer, {name: str(value) for name, value in fields.items()}


def _added(
    clusters: Clusters, by_url: dict[str, int], answer: dict[str, Any], given: dict[str, str], now: datetime
) -> int:
    published = dates.parse(given["published"], now=now) if given["published"] else None
    if given["published"] and published is None:
        answer["error"] = "published is no date, and was left out"
    title, body = repair(given["title"]).text, repair(given["body"]).text
    number = clusters.add(Telling(titles.parsed(title), profile.of(body), published))
    address = urls.canonical(given["url"]) if given["url"] else ""
    if address:
        clusters.join(by_url.setdefault(address, number), number)
    return number
