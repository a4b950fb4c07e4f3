"""Why a story came, in a few words: which terms stood where, and how the source spelled them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from policywatch.digests.lines import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.digests.catalogue import Catalogue
    from policywatch.model import Span

MAX_TAGS = 6
MAX_SPELLINGS = 3
TERM_LENGTH = 40


def outermost(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Without what is but a part of a longer hit at the same place: 脑机 within 脑机接口 tells its reader nothing."""
    if len(spans) < 2:
        return tuple(spans)
    reach: dict[str, Span] = {}
    inner = set()
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        longest = reach.get(span.field)
        if longest is None or span.end > longest.end:
            reach[span.field] = span
        elif (span.start, span.end) != (longest.start, longest.end) and span.text in longest.text:
            inner.add(span)
    return tuple(span for span in spans if span not in inner)


def tags(spans: Sequence[Span], words: Catalogue) -> tuple[str, ...]:
    """One tag for each term and field, in the order of the text: `标题 脑机接口`, `正文 BCI ×3`."""
    counts: dict[tuple[str, str], int] = {}
    for span in spans:
        counts[span.field, span.rule] = counts.get((span.field, span.rule), 0) + 1
    found = [_tag(words, field, rule) + (f" ×{count}" if count > 1 else "") for (field, rule), count in counts.items()]
    if len(found) > MAX_TAGS:
        return (*found[: MAX_TAGS - 1], words.text("evidence.more", n=len(found) - MAX_TAGS + 1))
    return tuple(found)


@lru_cache(maxsize=4096)
def _tag(words: Catalogue, field: str, rule: str) -> str:
    """Kept: one digest says the same few of them a hundred times."""
    return words.text(f"evidence.{field}", term=cut(rule, TERM_LENGTH))


def spellings(spans: Sequence[Span]) -> tuple[str, ...]:
    """How the source wrote what matched, where that is more than a matter of case, width or white space."""
    found: dict[str, None] = {}
    for span in spans:
        if span.text != span.rule and _skeleton(span.text) != _skeleton(span.rule):
            found.setdefault(cut(span.text, TERM_LENGTH))
    found.pop("", None)
    return tuple(found)[:MAX_SPELLINGS]


def _skeleton(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
