"""Folding articles of 1,224 characters: fold() against NFKC, OpenCC t2s and lower() one after the other.

The text that comes out is the same, character for character, but for line breaks between two Han characters and what
tears words apart: fold() sees through them. Three kinds of articles: words by Zipf's law, one line break between title
and body; sentences full of phrases and names, of which OpenCC must be asked about one or more in each; the same torn.
"""

from __future__ import annotations

import random
import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING

import opencc

from benchmarks import matching
from benchmarks.articles import articles
from benchmarks.harness import Row
from policywatch.text.fold import fold
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

COUNT = 400
GOAL = 5
PEER = "NFKC + OpenCC + lower"
_LINE_BREAK = re.compile(f"(?<=(?P<han>[{HAN}]))\n(?=[{HAN}])|(?<!\n)\n(?!\n)")


def rows() -> Iterator[Row]:
    """Raises AssertionError where the outputs differ that must not."""
    to_traditional = opencc.OpenCC("s2t")
    chain = partial(_chain, opencc.OpenCC("t2s"))
    simplified = [article.replace("\n\n", "\n") for article in matching.corpus(COUNT)[0]]
    dense = articles(COUNT)
    for name, texts, goal in (("simplified", simplified, GOAL), ("full of phrases, simplified", dense, 1)):
        yield _row(name, chain, texts, goal)
        traditional = [to_traditional.convert(text) for text in texts]
        yield _row(name.replace("simplified", "traditional"), chain, traditional, goal)
    yield Row(
        "torn apart by spaces and tags",
        PEER,
        partial(chain, _torn(dense)),
        partial(_each, _torn(dense)),
        _size(dense),
        "Mchar",
        0.5,
    )


def _row(name: str, chain: Callable[[Sequence[str]], list[str]], texts: Sequence[str], goal: float) -> Row:
    for text, expected in zip(texts, chain(texts), strict=True):
        # A line break between two characters is one that a page put there; the chain keeps it.
        assert fold(text).text == _LINE_BREAK.sub(lambda gap: "" if gap["han"] else " ", expected)
    return Row(name, PEER, partial(chain, texts), partial(_each, texts), _size(texts), "Mchar", goal)


def _each(texts: Sequence[str]) -> None:
    for text in texts:
        fold(text)


def _size(texts: Sequence[str]) -> float:
    return sum(map(len, texts)) / 1e6


def _chain(converter: opencc.OpenCC, texts: Sequence[str]) -> list[str]:
    """As fast as the three go: one after the other, on whole articles."""
    return [converter.convert(unicodedata.normalize("NFKC", text)).lower() for text in texts]


def _torn(texts: Sequence[str]) -> list[str]:
    """The articles as pages tear them: spaces, line breaks and marks between characters, here and there."""
    dice = random.Random(11)
    marks = (" ", "\n", "\u200b", "\u3000", "·", "<em>")
    return ["".join(letter + (dice.choice(marks) if dice.random() < 0.02 else "") for letter in text) for text in texts]
