"""OpenCC t2s: the converter, and where its phrases read a character otherwise than by itself.

OpenCC goes from left to right and takes the longest phrase that begins where it stands, else the character. So a
character's reading can differ from its reading alone only inside a phrase, next to a character with which it forms a
pair of that phrase; and no phrase crosses the border of two characters that are neighbours in none. Which phrases there
are is read from the dictionaries of the installed OpenCC.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

import opencc

from policywatch.text import ocd2
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONFIGURATION = "t2s"
_SHARED = ("clib", "share", "opencc")
"""Where OpenCC's package keeps its configurations and dictionaries."""
_HAN_PAIR = re.compile(f"[{HAN}]{{2}}")
_SURROGATE = re.compile("([\ud800-\udfff]+)")


@dataclass(frozen=True, slots=True)
class Phrases:
    """Where the phrases of the dictionaries matter. None stands for all characters, or all pairs, that are Han.

    `turning` are the characters that some phrase reads otherwise than alone, `turning_pairs` such a character and a
    neighbour in such a phrase, `pairs` all neighbours in all phrases.
    """

    turning: frozenset[str] | None
    turning_pairs: frozenset[str] | None
    pairs: frozenset[str] | None

    def turned(self, text: str, places: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Where a phrase may turn one of the characters at `places`: the start of a stretch, and the stretch in t2s.

        The text is composed; the places ascend and are those of turning characters.
        """
        turning_pairs: _AnyHan | frozenset[str] = _ANY_HAN if self.turning_pairs is None else self.turning_pairs
        pairs: _AnyHan | frozenset[str] = _ANY_HAN if self.pairs is None else self.pairs
        done = 0
        for at in places:
            if at < done or (text[at : at + 2] not in turning_pairs and text[at - 1 : at + 1] not in turning_pairs):
                continue
            start = at
            while start > done and text[start - 1 : start + 1] in pairs:
                start -= 1
            done = at + 1
            while text[done - 1 : done + 1] in pairs:
                done += 1
            yield start, converted(text[start:done])


class _AnyHan:
    """Contains each pair of Han characters."""

    def __contains__(self, pair: str) -> bool:
        return _HAN_PAIR.fullmatch(pair) is not None


_ANY_HAN = _AnyHan()


@cache
def converter() -> opencc.OpenCC:
    """One for the process: it loads its dictionaries when it is made."""
    return opencc.OpenCC(CONFIGURATION)


def converted(text: str) -> str:
    """The text in t2s, character by character where they stood: it is never longer or shorter than the text given.

    Lone surrogates, which OpenCC does not take, stay as they are.
    """
    try:
        simplified: str = converter().convert(text)
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
        return _of(_keys())
    except (OSError, KeyError, ValueError):
        return Phrases(None, None, None)


def _of(keys: Iterable[str]) -> Phrases:
    turning = set()
    turning_pairs = set()
    pairs = set()
    for phrase in keys:
        if len(phrase) == 1:
            continue
        neighbours = list(map("".join, pairwise(phrase)))
        pairs.update(neighbours)
        as_phrase = converted(phrase)
        for at, character in enumerate(phrase):
            if as_phrase[at] != converted(character):
                turning.add(character)
                turning_pairs.update(neighbours[max(at - 1, 0) : at + 1])
    return Phrases(frozenset(turning), frozenset(turning_pairs), frozenset(pairs))


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
