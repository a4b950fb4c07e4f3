"""Folding articles of 1,224 characters: fold() against NFKC, OpenCC t2s and lower() one after the other.

The text that comes out is the same, character for character. Of the damaged articles it is not: what fold() sees
through there the chain leaves as it is.
"""

from __future__ import annotations

import random
import unicodedata
from functools import partial
from typing import TYPE_CHECKING

import opencc

from benchmarks.articles import articles
from benchmarks.harness import Row
from policywatch.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

COUNT = 400
GOAL = 5


def rows() -> Iterator[Row]:
    """Raises AssertionError where the outputs differ that must not."""
    simplified = articles(COUNT)
    to_traditional = opencc.OpenCC("s2t")
    traditional = [to_traditional.convert(article) for article in simplified]
    chain = partial(_chain, opencc.OpenCC("t2s"))
    for name, texts in (("simplified", simplified), ("traditional", traditional)):
        assert [fold(text).text for text in texts] == chain(texts)
        yield _row(f"{name} articles", chain, texts)
    yield _row("damaged articles", chain, _damaged(simplified))


def _row(name: str, chain: Callable[[Sequence[str]], list[str]], texts: Sequence[str]) -> Row:
    return Row(
        name=name,
        peer_name="NFKC + OpenCC + lower",
        peer=partial(chain, texts),
        ours=lambda: [fold(text) for text in texts],
        amount=sum(map(len, texts)) / 1e6,
        unit="Mchar",
        goal=GOAL,
    )


def _chain(converter: opencc.OpenCC, texts: Sequence[str]) -> list[str]:
    """As fast as the three go: one after the other, on whole articles."""
    return [converter.convert(unicodedata.normalize("NFKC", text)).lower() for text in texts]


def _damaged(texts: Sequence[str]) -> list[str]:
    """The articles as pages tear them: spaces, line breaks and marks between characters, here and there."""
    dice = random.Random(11)
    marks = (" ", "\n", "\u200b", "\u3000", "·", "<em>")
    return ["".join(letter + (dice.choice(marks) if dice.random() < 0.02 else "") for letter in text) for text in texts]
