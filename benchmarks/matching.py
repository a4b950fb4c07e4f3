"""Matching: policywatch beside the loops and automata that others use, on the same articles and terms.

    python benchmarks/matching.py [--articles 1000] [--rounds 5]

Articles are made here: words of two to four Han characters drawn by Zipf's law, 1,224 characters each with the title;
terms are words of the middle and rare ranks, in lists of 50. Each engine's answer is the set of terms of every article;
policywatch's is the lists with the terms that decided, from the same folded text. All answers are compared before any
is timed. Engines take turns in every round; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import random
import resource
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ahocorasick_rs

from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher
from policywatch.matching.view import View
from policywatch.text.fold import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LENGTH = 1224
TITLE = 24
PER_LIST = 50
SIZES = (100, 1_000, 10_000)
LOOP = "TrendRadar's loop"
LOOPED = 60
"""Articles that the slow loop gets."""


def corpus(count: int, seed: int = 7) -> tuple[list[str], list[str]]:
    """Articles (title, blank line, body) and the words they are made of, the frequent ones first."""
    chance = random.Random(seed)
    letters = [chr(code) for code in range(0x4E00, 0x9FA6) if folded(chr(code)) == chr(code)]
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
    rare = [word for word in ranked[20_000:] if len(word) > 1 and folded(word) == word]
    random.Random(3).shuffle(rare)
    pairs = (first + second for first, second in itertools.pairwise(rare))
    return list(itertools.islice(dict.fromkeys(itertools.chain(rare, pairs)), count))


def lists_of(terms: Sequence[str]) -> list[WatchlistSpec]:
    """Lists of PER_LIST terms each, without regional spellings, so that all engines look for the same."""
    return [
        WatchlistSpec.model_validate({"name": f"清单{at}", "any": list(terms[at : at + PER_LIST]), "expand": False})
        for at in range(0, len(terms), PER_LIST)
    ]


def automaton(terms: Sequence[str]) -> Callable[[str], set[int]]:
    """ahocorasick_rs, as fast as it goes: the numbers of the terms that stand in a text."""
    built = ahocorasick_rs.AhoCorasick(list(terms))
    return lambda text: {found[0] for found in built.find_matches_as_indexes(text, overlapping=True)}


def loop(terms: Sequence[str]) -> Callable[[str], set[int]]:
    """A pass over the text for every word, with the work that TrendRadar does for each (core/frequency.py)."""
    words = [{"word": term, "is_regex": False, "pattern": None} for term in terms]

    def matches(word: dict[str, Any], low: str) -> bool:
        if isinstance(word, str):
            return word.lower() in low
        if word.get("is_regex") and word.get("pattern"):
            return bool(word["pattern"].search(low))
        return word["word"].lower() in low

    def find(text: str) -> set[int]:
        low = text.lower()
        return {number for number, word in enumerate(words) if matches(word, low)}

    return find


def timed(work: Callable[[Any], object], texts: Sequence[Any]) -> float:
    """Seconds for all texts, none of whose answers is kept."""
    begin = time.perf_counter()
    for text in texts:
        work(text)
    return time.perf_counter() - begin


def compare(texts: list[str], ranked: list[str], size: int, rounds: int) -> str:
    """One row: MB/s of each engine, and policywatch's ratios. Raises AssertionError when answers differ."""
    terms = terms_of(ranked, size)
    matcher = Matcher(lists_of(terms))
    views = [View(*text.split("\n\n", 1), "") for text in texts]
    texts = [view.news for view in views]
    few = texts[:LOOPED]
    peers = {"ahocorasick_rs": (automaton(terms), texts), LOOP: (loop(terms), few)}
    owners = {number: at // PER_LIST for at, number in enumerate(range(size))}
    for text, view in zip(few, views, strict=False):
        found = peers["ahocorasick_rs"][0](text)
        assert found == peers[LOOP][0](text)
        holding, occurrences = matcher.holding(view)
        assert holding == {owners[number] for number in found}
        needles = list(matcher.compiled.needles)
        assert {needles[occurrence[2]] for occurrence in occurrences} == {terms[number] for number in found}
    seconds: dict[str, list[float]] = {name: [] for name in (*peers, "policywatch")}
    for _ in range(rounds):
        for name, (find, given) in peers.items():
            seconds[name].append(timed(find, given))
        seconds["policywatch"].append(timed(matcher.holding, views))
    size_of = {name: sum(len(text.encode()) for text in given) / 1e6 for name, (_, given) in peers.items()}
    size_of["policywatch"] = size_of["ahocorasick_rs"]
    rate = {name: size_of[name] / statistics.median(taken) for name, taken in seconds.items()}
    own = rate["policywatch"]
    shown = ", ".join(f"{name} {value:,.2f} MB/s" for name, value in rate.items())
    ratios = f"{own / rate['ahocorasick_rs']:.2f}x ahocorasick_rs, {own / rate[LOOP]:,.0f}x the loop"
    return f"{size:>6} terms: {shown}; policywatch is {ratios}"


def built(ranked: list[str], size: int) -> str:
    """How long a matcher takes to build from checked lists, and what it holds in memory."""
    specs = lists_of(terms_of(ranked, size))
    gc.collect()
    before = resident()
    begin = time.perf_counter()
    matcher = Matcher(specs)
    took = time.perf_counter() - begin
    gc.collect()
    return f"{size:>6} terms: built in {took:.2f} s, {resident() - before:.0f} MB ({len(matcher.compiled.names)} lists)"


def resident() -> float:
    """MB of this process in memory (Linux)."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize() / 1e6


def main() -> None:
    """Prints a row for each number of terms, then the build of the largest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    texts, ranked = corpus(asked.articles)
    for size in SIZES:
        print(compare(texts, ranked, size, asked.rounds))
    print(built(ranked, 50_000))


if __name__ == "__main__":
    main()
