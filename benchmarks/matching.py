"""Matching: policywatch beside the loops and automata that others use, on the same articles and terms.

Articles are made here: words of two to four Han characters drawn by Zipf's law, 1,224 characters each with the title;
terms are words of the middle and rare ranks, in lists of 50. An engine's answer is the set of terms of every article;
policywatch's is the lists whose rules hold and where, from the same folded text. All answers are compared before any is
timed. TrendRadar's loop and `re` are slow: in their rows both sides get the first 60 articles only.
"""

from __future__ import annotations

import gc
import itertools
import random
import re
import resource
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ahocorasick
import ahocorasick_rs

from benchmarks.harness import Fact, Row
from policywatch.matching import engine
from policywatch.matching.base import WatchlistSpec
from policywatch.matching.matcher import Matcher
from policywatch.matching.view import View
from policywatch.text.fold import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

LENGTH = 1224
TITLE = 24
PER_LIST = 50
ARTICLES = 400
MANY = 10_000
SIZES = (100, 1_000, MANY)
MOST = 50_000
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


def alternation(terms: Sequence[str]) -> Callable[[str], set[int]]:
    """Python's `re` on all terms at once; overlapping ones are found by looking ahead at every place."""
    numbers = {term: number for number, term in enumerate(terms)}
    pattern = re.compile(f"(?=({'|'.join(sorted(map(re.escape, terms), key=len, reverse=True))}))")
    return lambda text: {numbers[found] for found in pattern.findall(text)}


def pyahocorasick(terms: Sequence[str]) -> Callable[[str], set[int]]:
    """Its own iterator over every occurrence."""
    built = ahocorasick.Automaton()
    for number, term in enumerate(terms):
        built.add_word(term, number)
    built.make_automaton()
    return lambda text: {number for _, number in built.iter(text)}


def rows() -> Iterator[Row]:
    """Raises AssertionError where answers differ."""
    articles, ranked = corpus(ARTICLES)
    views = [View(*text.split("\n\n", 1), "") for text in articles]
    texts = [view.news for view in views]
    for size in SIZES:
        terms = terms_of(ranked, size)
        matcher = Matcher(lists_of(terms))
        peers: dict[str, tuple[Callable[[str], set[int]], int, float]] = {
            "ahocorasick_rs": (automaton(terms), ARTICLES, 1.4 if size < MANY else 2),
            "pyahocorasick": (pyahocorasick(terms), ARTICLES, 2),
            LOOP: (loop(terms), LOOPED, 500 if size == MANY else 1),
            "re": (alternation(terms), LOOPED, 1),
        }
        _compare({name: find for name, (find, _, _) in peers.items()}, matcher, views[:LOOPED], terms)
        for name, (find, count, goal) in peers.items():
            yield Row(
                name=f"{size:,} terms",
                peer_name=name,
                peer=partial(_each, find, texts[:count]),
                ours=partial(_each, matcher.holding, views[:count]),
                amount=sum(len(text.encode()) for text in texts[:count]) / 1e6,
                unit="MB",
                goal=goal,
            )


def facts() -> Iterator[Fact]:
    """What it costs to build a matcher once."""
    _, ranked = corpus(1)
    specs = lists_of(terms_of(ranked, MOST))
    gc.collect()
    before = resident()
    begin = time.perf_counter()
    matcher = Matcher(specs)
    took = time.perf_counter() - begin
    gc.collect()
    yield Fact(f"{MOST:,} terms in {len(specs):,} lists, built", took, "s", 0.2)
    yield Fact(f"{MOST:,} terms in {len(specs):,} lists, memory", resident() - before, "MB", 30)
    needles = list(matcher.compiled.needles)
    begin = time.perf_counter()
    engine.build(needles)
    yield Fact(f"{MOST:,} needles, the automaton alone, built", time.perf_counter() - begin, "s", 0.2)


def _compare(
    peers: Mapping[str, Callable[[str], set[int]]], matcher: Matcher, views: Sequence[View], terms: Sequence[str]
) -> None:
    needles = list(matcher.compiled.needles)
    for view in views:
        answers = [find(view.news) for name, find in peers.items() if name != "re"]
        assert all(answer == answers[0] for answer in answers)
        holding, occurrences = matcher.holding(view)
        assert holding == {number // PER_LIST for number in answers[0]}
        assert {needles[needle] for _, _, needle in occurrences} == {terms[number] for number in answers[0]}


def _each(work: Callable[[Any], object], given: Sequence[Any]) -> None:
    for one in given:
        work(one)


def resident() -> float:
    """MB of this process in memory (Linux)."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize() / 1e6
