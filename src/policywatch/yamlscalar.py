r"""Where in a YAML file a character of a text stands whose lines were folded, or whose quotes were escaped.

The text of a scalar is found again in its source by walking along both: what YAML takes away (quotes, indentation, line
breaks, backslashes) is stepped over. Good for faults, which must point at the right word; not a parser.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)", re.DOTALL)
_HEADER = re.compile(r"[|>][^\n]*\n")
_BLANK = " \t\r\n"


def place(source: str, start: int, value: str, offset: int) -> tuple[int, int] | None:
    """Line and column, from 1, of character `offset` of the value of the scalar that begins at `start` of a source.

    None where source and value cannot be followed to there, as when a secret was put in.
    """
    at = _walk(source, start, value, offset)
    if at is None:
        return None
    return source.count("\n", 0, at) + 1, at - (source.rfind("\n", 0, at) + 1) + 1


def quoted(text: str) -> str:
    """A text as a scalar of one line in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def _walk(source: str, start: int, value: str, offset: int) -> int | None:
    quote = source[start] if source[start] in "'\"" else ""
    at = start + len(quote)
    header = _HEADER.match(source, start)
    if header:
        at = header.end()
    for number, character in enumerate(value[: offset + 1]):
        found = _next(source, at, character, quote)
        if found is None:
            return None
        here, at = found
        if number == offset:
            return here
    return at


def _next(source: str, at: int, character: str, quote: str) -> tuple[int, int] | None:
    """Where the next character of the value stands, and where the one after it may; None if it does not follow."""
    if character in " \n":
        # A folded line break: any run of blanks stands for it.
        if at >= len(source) or source[at] not in _BLANK:
            return None
        if source[at] == character:
            return at, at + 1
        here = at
        while at < len(source) and source[at] in _BLANK:
            at += 1
        return here, at
    while at < len(source) and source[at] in _BLANK and source[at] != character:
        at += 1
    if quote == '"' and source.startswith("\\", at):
        escape = _ESCAPE.match(source, at)
        return (at, escape.end()) if escape else None
    if quote == "'" and source.startswith("''", at):
        return at, at + 2
    return (at, at + 1) if source.startswith(character, at) else None
