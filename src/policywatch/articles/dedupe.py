"""Says what an article is to those that are known: the same, changed, a word-for-word reprint, or new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.articles import changes
from policywatch.model import Article, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

LONG_ENOUGH = 80
"""Characters of body below which equal texts say little: many notices share one sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store remembers of an article, as far as it decides."""

    article_id: int
    story_id: int
    source: str
    key: str
    canonical_url: str
    signature: str
    title: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and what it rests on: an article of the store, or an earlier one (`of`, an index) of the same batch."""

    verdict: Verdict
    known: Known | None = None
    of: int | None = None
    change: str = ""
    """What changed in the title, when something that matters did."""


def judge(articles: Sequence[Article], known: Sequence[Known]) -> list[Judgement]:
    """One judgement for each article, in order. An article is compared with the known and with those before it."""
    index = _Index(known)
    judgements = []
    for at, article in enumerate(articles):
        judgements.append(index.judge(article))
        index.add(at, article)
    return judgements


class _Index:
    def __init__(self, known: Sequence[Known]) -> None:
        self._by_key: dict[tuple[str, str], Known] = {}
        self._by_url: dict[str, list[Known]] = {}
        self._by_signature: dict[str, Known] = {}
        self._batch_urls: dict[str, tuple[int, str]] = {}
        self._batch_signatures: dict[str, int] = {}
        for row in known:
            self._by_key.setdefault((row.source, row.key), row)
            if row.canonical_url:
                self._by_url.setdefault(row.canonical_url, []).append(row)
            self._by_signature.setdefault(row.signature, row)

    def add(self, at: int, article: Article) -> None:
        if article.canonical_url:
            self._batch_urls.setdefault(article.canonical_url, (at, article.source))
        self._batch_signatures.setdefault(article.signature, at)

    def judge(self, article: Article) -> Judgement:
        same = self._by_key.get((article.source, article.key))
        if same is not None:
            return self._same_or_changed(article, same)
        at_url = self._by_url.get(article.canonical_url, []) if article.canonical_url else []
        for row in at_url:
            if row.source == article.source:  # the source gave it a new id
                return self._same_or_changed(article, row)
        if at_url:
            return Judgement(Verdict.REPRINT, at_url[0])
        if article.canonical_url in self._batch_urls:
            at, source = self._batch_urls[article.canonical_url]
            return Judgement(Verdict.SAME if source == article.source else Verdict.REPRINT, of=at)
        if len(article.body) >= LONG_ENOUGH:
            twin = self._by_signature.get(article.signature)
            if twin is not None:
                return Judgement(Verdict.REPRINT, twin)
            if article.signature in self._batch_signatures:
                return Judgement(Verdict.REPRINT, of=self._batch_signatures[article.signature])
        return Judgement(Verdict.NEW)

    @staticmethod
    def _same_or_changed(article: Article, row: Known) -> Judgement:
        change = changes.of_title(row.title, article.title)
        return Judgement(Verdict.CHANGED if change else Verdict.SAME, row, change=change)
