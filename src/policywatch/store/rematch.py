"""The archive matched anew: articles as they were read, what stands recorded, how far an edited list has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch.model import Article, Hit, TextState
from policywatch.store import documents, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import TextClause


@dataclass(frozen=True, slots=True)
class Kept:
    """An article of the archive, as matching wants it."""

    article_id: int
    story_id: int
    article: Article
    source_name: str
    baseline: bool
    has_text: bool
    """Its text is kept, if it ever had one."""
    has_profile: bool
    """Reprints of it are known by it already."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An edited list that the archive is still matched against."""

    name: str
    fingerprint: str
    position: int
    since: datetime


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a list's last edit."""

    name: str
    noticed_at: datetime
    applied_at: datetime | None
    is_pending: bool
    looked: int
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Changed:
    """An article that the last edit of a list gained or lost."""

    article_id: int
    story_id: int
    title: str
    url: str
    at: datetime
    is_gained: bool
    hit: Hit


def _listed(statement: str, *names: str) -> TextClause:
    return text(statement).bindparams(*(bindparam(name, expanding=True) for name in names))


_KEPT = """
    SELECT article.*, source.name AS source_name, article_text.article_id AS text_of, body, body_original,
        EXISTS (SELECT 1 FROM article_profile WHERE article_profile.article_id = article.id) AS has_profile
    FROM article JOIN source ON source.id = article.source
    LEFT JOIN article_text ON article_text.article_id = article.id
    WHERE text_state <> 'awaiting' AND {which}
    """
# `+fetched_at`: in the order of the numbers, without gathering all of the time's articles for each part of them.
_AFTER = text(_KEPT.format(which="article.id > :position AND +fetched_at >= :since ORDER BY article.id LIMIT :limit"))
_BEFORE = text(
    _KEPT.format(which="article.id < :position AND +fetched_at >= :since ORDER BY article.id DESC LIMIT :limit")
)
_RECORDED = _listed(
    """
    SELECT article_id, watchlist, score, evidence, excerpt FROM hit
    WHERE article_id IN :articles AND watchlist IN :watchlists
    """,
    "articles",
    "watchlists",
)


def after(tx: Connection, position: int, since: datetime, limit: int) -> list[Kept]:
    """Articles with higher numbers that came in since a moment, in the order of their numbers."""
    return _kept(tx, _AFTER, position, since, limit)


def before(tx: Connection, position: int | None, since: datetime, limit: int) -> list[Kept]:
    """Articles with lower numbers than one (None: all) that came in since a moment, the newest first."""
    return _kept(tx, _BEFORE, (1 << 62) if position is None else position, since, limit)


def one(tx: Connection, article_id: int) -> Kept | None:
    """An article by its number; None when there is none, or its text is awaited."""
    return next(iter(after(tx, article_id - 1, values.required(0), 1)), None)


def _kept(tx: Connection, statement: TextClause, position: int, since: datetime, limit: int) -> list[Kept]:
    rows = tx.execute(statement, {"position": position, "since": values.micros(since), "limit": limit}).all()
    known = documents.of_articles(tx, [row.id for row in rows])
    return [
        Kept(
            article_id=row.id,
            story_id=row.story_id,
            article=Article(
                source=row.source,
                key=row.key,
                url=row.url,
                canonical_url=row.canonical_url,
                title=row.title,
                original_title=row.title_original or row.title,
                body=row.body or "",
                original_body=row.body_original or row.body or "",
                published=values.moment(row.published_at),
                fetched_at=values.required(row.fetched_at),
                publisher=row.publisher,
                text_state=TextState(row.text_state),
                signature=row.signature,
                document=known.get(row.id),
            ),
            source_name=row.source_name,
            baseline=bool(row.is_baseline),
            has_text=row.text_of is not None,
            has_profile=bool(row.has_profile),
        )
        for row in rows
    ]


def count(tx: Connection, since: datetime) -> int:
    """How many articles came in since a moment."""
    found: int = tx.execute(
        text("SELECT count(*) FROM article WHERE fetched_at >= :since AND text_state <> 'awaiting'"),
        {"since": values.micros(since)},
    ).scalar_one()
    return found


def recorded(tx: Connection, articles: Sequence[int], watchlists: Sequence[str]) -> dict[int, dict[str, Hit]]:
    """The hits of articles on the given lists, by article and list."""
    found: dict[int, dict[str, Hit]] = {}
    if articles and watchlists:
        for row in tx.execute(_RECORDED, {"articles": list(articles), "watchlists": list(watchlists)}):
            hit = values.hit_of(row.watchlist, row.score, row.evidence, row.excerpt)
            found.setdefault(row.article_id, {})[row.watchlist] = hit
    return found


# --- edits of the configuration ----------------------------------------------------------------------------------


def fingerprints(tx: Connection) -> dict[str, str]:
    """The rules of the lists that were last seen in the configuration."""
    rows = tx.execute(text("SELECT name, fingerprint FROM watchlist_state WHERE fingerprint <> ''"))
    return {row.name: row.fingerprint for row in rows}


def notice(tx: Connection, wanted: Mapping[str, str], since: datetime | None, now: datetime) -> tuple[str, ...]:
    """Compares the lists of the configuration with those known; gives the names of those that are new or edited.

    They are to be matched against what came in since `since`; None: against nothing. A list that is met for the first
    time and has hits already is taken as it is: it was there before edits were noticed.
    """
    known: dict[str, str] = {
        row.name: row.fingerprint for row in tx.execute(text("SELECT name, fingerprint FROM watchlist_state"))
    }
    edited = [name for name, told in wanted.items() if known.get(name) != told]
    gone = [name for name, told in known.items() if told and name not in wanted]
    if gone:
        # Should it come back, it has missed what came in meanwhile.
        tx.execute(
            text("UPDATE watchlist_state SET fingerprint = '', position = NULL WHERE name = :name"),
            [{"name": name} for name in gone],
        )
    if not edited:
        return ()
    there = {
        row.watchlist
        for row in tx.execute(
            _listed("SELECT DISTINCT watchlist FROM hit WHERE watchlist IN :names", "names"), {"names": edited}
        )
    }
    first = _first(tx, since) if since is not None else None
    applied = [name for name in edited if since is not None and not (name not in known and name in there)]
    tx.execute(text("DELETE FROM watchlist_change WHERE watchlist = :name"), [{"name": name} for name in edited])
    tx.execute(
        text(
            """
            INSERT INTO watchlist_state (name, fingerprint, position, since_at, noticed_at, is_settled)
            VALUES (:name, :fingerprint, :position, :since, :now, :settled)
            ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint, position = excluded.position,
                since_at = excluded.since_at, noticed_at = excluded.noticed_at, applied_at = NULL,
                is_settled = excluded.is_settled, looked = 0, gained = 0, lost = 0
            """
        ),
        [
            {
                "name": name,
                "fingerprint": wanted[name],
                "position": first if name in applied else None,
                "since": values.micros(since) or 0,
                "now": values.micros(now),
                "settled": int(name not in applied),
            }
            for name in edited
        ],
    )
    return tuple(applied) if first is not None else ()


def _first(tx: Connection, since: datetime) -> int | None:
    """The number before that of the first article since a moment; None when there is no article."""
    found: int | None = tx.execute(
        text("SELECT min(id) FROM article WHERE fetched_at >= :since"), {"since": values.micros(since)}
    ).scalar()
    return None if found is None else found - 1


def pending(tx: Connection) -> list[Pending]:
    """Edited lists that the archive is not wholly matched against yet."""
    rows = tx.execute(
        text(
            "SELECT name, fingerprint, position, since_at FROM watchlist_state WHERE position IS NOT NULL ORDER BY name"
        )
    )
    return [Pending(row.name, row.fingerprint, row.position, values.required(row.since_at)) for row in rows]


def advance(tx: Connection, name: str, fingerprint: str, position: int, *, looked: int, gained: int, lost: int) -> None:
    """Remembers how far a list has come, unless it was edited again meanwhile."""
    tx.execute(
        text(
            """
            UPDATE watchlist_state SET position = :position, looked = looked + :looked, gained = gained + :gained,
                lost = lost + :lost
            WHERE name = :name AND fingerprint = :fingerprint AND position < :position
            """
        ),
        {
            "name": name,
            "fingerprint": fingerprint,
            "position": position,
            "looked": looked,
            "gained": gained,
            "lost": lost,
        },
    )


def unsettled(tx: Connection, noticed_before: datetime) -> list[str]:
    """Edits noticed before a moment and applied, after which the youngest articles were not looked at again yet."""
    rows = tx.execute(
        text(
            """
            SELECT name FROM watchlist_state
            WHERE is_settled = 0 AND position IS NULL AND fingerprint <> '' AND noticed_at < :before
            """
        ),
        {"before": values.micros(noticed_before)},
    )
    return [row.name for row in rows]


def look_again(tx: Connection, names: Sequence[str], since: datetime) -> None:
    """Has articles that came in since a moment matched once more: some may have been under way at the edit."""
    tx.execute(
        text(
            """
            UPDATE watchlist_state SET is_settled = 1, position = :position, since_at = :since
            WHERE name = :name AND is_settled = 0 AND position IS NULL
            """
        ),
        [{"name": name, "position": _first(tx, since), "since": values.micros(since)} for name in names],
    )


def finish(tx: Connection, name: str, fingerprint: str, now: datetime) -> tuple[int, int, int] | None:
    """The archive is matched against a list to its end: (looked, gained, lost); None if it was edited meanwhile."""
    row = tx.execute(
        text(
            """
            UPDATE watchlist_state SET position = NULL, applied_at = coalesce(applied_at, :now)
            WHERE name = :name AND fingerprint = :fingerprint AND position IS NOT NULL
            RETURNING looked, gained, lost
            """
        ),
        {"name": name, "fingerprint": fingerprint, "now": values.micros(now)},
    ).first()
    return None if row is None else (row.looked, row.gained, row.lost)


def keep_changes(tx: Connection, changes: Iterable[tuple[int, Hit, bool]]) -> None:
    """Keeps what an edit changed: the article, the hit that it has or had, whether it was gained."""
    rows = [
        {
            "watchlist": hit.watchlist,
            "article": article_id,
            "gained": int(is_gained),
            "score": float(hit.score),
            "evidence": values.evidence_text(hit),
            "excerpt": values.excerpt_text(hit),
        }
        for article_id, hit, is_gained in changes
    ]
    if rows:
        tx.execute(
            text(
                """
                INSERT INTO watchlist_change (watchlist, article_id, is_gained, score, evidence, excerpt)
                VALUES (:watchlist, :article, :gained, :score, :evidence, :excerpt)
                ON CONFLICT (watchlist, article_id) DO UPDATE SET is_gained = excluded.is_gained,
                    score = excluded.score, evidence = excluded.evidence, excerpt = excluded.excerpt
                """
            ),
            rows,
        )


def states(tx: Connection) -> dict[str, State]:
    """What is known of each list's last edit, by name."""
    rows: Iterable[Any] = tx.execute(text("SELECT * FROM watchlist_state WHERE fingerprint <> ''"))
    return {
        row.name: State(
            row.name,
            values.required(row.noticed_at),
            values.moment(row.applied_at),
            is_pending=row.position is not None and row.applied_at is None,
            looked=row.looked,
            gained=row.gained,
            lost=row.lost,
        )
        for row in rows
    }


def changes(tx: Connection, watchlist: str, limit: int, *, gained: bool) -> list[Changed]:
    """What the last edit of a list gained or lost, the newest first."""
    rows = tx.execute(
        text(
            """
            SELECT article.id, story_id, title, url, published_at, fetched_at, is_gained, score, evidence, excerpt
            FROM watchlist_change JOIN article ON article.id = watchlist_change.article_id
            WHERE watchlist = :name AND is_gained = :gained ORDER BY article.id DESC LIMIT :limit
            """
        ),
        {"name": watchlist, "gained": int(gained), "limit": limit},
    )
    return [
        Changed(
            row.id,
            row.story_id,
            row.title,
            row.url,
            values.moment(row.published_at) or values.required(row.fetched_at),
            bool(row.is_gained),
            values.hit_of(watchlist, row.score, row.evidence, row.excerpt),
        )
        for row in rows
    ]


def drop_waiting(tx: Connection, subscription: str, watchlists: Sequence[str], stories: Sequence[int]) -> int:
    """Takes stories back that wait for a subscription and are on none of its lists any more; says how many."""
    if not stories or not watchlists:
        return 0
    return tx.execute(
        _listed(
            """
            DELETE FROM due WHERE subscription = :subscription AND run_id IS NULL AND story_id IN :stories
                AND NOT EXISTS (
                    SELECT 1 FROM article JOIN hit ON hit.article_id = article.id
                    WHERE article.story_id = due.story_id AND hit.watchlist IN :watchlists)
            """,
            "stories",
            "watchlists",
        ),
        {"subscription": subscription, "stories": list(stories), "watchlists": list(watchlists)},
    ).rowcount
