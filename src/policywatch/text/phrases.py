"""OpenCC t2s: the converter, and where its phrases read a character otherwise than by itself.

OpenCC goes from left to right and takes the longest phrase that begins where it stands, else the character. So a
character's reading can differ from its reading alone only inside a phrase, next to a character with which it forms a
pair of that phrase; and no phrase crosses a character that occurs in none. Which phrases there are is read from the
dictionaries of the installed OpenCC.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import opencc

from policywatch.text import ocd2
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONFIGURATION = "t2s"
_SHARED = ("clib", "share", "opencc")
"""Where OpenCC's package keeps its configurations and dictionaries."""
_IS_HAN = re.compile(f"[{HAN}]")
_SURROGATE = re.compile("([\ud800-\udfff]+)")


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the phrases of a dictionary do, as far as it must be known to look only where they may matter.

    `turning` are the characters that some phrase reads otherwise than alone, `pairs` the pairs of neighbours with such
    a character in these phrases, `members` all characters of all phrases. None stands for any Han character (any pair
    of them): then every one is given to OpenCC in its context.
    """

    turning: frozenset[str] | None
    pairs: frozenset[str] | None
    members: frozenset[str] | None

    def turned(self, text: str, places: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Where a phrase may turn one of the characters at `places`: the start of a stretch, and the stretch in t2s.

        The text is NFKC, the places ascend and hold turning characters.
        """
        done = 0
        for at in places:
            if at < done or not (self._is_pair(text[at : at + 2]) or self._is_pair(text[max(at - 1, 0) : at + 1])):
                continue
            start = at
            while start > done and self._is_member(text[start - 1]):
                start -= 1
            done = at + 1
            while done < len(text) and self._is_member(text[done]):
                done += 1
            yield start, converted(text[start:done])

    def _is_pair(self, pair: str) -> bool:
        return self.pairs is None or pair in self.pairs

    def _is_member(self, character: str) -> bool:
        return bool(_IS_HAN.match(character)) if self.members is None else character in self.members


@cache
def converter() -> opencc.OpenCC:
    """One for the process: it loads its dictionaries when it is made."""
    return opencc.OpenCC(CONFIGURATION)


def converted(text: str) -> str:
    """The text in t2s, character by character where they stood: it is never longer or shorter than the text given.

    Lone surrogates, which OpenCC does not take, stay as they are.
    """
    try:
        simplified = converter().convert(text)
    except UnicodeEncodeError:
        return "".join(piece if _SURROGATE.match(piece) else converted(piece) for piece in _SURROGATE.split(text))
    if len(simplified) == len(text):
        return simplified
    # A phrase of another length; OpenCC 1.4 has none.
    alone = [converter().convert(character) for character in text]
    return "".join(one if len(one) == 1 else character for one, character in zip(alone, text, strict=True))


@cache
def phrases() -> Phrases:
    """Those of the installed OpenCC; where its dictionaries cannot be read, any Han character may be in one."""
    try:
        return _turns(_keys())
    except (OSError, KeyError, ValueError):
        return Phrases(None, None, None)


def _turns(keys: Iterable[str]) -> Phrases:
    turning = set()
    pairs = set()
    members = set()
    for phrase in keys:
        if len(phrase) == 1:
            continue
        members |= set(phrase)
        as_phrase = converter().convert(phrase)
        for at, character in enumerate(phrase):
            # A phrase that becomes longer or shorter has no reading for each character: all of it may turn.
            if len(as_phrase) != len(phrase) or converter().convert(character) != as_phrase[at]:
                turning.add(character)
                pairs |= {phrase[start : start + 2] for start in (at - 1, at) if 0 <= start < len(phrase) - 1}
    return Phrases(frozenset(turning), frozenset(pairs), frozenset(members))


def _keys() -> Iterator[str]:
    """All keys of all dictionaries that the configuration names. Raises OSError, KeyError or ValueError."""
    shared = resources.files(opencc).joinpath(*_SHARED)
    configuration = json.loads(shared.joinpath(f"{CONFIGURATION}.json").read_text(encoding="utf-8"))
    for name in sorted(_dictionaries(configuration)):
        yield from ocd2.keys(shared.joinpath(name).read_bytes())


def _dictionaries(part: object) -> set[str]:
    """Names of dictionary files at any depth of a configuration."""
    if isinstance(part, list):
        return set().union(*map(_dictionaries, part))
    if not isinstance(part, dict):
        return set()
    names = {part["file"]} if isinstance(part.get("file"), str) else set()
    return names.union(*map(_dictionaries, part.values()))
