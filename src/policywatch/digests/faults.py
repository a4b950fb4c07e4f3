"""Why a source could not be read, and what is wrong with the configuration, in the words of a language.

An error's own text is English and exact: it is for who runs policywatch. Where a language names the error's code under
`source.faults`, its readers get that; a source's page shows both. What is wrong with the configuration has no codes: a
language lists the English sentences under `config.faults`, `{0}`, `{1}` standing for what is filled in, and its own
beside them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policywatch.digests.catalogue import Catalogue

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+):\d+: (?P<where>.+?): (?P<what>.*)", re.DOTALL)
_BLANK = re.compile(r"\{(\d)\}")
_STATUS = re.compile(r"http_([1-9])\d\d")


def told(fault: str, error: str, words: Catalogue) -> str:
    """`fault` is the error's code, `error` its text. A status of HTTP is `http_403`, and may be named as `http_4xx`."""
    status = _STATUS.fullmatch(fault)
    keys = (fault, f"http_{status[1]}xx") if status else (fault,)
    for key in keys:
        name = words.named("source.faults", key)
        if name != key:
            return name.replace("{status}", fault.removeprefix("http_"))
    return error


def configured(what: str, words: Catalogue) -> str:
    """What is wrong with the configuration (`Fault.what`) in a language; as it is where that has no words for it."""
    for pattern, text, is_rest in _sentences(tuple(words.pairs("config.faults"))):
        if not is_rest and (found := pattern.fullmatch(what)):
            return _filled(text, found, words)
    for pattern, text, is_rest in _sentences(tuple(words.pairs("config.faults"))):
        rest = re.search(pattern.pattern + r"\Z", what, re.DOTALL) if is_rest else None
        if rest is not None and rest.start():
            return configured(what[: rest.start()], words) + _filled(text, rest, words)
    return what


def configured_line(line: str, words: Catalogue) -> str:
    """A whole fault, `file:line:column: where: what`, in a language; other lines as they are."""
    found = _PLACE.fullmatch(line)
    if found is None or configured(found["what"], words) == found["what"]:
        return line
    key = "config.at" if int(found["line"]) else "config.whole"
    key += "" if found["where"] == "file" else "_where"
    return words.text(key, **{**found.groupdict(), "what": configured(found["what"], words)})


@lru_cache(maxsize=8)
def _sentences(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str, bool], ...]:
    """Each sentence as a pattern, its translation, and whether it goes on from another sentence."""
    made = []
    for english, text in pairs:
        parts = _BLANK.split(english)
        pattern = "".join(re.escape(part) if at % 2 == 0 else f"(?P<_{part}>.*?)" for at, part in enumerate(parts))
        made.append((re.compile(pattern, re.DOTALL), text, english.startswith(";")))
    return tuple(made)


def _filled(text: str, found: re.Match[str], words: Catalogue) -> str:
    values = found.groupdict()
    return _BLANK.sub(lambda blank: words.named("config.nouns", values.get(f"_{blank[1]}", blank[0]) or ""), text)
