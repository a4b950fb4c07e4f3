"""What the child process does with a page: read, leave out what is known, normalise, match.

Whole parsed feeds never travel between processes: bytes go in with the hashes of the known keys, and only new
articles with their hits come back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch.articles import extract, keys, normalise, profile
from policywatch.matching.matcher import Matcher
from policywatch.model import Article, Hit, Page, RawItem, Reading, ReadOutcome, Request, TextState
from policywatch.pipeline import facts
from policywatch.sources import base

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from policywatch.matching.base import WatchlistSpec
    from policywatch.model import Document, Unread
    from policywatch.sources.base import SourceSpec


class Reader:
    """Lives in a limited child; each method is one call from the parent, and brings its source along.

    With every source in it a child of ten thousand held 25 MB for them, and each new child, one for every thousand
    pages or bomb, took them all through the parent's event loop.
    """

    def __init__(self, watchlists: Sequence[WatchlistSpec]) -> None:
        self._matcher = Matcher(watchlists)

    def _matched(
        self, article: Article, spec: SourceSpec, metas: Mapping[str, str] | None = None
    ) -> tuple[Article, tuple[Hit, ...]]:
        return matched(self._matcher, article, spec.name, metas)

    def read(
        self, spec: SourceSpec, page: Page, known: frozenset[bytes], oldest: datetime | None, now: datetime
    ) -> ReadOutcome:
        """Reads one page of a source.

        `known` holds, of what the store has, 8-byte hashes of keys, followed by those of list entries where known;
        `oldest` is the date before which an article's own page is not asked for. Raises ParseError.
        """
        source = base.build(spec)
        reading = source.read(page, now)
        fresh: dict[str, tuple[Article, tuple[Hit, ...]]] = {}
        details: dict[str, Request] = {}
        for raw in sorted(reading.items, key=lambda item: item.published or now):
            key = keys.article_key(raw.key)
            # Known, and listed as it was; an edited entry goes on, to be told from what it was.
            if key in fresh or (known and _is_known(key, raw, known)):
                continue
            is_old = oldest is not None and raw.published is not None and raw.published < oldest
            request = source.detail(raw)
            if request is None or is_old:
                state = TextState.NOT_ASKED if request else TextState.COMPLETE
                article = normalise.normalise(raw, source=spec.id, now=now, text_state=state)
                fresh[key] = self._matched(article, spec)
            else:
                article = normalise.normalise(raw, source=spec.id, now=now, text_state=TextState.AWAITING)
                fresh[key] = article, ()
                details[key] = request
        return ReadOutcome(
            articles=tuple(fresh.values()),
            details=details,
            follow=reading.follow,
            older=reading.older if _goes_back(reading, oldest) else None,
            items_seen=len(reading.items),
            items_dated=sum(item.published is not None for item in reading.items),
            truncated=reading.truncated,
            newest=max((item.published for item in reading.items if item.published), default=None),
            cadence=reading.cadence,
        )

    def read_text(self, spec: SourceSpec, raw: RawItem, page: Page, now: datetime) -> tuple[Article, tuple[Hit, ...]]:
        """Reads an article's own page and matches it. Raises ParseError when the page is not an article."""
        extracted = extract.extract(page, base.build(spec).hints(), now)
        article = normalise.normalise(raw, source=spec.id, now=now, text_state=TextState.COMPLETE, extracted=extracted)
        return self._matched(article, spec, extracted.metas)

    def give_up_text(self, spec: SourceSpec, raw: RawItem, now: datetime) -> tuple[Article, tuple[Hit, ...]]:
        """Matches an article whose page could not be read, on title and summary."""
        article = normalise.normalise(raw, source=spec.id, now=now, text_state=TextState.NOT_READ)
        return self._matched(article, spec)

    def match_again(self, kept: Sequence[tuple[Article, str]]) -> list[tuple[Document | None, bytes, tuple[Hit, ...]]]:
        """Matches articles of the archive, each given with its source's name: their documents, profiles and hits."""
        found = [matched(self._matcher, article, source_name) for article, source_name in kept]
        return [(article.document, article.profile, hits) for article, hits in found]

    def documents_of(self, articles: Sequence[Unread]) -> list[Document]:
        """Reads articles of the archive as documents."""
        return [facts.of_kept(one) for one in articles]


def matched(
    matcher: Matcher, article: Article, source_name: str, metas: Mapping[str, str] | None = None
) -> tuple[Article, tuple[Hit, ...]]:
    """An article with its hits; if there are any, also with its document and its profile.

    Of an article without hits no reader hears, and both take as long as all else that is done for it. A rule that asks
    for the document gets it all the same.
    """
    document = document_of(article, metas)
    hits = matcher.match(
        article.original_title, article.original_body, source_text(source_name, article.publisher), document
    )
    if not hits:
        return article, hits
    return replace(article, document=document(), profile=profile.of(article.body).packed()), hits


def _is_known(key: str, raw: RawItem, known: frozenset[bytes]) -> bool:
    return bytes.fromhex(key) in known or bytes.fromhex(key + keys.listed(raw)) in known


def document_of(article: Article, metas: Mapping[str, str] | None = None) -> Callable[[], Document | None]:
    """Finds what an article is when it is first asked: as it was read before, else from its text."""
    found: list[Document | None] = []

    def document() -> Document | None:
        # A list and not functools.cache: making one takes longer than most articles are looked at.
        if not found:
            found.append(article.document or facts.of(article, metas))
        return found[0]

    return document


def source_text(name: str, publisher: str) -> str:
    """What rules of `field: source` look at: the source's name and the publisher."""
    return f"{name} {publisher}".strip()


def _goes_back(reading: Reading, oldest: datetime | None) -> bool:
    """Whether the page before may hold what is still wanted: something on this one is young enough."""
    return any(item.published is not None and (oldest is None or item.published >= oldest) for item in reading.items)
