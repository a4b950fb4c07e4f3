r"""`regex`: a regular expression of RE2, whose time is linear in the text, over the folded text of each field.

Folded text is simplified, half-width and small; there is no white space between Han characters. Han characters of the
expression are simplified too, and capitals do not count. `\p{Han}` is a Han character; `\w`, `\d` and `\b` know ASCII
alone, so that `\b6g\b` stands in `加快6G研发` and not in `16GB`. `^` and `$` are the borders of a field. There is no
look-around and no back-reference. Empty matches do not count.
"""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import TYPE_CHECKING, Annotated

import re2
from pydantic import Field, field_validator, model_validator

from policywatch.matching.base import Modifiers, fold_term, refuse
from policywatch.matching.finding import Finding
from policywatch.matching.view import Found
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policywatch.matching.compile import Building
    from policywatch.matching.view import Places

_RUN = re.compile(f"[{HAN}]+")
_GAP = re.compile(rf"(?<=[{HAN}])(?:\s|\\s)[+*]?(?=[{HAN}])")
_NAME = re.compile(r"\(\?P?<\w+>")
_REPETITION = re.compile(r"\{(\d{1,4})(?:,(\d{0,4}))?\}")
_FRAGMENT = re.compile(r": (.+)$", re.DOTALL)
MAX_MATCHES = 1000
"""Of an expression in one field."""
MAX_STEPS = 3000
"""Of the program that RE2 makes of an expression; `.` has nine, and a repetition has them as often as it may happen.

Where a text makes RE2 keep many places at once in mind, a character costs it a step for each.
"""


class Rule:
    """Whatever an expression matches."""

    class Options(Modifiers):
        r"""`regex: '量子.{0,4}计算机?'`."""

        regex: Annotated[str, Field(max_length=1000)]
        r"""An expression of RE2; in YAML it stands best in single quotes. `\p{Han}` is a Han character."""

        @field_validator("regex")
        @classmethod
        def _works(cls, pattern: str) -> str:
            gap = _GAP.search(pattern)
            if gap:
                what = "can never match: there is no white space between Han characters in folded text; remove it here"
                refuse(what, offset=gap.start())
            try:
                compiled = _compiled(pattern)
            except re2.error as error:
                what, fragment = _refusal(error)
                refuse(what, offset=max(0, pattern.find(fragment)))
            if compiled.groups:
                name = _NAME.search(pattern)
                refuse("names a group, which nobody asks for; write `(…)` alone", offset=name.start() if name else 0)
            if compiled.programsize > MAX_STEPS:
                what = f"is too large ({compiled.programsize} steps, {MAX_STEPS} at most): repeat less, or use `near`"
                refuse(what, offset=_most_repeated(pattern))
            if compiled.search("") is not None:
                refuse("also matches an empty text, and so every text; write what must stand there")
            return pattern

        @model_validator(mode="after")
        def _without_case(self) -> Rule.Options:
            if self.case:
                refuse("does not go with `regex`: folded text has no capitals", at=("case",))
            return self

    leaves: frozenset[int] = frozenset()
    is_always = True

    def __init__(self, options: Options, place: Building) -> None:
        self.pattern = options.regex
        self._field = place.field
        self._weight = place.weight
        self._scopes = place.scopes
        self._compiled = _compiled(self.pattern)

    def hits(self, places: Places) -> list[Found] | None:
        """Every match, left to right, that lies inside no exception."""
        found = [
            Found(start, end, self.pattern, self.pattern, self._weight)
            for start, end in self._matches(places)
            if places.covering(self._scopes, start, end) is None
        ]
        return found or None

    def decides(self, leaf: int) -> bool:  # noqa: ARG002  # one shape for all rules
        """It has no term."""
        return False

    def label(self) -> str:
        """The expression between slashes."""
        return f"/{self.pattern}/"

    def findings(self, places: Places) -> list[Finding]:
        """The matches that lie inside exceptions."""
        covered = (places.covering(self._scopes, start, end) for start, end in self._matches(places))
        return [
            Finding("exception", self.label(), start, end, other=term.term)
            for term, start, end in (one for one in covered if one is not None)
        ]

    def _matches(self, places: Places) -> Iterator[tuple[int, int]]:
        view = places.view
        first, last = view.ranges[self._field]
        for field in view.fields:
            if field.start >= last or field.end <= first or field.start == field.end:
                continue
            matches = self._compiled.finditer(view.text[field.start : field.end])
            for match in itertools.islice(matches, MAX_MATCHES):
                start, end = match.start() + field.start, match.end() + field.start
                if start < end and first <= start < last:
                    yield start, end


def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    # Only where a match begins and ends is asked for. Groups would send RE2 through each match once more by its slow
    # way, as many steps a character as the expression has states: 0.8 s for (.*a){20}$ on a megabyte, in place of 8 ms.
    options.never_capture = True
    return re2.compile(_RUN.sub(lambda run: _simplified(run[0]), pattern), options)


@cache
def _simplified(run: str) -> str:
    # One for one: in a class such as [網网] every character stands for itself.
    simplified = fold_term(run)
    return simplified if len(simplified) == len(run) else run


def _most_repeated(pattern: str) -> int:
    """Where the repetition with the largest number stands; 0 without one."""
    found = max(_REPETITION.finditer(pattern), key=lambda one: int(one[2] or one[1]), default=None)
    return found.start() if found else 0


def _refusal(error: re2.error) -> tuple[str, str]:
    """What is wrong in plain words, and the part of the expression that it is about."""
    raw = error.args[0] if error.args else ""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    named = _FRAGMENT.search(text)
    fragment = named[1] if named else ""
    if fragment in {"(?=", "(?!", "(?<", "(?<=", "(?<!"}:
        return f"`{fragment}` looks around, which RE2 cannot; use `near`, `none` or `except` instead", fragment
    if re.fullmatch(r"\\[0-9]", fragment):
        return f"`{fragment}` refers back, which RE2 cannot", fragment
    return f"RE2 refuses it: {text}", fragment
