"""What is wrong with text that is no YAML, for somebody who has never heard of tokens and block ends.

Two steps. `mended` finds what a keyboard does to YAML (tabs, full-width signs, a missing blank), tells it, and puts it
right in a copy, so that the rest of the file can be read and all its faults are told at once. `told` puts what the
parser says of anything else into words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruamel.yaml.error import MarkedYAMLError

_FOREIGN_BLANKS = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff"
_INDENT = re.compile(rf"[ \t{_FOREIGN_BLANKS}]*")
_FOREIGN = re.compile(f"[{_FOREIGN_BLANKS}]")
_DASHES = "－—–―−‐‑•●"  # what word processors and Chinese keyboards make of a hyphen
_WIDE_DASH = re.compile(rf"(?P<indent> *)(?P<dash>[{_DASHES}])[ \u3000]*(?=\S)")
_TIGHT_DASH = re.compile(r"(?P<indent> *)-(?=[A-Za-z_]\w*[:：](?:\s|$))")
_WIDE_COLON = re.compile(r"(?P<before> *(?:- +)?(?P<key>[A-Za-z_][\w-]*) *)：[ \u3000]*")
_TIGHT_COLON = re.compile(r"(?P<before> *(?:- +)?(?P<key>[A-Za-z_][\w-]*)):(?=[^\s/])")
_KEY = re.compile(r"(?P<indent> *)(?P<dash>(?:- +)*)(?:[\w.-]+|\"[^\"]*\"|'[^']*'):(?P<value>.*)$")
_QUOTES = "“”‘’「」『』"


class Hint(NamedTuple):
    """One thing to change; line and column from 1."""

    line: int
    column: int
    what: str


def mended(text: str, failed_at: int) -> tuple[str, list[Hint]]:
    """The text with what keyboards do put right line by line, and what was found; the same text if that is nothing.

    `failed_at` is the line, from 1, at which a parser gave up: what may also be meant is doubted only near it.
    """
    lines = text.split("\n")
    hints: list[Hint] = []
    near = {failed_at, _content_before(lines, failed_at)}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            lines[number - 1] = _line(lines, number, hints, is_near=number in near)
    return "\n".join(lines), hints


def _line(lines: Sequence[str], number: int, hints: list[Hint], *, is_near: bool) -> str:
    line = lines[number - 1]
    indent = _INDENT.match(line)[0]  # type: ignore[index]  # it matches nothing, too
    if "\t" in indent:
        hints.append(Hint(number, indent.index("\t") + 1, "the line begins with a tab; use spaces, never tabs"))
        line = _indent_near(lines, number) + line[len(indent) :]
    elif found := _FOREIGN.search(indent):
        what = "the line begins with a full-width or no-break space; use plain spaces (半角空格)"
        hints.append(Hint(number, found.start() + 1, what))
        line = _indent_near(lines, number) + line[len(indent) :]
    if found := _WIDE_DASH.match(line):
        what = f"the entry begins with {found['dash']}; write a plain `-` and a space"
        hints.append(Hint(number, found.start("dash") + 1, what))
        line = f"{found['indent']}- {line[found.end() :]}"
    elif found := _TIGHT_DASH.match(line):
        hints.append(Hint(number, found.end(), "a space is missing behind the `-` at the beginning of the entry"))
        line = f"{found['indent']}- {line[found.end() :]}"
    if found := _WIDE_COLON.match(line):
        what = f"the colon behind `{found['key']}` is a full-width one (：); write `{found['key']}: …`"
        hints.append(Hint(number, found.end("before") + 1, what))
        line = f"{found['before'].rstrip()}: {line[found.end() :]}"
    elif is_near and (found := _TIGHT_COLON.match(line)):
        what = f"a space is missing behind the colon; write `{found['key']}: …`"
        hints.append(Hint(number, found.end(), what))
        line = f"{found['before']}: {line[found.end() :]}"
    return line


def _content_before(lines: Sequence[str], number: int) -> int:
    """The nearest line above that is neither blank nor a comment; 0 without one."""
    number -= 1
    while number > 0 and (number > len(lines) or not lines[number - 1].strip() or lines[number - 1].lstrip()[0] == "#"):
        number -= 1
    return number


def _indent_near(lines: Sequence[str], number: int) -> str:
    """The indentation that a line probably should have: that of the keys above it."""
    above = _content_before(lines, number)
    found = _KEY.match(lines[above - 1]) if above else None
    if found is None:
        return ""
    deeper = 2 if not found["value"].partition("#")[0].strip() else 0
    dash = len(found["dash"])
    starts_entry = lines[number - 1].lstrip().startswith("- ")
    return " " * (len(found["indent"]) + (0 if starts_entry else dash) + deeper)


def told(text: str, error: MarkedYAMLError) -> Hint:
    """What the parser found, in words, at the place where a hand must go."""
    mark = error.problem_mark or error.context_mark
    problem = " ".join(str(error.problem or error.context or "").split())
    if mark is None:
        return Hint(0, 0, f"not YAML: {problem}")
    lines = text.split("\n")
    start = error.context_mark
    begun = Hint(start.line + 1, start.column + 1, "") if start is not None else None
    here = Hint(mark.line + 1, mark.column + 1, "")
    return (
        _quote(lines, problem, begun, here)
        or _sign(lines, problem, here)
        or _open(lines, problem, begun, here)
        or _shape(lines, problem, begun, here)
    )


def _quote(lines: Sequence[str], problem: str, begun: Hint | None, here: Hint) -> Hint | None:
    if begun is None or not ("end of stream" in problem or "unknown escape" in problem or "document sep" in problem):
        return None
    if "unknown escape" in problem:
        what = "a backslash means something else inside double quotes; use single quotes ('…'), or / instead of \\"
        return Hint(here.line, here.column - 1, what)
    return _unclosed(lines, begun)


def _unclosed(lines: Sequence[str], begun: Hint) -> Hint:
    what = "the quotation mark that begins here is not closed"
    if any(sign in _at(lines, begun.line)[begun.column :] for sign in _QUOTES):
        what += '; “ ” are no substitute: write the plain one (")'
    return begun._replace(what=what)


def _opened_above(lines: Sequence[str], number: int) -> Hint | None:
    """A quotation mark in a line above that nothing closes in its own line, so that the next one in the file did."""
    for above in range(number - 1, 0, -1):
        line = _at(lines, above).partition(" #")[0]
        if line.count('"') % 2:
            return Hint(above, line.rindex('"') + 1, "")
    return None


def _sign(lines: Sequence[str], problem: str, here: Hint) -> Hint | None:
    """Values whose first sign means something in YAML."""
    line = _at(lines, here.line)
    if "that cannot start any token" in problem or "expected alphabetic or numeric" in problem:
        at = min(here.column - 1, len(line) - 1)
        while at > 0 and line[at] not in "@%`*&!|>\t":
            at -= 1
        if line[at : at + 1] == "\t":
            return here._replace(what="a tab stands here; use spaces, never tabs")
        return Hint(here.line, at + 1, f'a value that begins with {line[at]} must stand in quotes: "{line[at]}…"')
    for word, sign in (("undefined alias", "*"), ("expected URI", "!"), ("undefined tag handle", "!")):
        if word in problem:
            at = max(line.rfind(sign, 0, here.column), 0)
            return Hint(here.line, at + 1, f'a value that begins with {sign} must stand in quotes: "{sign}…"')
    if "expected the node content, but found ','" in problem or "but found '?'" in problem:
        return here._replace(what="nothing stands before this sign; write a value or remove the sign")
    return None


def _open(lines: Sequence[str], problem: str, begun: Hint | None, here: Hint) -> Hint | None:
    """Brackets that do not close."""
    if problem.startswith("expected ',' or") and begun is not None:
        return _bracket(lines, begun, here)
    if "expected the node content" in problem:
        for number in range(min(here.line, len(lines)), 0, -1):
            at = max(_at(lines, number).rfind("["), _at(lines, number).rfind("{"))
            if at >= 0:
                return _bracket(lines, Hint(number, at + 1, ""), here)
    return None


def _shape(lines: Sequence[str], problem: str, begun: Hint | None, here: Hint) -> Hint:
    """Values with a colon in them, lines that are indented wrongly."""
    line = _at(lines, here.line)
    if "mapping values are not allowed" in problem:
        found = _KEY.match(line)
        value_at = found.start("value") if found else 0
        if found and value_at < here.column - 1:
            key = line[:value_at].strip().lstrip("- ").rstrip(":")
            what = f'a colon and a space inside a value: put the value in quotes, `{key}: "…"`'
            return here._replace(what=what)
        return _indentation(lines, here)
    if "but found '<scalar>'" in problem and (opened := _opened_above(lines, here.line)) is not None:
        return _unclosed(lines, opened)
    if "but found '<scalar>'" in problem and line[: here.column - 1].rstrip()[-1:] in {'"', "'"}:
        return here._replace(what="text stands behind the closing quotation mark; put all of the value inside")
    if "expected <block end>" in problem or "expected '<document start>'" in problem:
        return _indentation(lines, here)
    if "could not find expected ':'" in problem:
        at = begun or here
        return at._replace(what="a colon is missing: a line is `word: value`, or an entry that begins with `- `")
    return here._replace(what=f"not YAML: {problem}")


def _bracket(lines: Sequence[str], begun: Hint, here: Hint) -> Hint:
    opened = _at(lines, begun.line)[begun.column - 1 : begun.column]
    closing = {"[": "]", "{": "}"}.get(opened, "]")
    line = _at(lines, here.line)
    if "${" in line[: here.column + 1] and line[here.column - 1 : here.column] == "{":
        return here._replace(what='a value with ${…} must stand in quotes: "${env:NAME}"')
    what = f"the bracket {opened} is not closed with {closing}, or a comma is missing"
    wide = "】" if opened == "[" else "｝"
    if wide in _at(lines, begun.line):
        what += f"; {wide} does not close it"
    elif "，" in line:
        what += "; ， is none: write the plain one"
    return begun._replace(what=what)


def _indentation(lines: Sequence[str], here: Hint) -> Hint:
    line = _at(lines, here.line)
    above = _content_before(lines, here.line)
    mine = len(line) - len(line.lstrip(" "))
    found = _KEY.match(_at(lines, above))
    if found is None:
        at = Hint(above or here.line, 1, "") if above else here
        return at._replace(what="a colon is missing: a line is `word: value`, or an entry that begins with `- `")
    theirs = len(found["indent"]) + len(found["dash"])
    begins_entry = _at(lines, above)[:theirs].strip() == "-"
    what = (
        f"the line is indented by {mine} spaces, and the one above ({'behind its `- `, ' if begins_entry else ''}"
        f"line {above}) by {theirs}; lines that belong together begin at the same place"
    )
    return Hint(here.line, mine + 1, what)


def _at(lines: Sequence[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""
