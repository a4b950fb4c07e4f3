"""Questions to the archive: which stories hold these words, newest first or those with them in the title first.

The index gives articles that have the words' tokens; whether a phrase stands there is seen in the folded text. A page
of results is found by where the one before it ended, so pages that are far down cost no more than the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, text

from policywatch.store import documents, grams, indexing, postings, runs
from policywatch.text import bodies
from policywatch.text.excerpt import excerpt
from policywatch.text.fold import fold, folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import BindParameter, TextClause

    from policywatch.model import Excerpt, Story
    from policywatch.store.query import Query, Term

_EPOCH = date(1970, 1, 1)
_END = 1 << 62
_LEAST = 16
_MOST = 4096
"""Articles that are looked at in one go; more each time, while they are not what was asked for."""
MOST_MARKS = 50
EXCERPT = 160


@dataclass(frozen=True, slots=True)
class Filters:
    """What else must be so; empty where it does not matter. Of several values of one kind any will do."""

    watchlists: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Provinces with the cities in them, cities, countries, 全国."""
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    issuer: str = ""
    """A part of the name of an issuing body, in either spelling, or a short name: 财政, 工信部."""
    since: date | None = None
    until: date | None = None
    """Both included; by the day on which it was published, in China."""


@dataclass(frozen=True, slots=True)
class After:
    """Where a page of results ended: its last document; and whether that has the words in its text only."""

    document: int
    is_text: bool = False

    def __str__(self) -> str:
        return f"{self.document}{'t' if self.is_text else ''}"

    @classmethod
    def parsed(cls, said: str) -> After | None:
        """Back from its text; None for what is none."""
        number = said.removesuffix("t")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        return cls(int(number), is_text=said.endswith("t"))


@dataclass(frozen=True, slots=True)
class Match:
    """A story that holds what was asked for."""

    story: Story
    article: int
    """In which it stands; of several the newest."""
    title_marks: tuple[tuple[int, int], ...]
    """In the story's title."""
    excerpt: Excerpt
    """Of the article's text around the words; empty where no text is kept."""


@dataclass(frozen=True, slots=True)
class Results:
    """A page of results."""

    matches: tuple[Match, ...]
    after: After | None
    """Where the next page begins; None when there is none."""
    waiting: int
    """Articles that the index has not caught up with."""
    unread: int = 0
    """Articles whose kind, region and issuing body are still to be read; those filters do not find them yet."""


@dataclass(frozen=True, slots=True)
class _Hit:
    document: int
    article: int
    story: int
    in_title: bool
    is_alone: bool
    """Its story has no other article."""


def search(
    tx: Connection, query: Query, filters: Filters, *, newest: bool = False, limit: int = 12, after: After | None = None
) -> Results:
    """The stories that hold what is asked for, each once; those with all the words in a title first, unless `newest`.

    An empty query finds whatever the filters let through, newest first.
    """
    looked = _Look(tx, query, filters)
    tiers = (False,) if newest or not query.clauses else (True, False)
    hits: list[_Hit] = []
    for is_title in tiers:
        if is_title and after is not None and after.is_text:
            continue
        start = after.document if after is not None and after.is_text is (not is_title and len(tiers) > 1) else _END
        for hit in looked.hits(query.for_titles if is_title else query, start):
            if not is_title and hit.in_title and len(tiers) > 1:
                continue
            if any(one.story == hit.story for one in hits) or looked.was_shown(hit, is_title, start, len(tiers) > 1):
                continue
            hits.append(hit)
            if len(hits) > limit:
                break
        if len(hits) > limit:
            break
    shown = hits[:limit]
    following = None
    if len(hits) > limit:
        last = shown[-1]
        following = After(last.document, is_text=len(tiers) > 1 and not last.in_title)
    return Results(tuple(_matches(tx, query, shown)), following, indexing.waiting(tx), indexing.unread(tx))


class _Look:
    """One question in one snapshot."""

    def __init__(self, tx: Connection, query: Query, filters: Filters) -> None:
        self._tx = tx
        self._query = query
        self._titles = query.for_titles
        there = tuple(documents.regions_within(tx, filters.regions)) if filters.regions else ()
        self._is_nowhere = bool(filters.regions and not there)
        filters = replace(filters, regions=there)
        self._conditions, self._values = _conditions(filters)
        self._first = _document(filters.since) if filters.since else 0
        self._before = _document(filters.until + timedelta(days=1)) if filters.until else _END
        self._issuers = _parts(filters.issuer)
        self._facets = _facets(filters, self._issuers)

    def hits(self, query: Query, before: int) -> Iterator[_Hit]:
        """Articles, the newest first, that hold the query and pass the filters."""
        if self._is_nowhere:
            # No article is of such a region; PostgreSQL would look through all of them to see that.
            return
        before = min(before, self._before)
        size = _LEAST
        while documents := self._candidates(query, before, size):
            rows = self._rows("document IN :documents", documents=documents)
            for document in documents:
                row = rows.get(document)
                if row is not None and query.holds(*row[1]):
                    yield row[0]
            if len(documents) < size:
                return
            before = documents[-1]
            size = min(size * 4, _MOST)

    def was_shown(self, hit: _Hit, is_title: bool, start: int, ranks: bool) -> bool:  # noqa: FBT001
        """Whether the hit's story stood on an earlier page, by another article that comes before this one."""
        if hit.is_alone or (start == _END and (is_title or not ranks)):
            return False
        others = self._rows("article.story_id = :story", story=hit.story)
        for document, (other, words) in others.items():
            if document == hit.document or not self._query.holds(*words):
                continue
            before = other.in_title if ranks and not is_title else False
            if before or (document >= start and (other.in_title or not is_title)):
                return True
        return False

    def _candidates(self, query: Query, before: int, limit: int) -> Sequence[int]:
        groups = (*(tuple(term.tokens for term in clause) for clause in query.clauses), *self._facets)
        without = tuple(token for term in query.without if term.is_exact for token in term.tokens)
        if groups:
            wanted = postings.Tokens(groups, without)
            return postings.of(self._tx).select(self._tx, wanted, self._first, before, limit)
        return self._tx.execute(_NEWEST, {"first": self._first, "before": before, "limit": limit}).scalars().all()

    def _rows(self, where: str, **values: object) -> Mapping[int, tuple[_Hit, tuple[str, str]]]:
        statement = text(f"{_ROWS} WHERE {where}{self._conditions}")  # our own words
        given = {**self._values, **values}
        lists: list[BindParameter[Any]] = [
            bindparam(name, expanding=True) for name, value in given.items() if not isinstance(value, str | int)
        ]
        found = {}
        rows = self._tx.execute(statement.bindparams(*lists), given).all()
        names = documents.issuers(self._tx, [row.id for row in rows]) if self._issuers else {}
        for row in rows:
            if self._issuers and not _is_any_of(names.get(row.id, ()), self._issuers):
                continue
            words = indexing.unpacked(bytes(row.words))
            in_title = bool(self._query.clauses) and self._titles.holds(*words)
            found[row.document] = _Hit(row.document, row.id, row.story_id, in_title, row.members == 1), words
        return found


_ROWS = """
    SELECT document, article.id, article.story_id, words,
        (SELECT count(*) FROM article AS other WHERE other.story_id = article.story_id) AS members
    FROM search_text JOIN article ON article.id = search_text.article_id
    """
_NEWEST = text(
    """
    SELECT document FROM search_text WHERE document >= :first AND document < :before
    ORDER BY document DESC LIMIT :limit
    """
)


def _conditions(filters: Filters) -> tuple[str, dict[str, object]]:
    """The filters as they are right now; the index may know of earlier ones."""
    parts = []
    values: dict[str, object] = {}
    if filters.watchlists:
        parts.append("EXISTS (SELECT 1 FROM hit WHERE hit.article_id = article.id AND watchlist IN :watchlists)")
        values["watchlists"] = list(filters.watchlists)
    if filters.sources:
        parts.append("article.source IN :sources")
        values["sources"] = list(filters.sources)
    for word, wanted in (("region", filters.regions), ("kind", filters.kinds), ("level", filters.levels)):
        if wanted:
            parts.append(
                f"EXISTS (SELECT 1 FROM document WHERE document.article_id = article.id AND {word} IN :{word}s)"  # noqa: S608
            )
            values[f"{word}s"] = list(wanted)
    return "".join(f" AND {part}" for part in parts), values


_Groups = tuple[tuple[tuple[str, ...], ...], ...]
"""As `postings.Tokens` has them."""


def _facets(filters: Filters, issuers: Sequence[str]) -> _Groups:
    """Tokens that the filters come to, a group for each of them."""
    groups: list[tuple[tuple[str, ...], ...]] = [
        tuple((grams.facet(kind, value),) for value in wanted)
        for kind, wanted in (
            ("l", filters.watchlists),
            ("s", filters.sources),
            ("r", filters.regions),
            ("k", filters.kinds),
            ("v", filters.levels),
        )
        if wanted
    ]
    if issuers:
        groups.append(tuple(tuple(sorted(f"i{token}" for token in grams.few(part))) for part in issuers))
    return tuple(groups)


def _parts(issuer: str) -> tuple[str, ...]:
    """What the folded name of a body must hold one of: what was typed, and the whole name that it is short for."""
    typed = folded(issuer).strip()
    return tuple(dict.fromkeys((typed, folded(bodies.full(typed) or typed)))) if typed else ()


def _is_any_of(names: Sequence[str], parts: Sequence[str]) -> bool:
    return any(part in name for name in map(folded, names) for part in parts)


def _document(day: date) -> int:
    return max(0, (day - _EPOCH).days) << indexing.DAY_BITS


def _texts(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("articles", expanding=True))


_BODIES = _texts("SELECT article_id, body FROM article_text WHERE article_id IN :articles")


def _matches(tx: Connection, query: Query, hits: Sequence[_Hit]) -> Iterator[Match]:
    if not hits:
        return
    stories = {story.id: story for story in runs.load(tx, [hit.story for hit in hits], (), brief=True)}
    kept = {row.article_id: row.body for row in tx.execute(_BODIES, {"articles": [hit.article for hit in hits]})}
    for hit in hits:
        story = stories.get(hit.story)
        if story is not None:
            body = kept.get(hit.article, "")
            in_body = [term for term in query.terms if not term.in_title]
            yield Match(
                story, hit.article, marks(story.title, query.terms), excerpt(body, marks(body, in_body), EXCERPT)
            )


def marks(shown: str, terms: Sequence[Term]) -> tuple[tuple[int, int], ...]:
    """Where terms stand in a text as it is shown; at most MOST_MARKS of them."""
    if not terms or not shown:
        return ()
    mapped = fold(shown)
    alike = grams.alike(mapped.text)
    found: list[tuple[int, int]] = []
    for term in terms:
        for start, end in term.places(alike):
            found.append(mapped.span(start, end))
            if len(found) >= MOST_MARKS:
                return tuple(sorted(found))
    return tuple(sorted(found))
