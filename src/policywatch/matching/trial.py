"""What `policywatch try match` answers to one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policywatch.matching.matcher import Matcher


def trial(matcher: Matcher, line: str) -> dict[str, Any]:
    """The watch-lists, scores and hits of a line `{"id", "title", "body"}`, offsets into the text as given.

    Never raises: a line that is no such object is answered with an `error` beside empty results.
    """
    empty: dict[str, Any] = {"id": None, "watchlists": [], "scores": {}, "hits": []}
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {**empty, "error": f"not JSON: {error}"}
    if not isinstance(given, dict):
        return {**empty, "error": 'not a JSON object; write one such as {"id": 1, "title": "…", "body": "…"}'}
    fields = {name: given.get(name) if given.get(name) is not None else "" for name in ("title", "body")}
    wrong = [name for name, value in fields.items() if not isinstance(value, str)]
    if wrong:
        return {**empty, "id": given.get("id"), "error": f"{wrong[0]} is no text"}
    hits = matcher.match(str(fields["title"]), str(fields["body"]))
    return {
        "id": given.get("id"),
        "watchlists": [hit.watchlist for hit in hits],
        "scores": {hit.watchlist: hit.score for hit in hits},
        "hits": [
            {
                "watchlist": hit.watchlist,
                "rule": span.rule,
                "field": span.field,
                "start": span.start,
                "end": span.end,
                "text": span.text,
            }
            for hit in hits
            for span in hit.spans
        ],
    }
