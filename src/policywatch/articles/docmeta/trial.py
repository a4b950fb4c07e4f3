"""What `policywatch try document` answers to one line."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from policywatch.articles.docmeta import document
from policywatch.model import Document
from policywatch.text.repair import repair

_LIMIT = 1_000_000
"""Characters of a title or body."""


def trial(line: str) -> dict[str, Any]:
    """The document of a line `{"id", "title", "body", "url", "meta", "fetched"}`; dates as YYYY-MM-DD or null.

    Never raises: a line that is no such object is answered with an `error` beside empty results.
    """
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"id": None, **_answer(Document()), "error": f"not JSON: {error}"}
    if not isinstance(given, dict):
        what = 'not a JSON object; write one such as {"id": 1, "title": "…", "body": "…"}'
        return {"id": None, **_answer(Document()), "error": what}
    texts = {name: given.get(name) if given.get(name) is not None else "" for name in ("title", "body", "url")}
    wrong = [name for name, value in texts.items() if not isinstance(value, str)]
    metas: Any = given.get("meta") if given.get("meta") is not None else {}
    if not wrong and not isinstance(metas, dict):
        wrong = ["meta"]
    if wrong:
        what = "no text" if wrong != ["meta"] else 'no object of texts, such as {"PubDate": "2026-11-02"}'
        return {"id": given.get("id"), **_answer(Document()), "error": f"{wrong[0]} is {what}"}
    found = document.read(
        repair(str(texts["title"])[:_LIMIT]).text,
        repair(str(texts["body"])[:_LIMIT]).text,
        url=str(texts["url"]),
        metas={str(name).lower(): str(value) for name, value in metas.items()},
        fetched=_day(given.get("fetched")),
    )
    return {"id": given.get("id"), **_answer(found)}


def _day(text: object) -> date | None:
    """The day, in the zone that is written there, else in China's."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _answer(found: Document) -> dict[str, Any]:
    return {
        "numbers": list(found.numbers),
        "issuers": list(found.issuers),
        "kind": found.kind or None,
        "written": _text(found.written),
        "published": _text(found.published),
        "effective": _text(found.effective),
        "expires": _text(found.expires),
        "region": found.region or None,
        "level": found.level or None,
        "deadlines": [{"date": _text(one.date), "kind": one.kind, "text": one.text} for one in found.deadlines],
        "relates": [{"how": one.how, "title_or_number": one.what} for one in found.relates],
    }


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
