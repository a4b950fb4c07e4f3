"""Articles, their texts, and the stories that they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text

from policywatch import urls
from policywatch.model import Article, Request, TextState
from policywatch.store import indexing, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Row


# Prepared once: SQLAlchemy takes longer over building a statement than SQLite over running it.
_KNOWN = text(
    """
    SELECT id, story_id, source, key, canonical_url, signature, title FROM article
    WHERE key IN :keys AND source IN :sources
    UNION
    SELECT id, story_id, source, key, canonical_url, signature, title FROM article
    WHERE canonical_url IN :urls
    UNION
    SELECT id, story_id, source, key, canonical_url, signature, title FROM article
    WHERE signature IN :signatures
    ORDER BY 1
    """
).bindparams(*(bindparam(name, expanding=True) for name in ("keys", "sources", "urls", "signatures")))
_STORIES = text(
    """
    INSERT INTO story (first_seen_at)
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :count)
    SELECT :at FROM number RETURNING id
    """
)
_INSERT = text(
    """
    INSERT INTO article (source, key, story_id, url, canonical_url, title, title_original, publisher,
        published_at, fetched_at, signature, text_state, text_next_at, text_request, is_baseline,
        listed, standing)
    VALUES (:source, :key, :story, :url, :canonical_url, :title, :title_original, :publisher,
        :published_at, :fetched_at, :signature, :text_state, :next, :request, :baseline,
        :listed, :standing)
    ON CONFLICT (source, key) DO NOTHING
    """
)
_THERE = text("SELECT id, story_id, source, key FROM article WHERE source IN :sources AND key IN :keys").bindparams(
    bindparam("sources", expanding=True), bindparam("keys", expanding=True)
)
# One statement for them all: one for each would take a quarter of what adding takes on PostgreSQL.
_HEADS = text(
    """
    UPDATE story SET head_id = first.id
    FROM (SELECT story_id, min(id) AS id FROM article WHERE id IN :articles GROUP BY story_id) AS first
    WHERE story.id = first.story_id AND story.head_id IS NULL
    """
).bindparams(bindparam("articles", expanding=True))
_UNUSED = text(
    "DELETE FROM story WHERE id IN :stories AND NOT EXISTS (SELECT 1 FROM article WHERE story_id = story.id)"
).bindparams(bindparam("stories", expanding=True))
_PUT_TEXT = text(
    """
    INSERT INTO article_text (article_id, body, body_original) VALUES (:id, :body, :original)
    ON CONFLICT (article_id) DO UPDATE SET body = excluded.body, body_original = excluded.body_original
    """
)


_GONE = text("SELECT source, key FROM article_gone WHERE source IN :sources AND key IN :keys").bindparams(
    bindparam("sources", expanding=True), bindparam("keys", expanding=True)
)
_NO_FILES = text("DELETE FROM attachment WHERE article_id = :id")
_FILE = text("INSERT INTO attachment (article_id, place, name, url, type) VALUES (:id, :place, :name, :url, :type)")


@dataclass(frozen=True, slots=True)
class KnownRow:
    """What decides whether another article is the same."""

    article_id: int
    story_id: int
    source: str
    key: str
    canonical_url: str
    signature: str
    title: str


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article on its way into the store.

    Its story is `story_id`, or that of the earlier entry number `like` of the same call, or one of its own.
    """

    article: Article
    story_id: int | None = None
    like: int | None = None
    baseline: bool = False
    detail: Request | None = None
    """What to ask for its own page."""
    next_text_at: datetime | None = None
    standing: int = 3
    """How far its page is from the issuing body; the nearest stands for the story."""


@dataclass(frozen=True, slots=True)
class Added:
    """Where an article went; `is_new` is false when it was there already."""

    article_id: int
    story_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Found:
    """An article as its source wrote it."""

    article_id: int
    title: str
    body: str
    """Empty when its text is not kept, or was never read."""
    source_name: str
    publisher: str


@dataclass(frozen=True, slots=True)
class Awaiting:
    """An article whose own page is to be read."""

    article_id: int
    story_id: int
    source: str
    key: str
    url: str
    title: str
    """As the source wrote it."""
    summary: str
    published: datetime | None
    fetched_at: datetime
    publisher: str
    tries: int
    baseline: bool
    request: Request
    is_reread: bool = False
    """It was read before, and its list's entry changed since."""


def known(tx: Connection, articles: Sequence[Article]) -> list[KnownRow]:
    """Articles of the store that share a key, an address or a signature with one of those given."""
    if not articles:
        return []
    rows = tx.execute(
        _KNOWN,
        {
            "keys": sorted({article.key for article in articles}),
            "sources": sorted({article.source for article in articles}),
            "urls": sorted({article.canonical_url for article in articles if article.canonical_url}),
            "signatures": sorted({article.signature for article in articles}),
        },
    )
    return [KnownRow(*row) for row in rows]


def gone(tx: Connection, articles: Sequence[Article]) -> frozenset[tuple[str, str]]:
    """(source, key) of those among the articles that the store had once and let go of."""
    if not articles:
        return frozenset()
    rows = tx.execute(
        _GONE,
        {
            "keys": sorted({article.key for article in articles}),
            "sources": sorted({article.source for article in articles}),
        },
    )
    return frozenset((row.source, row.key) for row in rows)


def add(tx: Connection, entries: Sequence[NewArticle]) -> list[Added]:
    """Adds articles, each to a story; one that is there already is left as it is.

    A handful of statements however many they are: one for each table, not one for each article.
    """
    if not entries:
        return []
    opened = _open_stories(tx, [entry for entry in entries if entry.story_id is None and entry.like is None])
    stories: list[int] = []
    for entry in entries:
        if entry.like is not None:
            stories.append(stories[entry.like])
        else:
            stories.append(next(opened) if entry.story_id is None else entry.story_id)
    values.add_all(tx, _INSERT, [_row(entry, story) for entry, story in zip(entries, stories, strict=True)])
    rows = tx.execute(
        _THERE,
        {
            "keys": [entry.article.key for entry in entries],
            "sources": list({entry.article.source for entry in entries}),
        },
    )
    there = {(row.source, row.key): row for row in rows}
    added = []
    for entry, story in zip(entries, stories, strict=True):
        row = there[entry.article.source, entry.article.key]
        added.append(Added(row.id, row.story_id, is_new=row.story_id == story))
    tx.execute(_HEADS, {"articles": [one.article_id for one in added]})
    if not all(one.is_new for one in added):
        tx.execute(_UNUSED, {"stories": stories})
    texts = [
        _text(one.article_id, entry.article)
        for one, entry in zip(added, entries, strict=True)
        if one.is_new and entry.article.body
    ]
    values.add_all(tx, _PUT_TEXT, texts)
    new = [(one.article_id, entry.article) for one, entry in zip(added, entries, strict=True) if one.is_new]
    _put_files(tx, new)
    indexing.want(tx, [article_id for article_id, _ in new])
    return added


def _put_files(tx: Connection, articles: Sequence[tuple[int, Article]]) -> None:
    rows = [
        {"id": article_id, "place": place, "name": one.name, "url": one.url, "type": one.type}
        for article_id, article in articles
        for place, one in enumerate(article.attachments)
    ]
    if rows:
        tx.execute(_FILE, rows)


def _open_stories(tx: Connection, entries: Sequence[NewArticle]) -> Iterator[int]:
    if not entries:
        return iter(())
    at = values.micros(entries[0].article.fetched_at)
    return iter(sorted(tx.execute(_STORIES, {"at": at, "count": len(entries)}).scalars()))


def _row(entry: NewArticle, story_id: int) -> dict[str, object]:
    article = entry.article
    detail = entry.detail
    return {
        **_columns(article),
        "source": article.source,
        "key": article.key,
        "story": story_id,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "fetched_at": values.micros(article.fetched_at),
        "next": values.micros(entry.next_text_at),
        "request": values.request_text(detail) if detail is not None and detail != Request(article.url) else None,
        "baseline": int(entry.baseline),
        "listed": article.listed,
        "standing": entry.standing,
    }


def find(tx: Connection, wanted: str) -> Found | None:
    """An article by its number or its address, with its text; of several with one address the first."""
    row = tx.execute(
        text(
            """
            SELECT article.id, article.title, title_original, body, body_original, publisher,
                source.name AS source_name
            FROM article JOIN source ON source.id = article.source
            LEFT JOIN article_text ON article_text.article_id = article.id
            WHERE article.id = :id OR article.url = :url OR (canonical_url = :canonical AND canonical_url <> '')
            ORDER BY article.id LIMIT 1
            """
        ),
        {
            # More digits than a number of the database has are no number of it.
            "id": int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None,
            "url": wanted,
            "canonical": urls.canonical(wanted),
        },
    ).first()
    if row is None:
        return None
    return Found(
        article_id=row.id,
        title=row.title_original or row.title,
        body=row.body_original or row.body or "",
        source_name=row.source_name,
        publisher=row.publisher,
    )


def update_text(tx: Connection, article_id: int, article: Article, *, standing: int = 3) -> None:
    """Puts what the article's own page said in the place of what its list said."""
    tx.execute(
        text(
            """
            UPDATE article SET title = :title, title_original = :title_original, publisher = :publisher,
                published_at = :published_at, signature = :signature, text_state = :text_state,
                text_tries = text_tries + 1, text_next_at = NULL, text_request = NULL, is_reread = 0,
                standing = :standing
            WHERE id = :id
            """
        ),
        {**_columns(article), "id": article_id, "standing": standing},
    )
    if article.body:
        tx.execute(_PUT_TEXT, _text(article_id, article))
    tx.execute(_NO_FILES, {"id": article_id})
    _put_files(tx, [(article_id, article)])
    indexing.want(tx, [article_id])


def mark_changed(tx: Connection, article_id: int, article: Article, at: datetime, *, what: str = "") -> None:
    """Takes over a title that its source edited, and keeps what it was and what changed. What was sent stays sent."""
    _keep_change(tx, article_id, at, what)
    tx.execute(
        text(
            """
            UPDATE article SET title = :title, title_original = :title_original, changed_at = :at, listed = :listed
            WHERE id = :id
            """
        ),
        {
            "title": article.title,
            "title_original": _original(article.title, article.original_title),
            "listed": article.listed,
            "at": values.micros(at),
            "id": article_id,
        },
    )
    indexing.want(tx, [article_id])


def mark_text_changed(tx: Connection, article_id: int, at: datetime, what: str) -> None:
    """Keeps what changed in a text that was read again."""
    _keep_change(tx, article_id, at, what)
    tx.execute(text("UPDATE article SET changed_at = :at WHERE id = :id"), {"at": values.micros(at), "id": article_id})


def _keep_change(tx: Connection, article_id: int, at: datetime, what: str) -> None:
    tx.execute(
        text(
            """
            INSERT INTO article_change (article_id, changed_at, title, what)
            SELECT id, :at, title, :what FROM article WHERE id = :id
            ON CONFLICT (article_id, changed_at) DO UPDATE SET what = article_change.what || '；' || excluded.what
            """
        ),
        {"id": article_id, "at": values.micros(at), "what": what},
    )


def relist(tx: Connection, listed: Sequence[tuple[int, str]]) -> None:
    """Remembers how lists name articles now, each given with its number, so that they are not compared again."""
    if listed:
        tx.execute(
            text("UPDATE article SET listed = :listed WHERE id = :id"),
            [{"id": article_id, "listed": said} for article_id, said in listed],
        )


def read_again(tx: Connection, article_id: int, request: Request | None, at: datetime) -> None:
    """Has the article's own page asked for again; one that awaits it anyway is left as it is."""
    tx.execute(
        text(
            """
            UPDATE article SET text_state = 'awaiting', text_next_at = :at, text_tries = 0, is_reread = 1,
                text_request = :request
            WHERE id = :id AND text_state <> 'awaiting'
            """
        ),
        {
            "id": article_id,
            "at": values.micros(at),
            "request": values.request_text(request) if request is not None else None,
        },
    )


def body_of(tx: Connection, article_id: int) -> str:
    """The text of an article as it is shown; empty when none is kept."""
    found: str | None = tx.execute(
        text("SELECT body FROM article_text WHERE article_id = :id"), {"id": article_id}
    ).scalar()
    return found or ""


def awaiting(tx: Connection, now: datetime, limit: int, *, exclude: Sequence[int] = ()) -> list[Awaiting]:
    """Articles whose page may be asked for now, oldest first."""
    rows = tx.execute(
        text(
            """
            SELECT article.*, body, body_original FROM article
            LEFT JOIN article_text ON article_text.article_id = article.id
            WHERE text_state = 'awaiting' AND text_next_at <= :now
                AND article.id NOT IN :exclude
            ORDER BY text_next_at, article.id LIMIT :limit
            """
        ).bindparams(bindparam("exclude", expanding=True)),
        {"now": values.micros(now), "exclude": list(exclude), "limit": limit},
    )
    return _awaiting(rows)


def is_any_awaiting(tx: Connection, now: datetime) -> bool:
    """Whether the page of an article may be asked for now."""
    found = tx.execute(
        text("SELECT 1 FROM article WHERE text_state = 'awaiting' AND text_next_at <= :now LIMIT 1"),
        {"now": values.micros(now)},
    )
    return found.first() is not None


def claim_awaiting(tx: Connection, now: datetime, until: datetime, limit: int) -> list[Awaiting]:
    """As `awaiting`, and for others they may not be asked for before `until`."""
    skip = " FOR UPDATE SKIP LOCKED" if tx.dialect.name == "postgresql" else ""
    ids = tx.execute(
        text(
            f"""
            UPDATE article SET text_next_at = :until WHERE id IN (
                SELECT id FROM article WHERE text_state = 'awaiting' AND text_next_at <= :now
                ORDER BY text_next_at, id LIMIT :limit{skip})
            RETURNING id
            """  # noqa: S608
        ),
        {"now": values.micros(now), "until": values.micros(until), "limit": limit},
    )
    taken = [row.id for row in ids]
    if not taken:
        return []
    rows = tx.execute(
        text(
            """
            SELECT article.*, body, body_original FROM article
            LEFT JOIN article_text ON article_text.article_id = article.id
            WHERE article.id IN :ids ORDER BY article.id
            """
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": taken},
    )
    return _awaiting(rows)


def renew_claim(tx: Connection, ids: Sequence[int], was: datetime, until: datetime) -> list[int]:
    """Moves the end of claims that still end at `was`, and gives them; a text that was recorded since has none."""
    found = tx.execute(
        text(
            "UPDATE article SET text_next_at = :until "
            "WHERE id IN :ids AND text_state = 'awaiting' AND text_next_at = :was RETURNING id"
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": list(ids), "was": values.micros(was), "until": values.micros(until)},
    )
    return [row.id for row in found]


def _awaiting(rows: Iterable[Row[Any]]) -> list[Awaiting]:
    return [
        Awaiting(
            article_id=row.id,
            story_id=row.story_id,
            source=row.source,
            key=row.key,
            url=row.url,
            title=row.title_original or row.title,
            summary=row.body_original or row.body or "",
            published=values.moment(row.published_at),
            fetched_at=values.required(row.fetched_at),
            publisher=row.publisher,
            tries=row.text_tries,
            baseline=bool(row.is_baseline),
            request=values.request_of(row.text_request, row.url),
            is_reread=bool(row.is_reread),
        )
        for row in rows
    ]


def postpone_text(tx: Connection, article_id: int, *, next_at: datetime, error: str, counts: bool = True) -> None:
    """Counts a try that failed and says when the next may be. One that was not the page's fault counts for nothing."""
    tx.execute(
        text(
            "UPDATE article SET text_tries = text_tries + :tries, text_next_at = :next, text_error = :error "
            "WHERE id = :id"
        ),
        {"tries": int(counts), "next": values.micros(next_at), "error": error[:1000], "id": article_id},
    )


def prune_texts(tx: Connection, before: datetime, limit: int = 500) -> int:
    """Forgets texts fetched before a moment, `limit` at a time; the articles, hits and excerpts stay."""
    gone = (
        tx.execute(
            text(
                """
                DELETE FROM article_text WHERE article_id IN (
                    SELECT article.id FROM article JOIN article_text ON article_text.article_id = article.id
                    WHERE fetched_at < :before AND text_state <> 'awaiting' LIMIT :limit)
                RETURNING article_id
                """
            ),
            {"before": values.micros(before), "limit": limit},
        )
        .scalars()
        .all()
    )
    indexing.want(tx, gone)
    return len(gone)


def _columns(article: Article) -> dict[str, object]:
    return {
        "title": article.title,
        "title_original": _original(article.title, article.original_title),
        "publisher": article.publisher,
        "published_at": values.micros(article.published),
        "signature": article.signature,
        "text_state": TextState(article.text_state).value,
    }


def _original(repaired: str, original: str) -> str | None:
    return None if original == repaired else original


def _text(article_id: int, article: Article) -> dict[str, object]:
    return {"id": article_id, "body": article.body, "original": _original(article.body, article.original_body)}
