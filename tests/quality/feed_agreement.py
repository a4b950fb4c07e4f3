"""Holds the fast reading of feeds to feedparser's on every feed of a shared evaluation set.

    python tests/quality/feed_agreement.py FOLDER

Both read the same text to items. Of the files that the fast way takes, at least 99 of 100 items must have feedparser's
title, link, id and date; whatever it does not take, feedparser reads anyway. Every file of the set must also come
through the whole reading as items or as a named error, none in more than two seconds (tests 19 and 43 of the catalogue);
with POLICYWATCH_TORTURE=10000 so must as many mutations of them.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from policywatch import errors
from policywatch.model import Page
from policywatch.sources.base import MAX_ITEMS, SourceSpec, build
from policywatch.sources.feeds import fast, judge
from policywatch.text import decode

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
URL = "http://example.com/feed"
FIELDS = ("title", "url", "key", "published")
LEAST = 0.99
SLOWEST_SECONDS = 2.0
MUTATIONS = 500 * int(os.environ.get("POLICYWATCH_TORTURE") or 1)


def files(data: Path) -> list[Path]:
    return sorted(path for path in (data / "feeds").rglob("*") if path.is_file() and path.name != "expected.jsonl")


def page(body: bytes) -> Page:
    return Page(URL, 200, {"content-type": "application/xml"}, body, NOW)


def agreement(data: Path) -> float:
    """The share of items on which the two agree in every field."""
    source = build(SourceSpec(id="it", kind="feed", url=URL))
    taken = same = read = 0
    apart: Counter[str] = Counter()
    for path in files(data):
        body = path.read_bytes()
        text = decode.decode(body)
        try:
            judged = judge.read(text, URL, MAX_ITEMS)
        except errors.ParseError:
            # Broken before its first entry, or a bomb: to the judge it has none.
            judged = None
        quick = fast.read(text.encode("utf-8", "replace"), URL, MAX_ITEMS)
        taken += quick is not None
        read += judged is not None and bool(judged.entries)
        if quick is None:
            continue
        ours, theirs = (
            [] if feed is None else [source.item(entry, page(body), NOW) for entry in feed.entries]
            for feed in (quick, judged)
        )
        if len(ours) != len(theirs):
            apart["number of items"] += 1
            print(f"  {path.relative_to(data)}: {len(ours)} items, feedparser {len(theirs)}")
        for mine, other in zip(ours, theirs, strict=False):
            differing = [name for name in FIELDS if getattr(mine, name) != getattr(other, name)]
            same += not differing
            for name in differing:
                apart[name] += 1
                print(
                    f"  {path.relative_to(data)}: {name} {getattr(mine, name)!r}, feedparser {getattr(other, name)!r}"
                )
        apart["(all)"] += max(len(ours), len(theirs))
    share = same / max(1, apart["(all)"])
    print(
        f"feeds: the fast way takes {taken} of {read} files with items; {same}/{apart['(all)']} items agree = {share:.4f}"
    )
    return share


def mutated(body: bytes, dice: random.Random) -> bytes:
    """The file with a few bytes lost, doubled, moved or made up."""
    cut = bytearray(body)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(cut) + 1)
        match dice.randrange(4):
            case 0:
                del cut[at : at + dice.randint(1, 40)]
            case 1:
                cut[at:at] = dice.randbytes(dice.randint(1, 6))
            case 2:
                cut[at:at] = cut[at : at + dice.randint(1, 200)]
            case _:
                cut[at:at] = dice.choice((b"<", b"&", b"]]>", b"<![CDATA[", b"\x00", b"&#0;", b"<item>", b"</entry>"))
    return bytes(cut)


def survival(data: Path) -> int:
    """How many files or mutations ended as anything but items or a named error, or took too long."""
    source = build(SourceSpec(id="it", kind="feed", url=URL))
    dice = random.Random(43)
    whole = [path.read_bytes() for path in files(data)]
    small = [body for body in whole if len(body) < 100_000]
    bodies = [*whole, *(mutated(dice.choice(small), dice) for _ in range(MUTATIONS))]
    ends: Counter[str] = Counter()
    slowest = 0.0
    for body in bodies:
        begun = time.perf_counter()
        try:
            source.read(page(body), NOW)
            end = "items"
        except errors.ParseError as error:
            end = f"error {error.code}"
        except Exception as fault:  # this is what is looked for
            end = f"CRASH {fault!r}"[:200]
        took = time.perf_counter() - begun
        slowest = max(slowest, took)
        ends["SLOW" if took > SLOWEST_SECONDS else end] += 1
    print(f"feeds: {len(whole)} files and {MUTATIONS} mutations: {dict(ends)}, slowest {slowest:.2f} s")
    return sum(count for end, count in ends.items() if end.startswith(("CRASH", "SLOW")))


def main(arguments: list[str]) -> int:
    """0 when they agree and everything survives."""
    if len(arguments) != 1 or not (data := Path(arguments[0]).resolve()).is_dir():
        print("name the folder of the evaluation set: make quality EVALUATION=<folder>", file=sys.stderr)
        return 2
    share = agreement(data)
    return int(share < LEAST or survival(data) > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
