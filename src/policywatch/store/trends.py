"""Articles and stories of watch-lists over time, by region and issuing body; who had a story first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlalchemy import Connection, String, bindparam, text

from policywatch.store import documents, values
from policywatch.text import bodies

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

_AT = "coalesce(article.published_at, article.fetched_at)"
"""When an article counts: on the day that it bears, else when it came in."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which hits count."""

    watchlists: tuple[str, ...]
    bounds: tuple[datetime, ...]
    """Where the spans of time begin, in order; the last one is the end of all."""
    region: str = ""
    """Only documents of this region and the cities in it; empty: all articles."""
    issuer: str = ""
    """Only documents of this body and its departments; empty: all articles."""


@dataclass(frozen=True, slots=True)
class Count:
    """What a watch-list has under a key."""

    watchlist: str
    key: str
    articles: int
    stories: int


def _where(tx: Connection, wanted: Wanted) -> tuple[str, dict[str, list[str]], dict[str, int | None]]:
    """A condition, the lists that it names, its numbers. Regions and bodies mean what they mean in rules."""
    where = f"hit.watchlist IN :watchlists AND {_AT} >= :first AND {_AT} < :last"
    lists = {"watchlists": list(wanted.watchlists)}
    if wanted.region:
        where += " AND EXISTS (SELECT 1 FROM document WHERE article_id = article.id AND region IN :regions)"
        lists["regions"] = documents.regions_within(tx, [wanted.region])
    if wanted.issuer:
        where += " AND EXISTS (SELECT 1 FROM document_issuer WHERE article_id = article.id AND name IN :issuers)"
        there = tx.execute(text("SELECT DISTINCT name FROM document_issuer")).scalars()
        lists["issuers"] = [name for name in there if bodies.is_of(name, wanted.issuer)]
    return where, lists, {"first": values.micros(wanted.bounds[0]), "last": values.micros(wanted.bounds[-1])}


def _asked(tx: Connection, statement: str, lists: dict[str, list[str]], numbers: dict[str, int | None]) -> Any:
    # An empty list must be one of texts: PostgreSQL takes it for one of numbers.
    asked = text(statement).bindparams(*(bindparam(name, expanding=True, type_=String()) for name in lists))
    return tx.execute(asked, {**lists, **numbers})


def _counts(tx: Connection, wanted: Wanted, key: str, joins: str = "") -> list[Count]:
    where, lists, numbers = _where(tx, wanted)
    statement = f"""
        SELECT hit.watchlist, {key} AS label, count(*) AS articles,
            count(DISTINCT article.story_id) AS stories
        FROM hit JOIN article ON article.id = hit.article_id {joins}
        WHERE {where} GROUP BY hit.watchlist, {key}
        """  # noqa: S608  # of our own words
    rows = _asked(tx, statement, lists, numbers)
    return [Count(row.watchlist, str(row.label), row.articles, row.stories) for row in rows]


def over_time(tx: Connection, wanted: Wanted) -> dict[str, list[tuple[int, int]]]:
    """(articles, stories) of each list for each span of time, in order; a list without any is there with zeros."""
    starts = [values.micros(bound) or 0 for bound in wanted.bounds]
    lengths = {after - before for before, after in pairwise(starts)}
    if len(lengths) == 1:
        key = f"CAST(({_AT} - {starts[0]}) / {lengths.pop()} AS INTEGER)"
    else:  # months, and weeks in which the clocks change
        cases = " ".join(f"WHEN {_AT} < {start} THEN {number}" for number, start in enumerate(starts[1:]))
        key = f"CASE {cases} END"
    found = {name: [(0, 0)] * (len(wanted.bounds) - 1) for name in wanted.watchlists}
    for one in _counts(tx, wanted, key):
        found[one.watchlist][int(one.key)] = (one.articles, one.stories)
    return found


def by_region(tx: Connection, wanted: Wanted) -> list[Count]:
    """By the region of the document, the most articles first; empty where it is not known."""
    return _most(_counts(tx, wanted, "coalesce(document.region, '')", _DOCUMENT))


def by_issuer(tx: Connection, wanted: Wanted) -> list[Count]:
    """By each body that issued a document, the most articles first; a joint issue counts for each."""
    joins = "JOIN document_issuer ON document_issuer.article_id = article.id"
    return _most(_counts(tx, wanted, "document_issuer.name", joins))


_DOCUMENT = "LEFT JOIN document ON document.article_id = article.id"


def first_to_report(tx: Connection, wanted: Wanted) -> list[Count]:
    """How often each source had the earliest article of a story that several sources have."""
    where, lists, numbers = _where(tx, wanted)
    statement = f"""
        SELECT watchlist, source.name AS label, count(*) AS stories FROM (
            SELECT hit.watchlist, article.source,
                row_number() OVER (PARTITION BY hit.watchlist, article.story_id ORDER BY {_AT}, article.id) AS place,
                (SELECT count(DISTINCT other.source) FROM article AS other
                 WHERE other.story_id = article.story_id) AS sources
            FROM hit JOIN article ON article.id = hit.article_id WHERE {where}) AS ranked
        JOIN source ON source.id = ranked.source
        WHERE place = 1 AND sources > 1 GROUP BY watchlist, source.id, source.name
        """  # noqa: S608  # of our own words
    rows = _asked(tx, statement, lists, numbers)
    return _most([Count(row.watchlist, row.label, row.stories, row.stories) for row in rows])


def _most(counts: Sequence[Count]) -> list[Count]:
    return sorted(counts, key=lambda one: (one.watchlist, -one.articles, one.key))
