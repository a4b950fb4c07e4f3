"""A subscription's own subject: a text with `{values}`, filled in without being looked into."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policywatch.digests.view import DigestView

MAX_LENGTH = 200
NAMES = ("name", "date", "weekday", "n", "closing", "lists", "title")
_VALUE = re.compile(r"\{([^{}]*)\}")


def checked(text: str) -> str:
    """The text as it is. Raises ValueError that says what would be right."""
    known = ", ".join(f"{{{name}}}" for name in NAMES)
    for name in _VALUE.findall(text):
        if name not in NAMES:
            raise ValueError(f"there is no value {{{name}}}; a subject may hold {known}")
    if "{" in _VALUE.sub("", text) or "}" in _VALUE.sub("", text):
        raise ValueError(f"a brace stands alone; a subject may hold {known}")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"at most {MAX_LENGTH} characters; mail programs show about 60")
    return text


def filled(text: str, seen: DigestView) -> str:
    """The subject of a digest."""
    values = {
        "name": seen.name,
        "date": seen.date,
        "weekday": seen.weekday,
        "n": f"{seen.count:,}",
        "closing": f"{seen.closing_count:,}",
        "lists": " · ".join(group.name for group in seen.groups),
        "title": seen.top,
    }
    return _VALUE.sub(lambda named: values[named[1]], text)
