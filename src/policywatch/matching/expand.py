"""How a term may be spelled in a folded text: joined and apart, and in the words of other regions.

Everything is found when the lists are compiled, so that it costs nothing when texts are matched. A further kind of
spelling is a further function in `Speller.spellings`.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
from typing import TYPE_CHECKING, Literal, NamedTuple

import opencc

from policywatch.matching.base import fold_term
from policywatch.text.fold import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_WORDS = 4
"""Of a phrase whose gaps may each be written in three ways; a longer one is written in one way throughout."""
_BETWEEN = "\x01"
"""Stands in no term: folding and the dictionaries leave it alone, and reach no word across it."""
MAX_KNOWN = 200_000
_known: dict[str, tuple[str, ...]] = {}
"""Regional forms that were asked for before: the converters take a quarter of a second to load."""


class Spelling(NamedTuple):
    """One way in which a term stands in folded texts."""

    text: str
    kind: Literal["folded", "joint", "regional"]
    """The term itself; its white space written otherwise; the word of another region."""


class Speller:
    """Knows the spellings of terms; those it was prepared for it knows at once."""

    def __init__(self, regional: Mapping[str, Sequence[str]] | None = None) -> None:
        self._folded: dict[str, str] = {}
        self._regional: dict[str, tuple[str, ...]] = {term: tuple(forms) for term, forms in (regional or {}).items()}

    def prepare(self, terms: Iterable[tuple[str, bool]]) -> None:
        """Folds many terms at once, and finds the regional forms of those that want them: faster than one by one."""
        expand: dict[str, bool] = {}
        for term, wants in terms:
            expand[term] = wants or expand.get(term, False)
        fresh = [term for term in expand if term not in self._folded] if self._folded else list(expand)
        self._folded.update(zip(fresh, _each(fresh), strict=True))
        plain = dict.fromkeys(self._folded[term] for term, wants in expand.items() if wants)
        unknown = [term for term in plain if term not in self._regional]
        if unknown:
            self._regional.update(zip(unknown, regional_forms(unknown), strict=True))

    def folded(self, term: str) -> str:
        """The term as it stands in folded texts."""
        if term not in self._folded:
            self.prepare([(term, False)])
        return self._folded[term]

    def needles(self, terms: Sequence[str], *, expand: bool = True) -> Iterator[Sequence[str]]:
        """For each term the texts of its spellings; of a plain Han word, as most are, only itself."""
        known, regional = self._folded, self._regional
        for term in terms:
            plain = known.get(term) or self.folded(term)
            if " " not in plain and not (expand and regional.get(plain, (term,))):
                yield (plain,)
            else:
                yield [one.text for one in self.spellings(term, expand=expand)]

    def spellings(self, term: str, *, expand: bool = True) -> tuple[Spelling, ...]:
        """What to look for in folded texts, the term itself first, nothing twice."""
        plain = self.folded(term)
        if expand and plain not in self._regional:
            self.prepare([(term, True)])
        if " " not in plain and not (expand and self._regional[plain]):
            return (Spelling(plain, "folded"),)
        found = {plain: Spelling(plain, "folded")}
        for text in _joints(plain):
            found.setdefault(text, Spelling(text, "joint"))
        if expand:
            for form in self._regional[plain]:
                for text in _joints(form):
                    found.setdefault(text, Spelling(text, "regional"))
        return tuple(found.values())


def _joints(plain: str) -> Iterable[str]:
    """White space written as such, as a hyphen or not at all."""
    if " " not in plain:
        return (plain,)
    words = plain.split()
    if len(words) > MAX_WORDS:
        return [joint.join(words) for joint in (" ", "-", "")]
    joints = itertools.product((" ", "-", ""), repeat=len(words) - 1)
    return (
        words[0] + "".join(joint + word for joint, word in zip(chosen, words[1:], strict=True)) for chosen in joints
    )


def regional_forms(terms: Sequence[str]) -> list[tuple[str, ...]]:
    """For each folded term the words that Taiwan and Hong Kong, or the mainland, have for it; folded, without itself.

    Both ways: 软件 has 软体, and 软体 (typed as 軟體) has 软件. The converters take 40 MB while they are loaded, so
    that they are not kept.
    """
    unknown = [term for term in terms if not term.isascii() and term not in _known]
    if len(_known) + len(unknown) > MAX_KNOWN:
        _known.clear()
        unknown = [term for term in terms if not term.isascii()]
    if unknown:
        taiwan = _converted(unknown, "s2twp")
        mainland, direct = _converted(taiwan, "tw2sp"), _converted(unknown, "tw2sp")
        versions = [_each(version) for version in (taiwan, mainland, direct, _converted(unknown, _hong_kong()))]
        for term, *forms in zip(unknown, *versions, strict=True):
            _known[term] = tuple(dict.fromkeys(form for form in forms if form and form != term))
        _give_back()
    return [_known.get(term, ()) for term in terms]


def _give_back() -> None:
    # Measured: glibc keeps 43 MB after s2twp is gone, and gives all but half a megabyte back when asked.
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such call
        ctypes.CDLL(None).malloc_trim(0)


def _hong_kong() -> str:
    """The configuration with Hong Kong's words, where this OpenCC has it."""
    return "s2hkp" if "s2hkp.json" in opencc.CONFIGS else "s2hk"


def _converted(terms: Sequence[str], configuration: str) -> list[str]:
    converter = opencc.OpenCC(configuration)
    converted: list[str] = converter.convert(_BETWEEN.join(terms)).split(_BETWEEN)
    if len(converted) == len(terms):
        return converted
    return [converter.convert(term) for term in terms]


def _each(terms: Sequence[str]) -> list[str]:
    """Each term folded."""
    joined = _BETWEEN.join(terms)
    if "(" not in joined and "（" not in joined:
        plain = folded(joined)
        whole = plain.split(_BETWEEN)
        if len(whole) == len(terms):
            has_gaps = " " in plain or "\n" in plain
            return [" ".join(term.split()) for term in whole] if has_gaps else whole
    return [fold_term(term) for term in terms]
