"""Matching: policywatch beside the loops and automata that others use, on the same articles and terms.

    python benchmarks/matching.py [--articles 1000] [--rounds 5]

Articles are made here: words of two to four Han characters drawn by Zipf's law, 1,224 characters each with the title;
terms are words of the middle and rare ranks, in lists of 50. Each engine's answer is the set of terms of every article;
policywatch's is the lists with the terms that decided, from the same folded text. All answers are compared before any
is timed. Engines take turns in every round; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING

import ahocorasick_rs

from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LENGTH = 1224
TITLE = 24
PER_LIST = 50
SIZES = (100, 1_000, 10_000)
LOOPED = 60
"""Articles that the slow loop gets."""


def corpus(count: int, seed: int = 7) -> tuple[list[str], list[str]]:
    """Articles (title, blank line, body) and the words they are made of, the frequent ones first."""
    chance = random.Random(seed)
    letters = [chr(code) for code in range(0x4E00, 0x9FA6)]
    chance.shuffle(letters)
    letters = sorted(letters[:3500])
    chance.shuffle(letters)
    words: dict[str, None] = {}
    while len(words) < 100_000:
        length = chance.choices((1, 2, 3, 4), (0.03, 0.62, 0.2, 0.15))[0]
        words["".join(letters[int(len(letters) * chance.random() ** 2)] for _ in range(length))] = None
    ranked = list(words)
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(ranked))))

    def prose(length: int) -> str:
        pieces: list[str] = []
        while sum(map(len, pieces)) < length:
            sentence = chance.choices(ranked, cum_weights=weights, k=chance.randint(5, 25))
            pieces.append("".join(word + ("，" if chance.random() < 0.08 else "") for word in sentence) + "。")
        return "".join(pieces)[:length]

    return [f"{prose(TITLE)}\n\n{prose(LENGTH - TITLE)}" for _ in range(count)], ranked


def terms_of(ranked: Sequence[str], count: int) -> list[str]:
    """Words of the middle and rare ranks, as watch-lists have them; joined in pairs where there are too few."""
    rare = [word for word in ranked[20_000:] if len(word) > 1]
    random.Random(3).shuffle(rare)
    pairs = (first + second for first, second in itertools.pairwise(rare))
    return list(itertools.islice(dict.fromkeys(itertools.chain(rare, pairs)), count))


def lists_of(terms: Sequence[str]) -> list[WatchlistSpec]:
    """Lists of PER_LIST terms each, without regional spellings, so that all engines look for the same."""
    return [
        WatchlistSpec.model_validate({"name": f"清单{number}", "any": list(chunk), "expand": False})
        for number, chunk in enumerate(itertools.batched(terms, PER_LIST))
    ]
