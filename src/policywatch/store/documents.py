"""Articles as policy documents: what is known of them, how they hang together, and what of them closes soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, text

from policywatch.model import Deadline, Document, Reference, Relation, Unread
from policywatch.store import indexing, values
from policywatch.text import places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import sqlalchemy
    from sqlalchemy import TextClause


@dataclass(frozen=True, slots=True)
class Row:
    """A document on its way into the store."""

    article_id: int
    document: Document
    name: str = ""
    """What its draft, its final text and its interpretations have in common, folded; empty where nothing is certain."""
    targets: tuple[str, ...] = ()
    """By what each of its relations is found: a number, or a folded name."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A deadline of a story that is near."""

    story_id: int
    day: date


MOST_RELATED = 10
"""Of one story."""

_ISSUER = "document_issuer"
_PARTS = ("document_number", _ISSUER, "deadline", "relation")
_PUT = text(
    """
    INSERT INTO document (article_id, kind, region, level, written, published, effective, expires, name, is_by_index)
    VALUES (:article, :kind, :region, :level, :written, :published, :effective, :expires, :name, :is_by_index)
    ON CONFLICT (article_id) DO UPDATE SET kind = excluded.kind, region = excluded.region, level = excluded.level,
        written = excluded.written, published = excluded.published, effective = excluded.effective,
        expires = excluded.expires, name = excluded.name, is_by_index = excluded.is_by_index
    """
)
_ADD_NUMBER = text("INSERT INTO document_number (article_id, number, place) VALUES (:article, :number, :place)")
_ADD_ISSUER = text("INSERT INTO document_issuer (article_id, name, place) VALUES (:article, :name, :place)")
_ADD_DEADLINE = text(
    "INSERT INTO deadline (article_id, day, kind, words, place) VALUES (:article, :day, :kind, :words, :place)"
)
_ADD_RELATION = text(
    "INSERT INTO relation (article_id, how, what, target, place) VALUES (:article, :how, :what, :target, :place)"
)


def _listed(statement: str, *names: str) -> TextClause:
    return text(statement).bindparams(*(bindparam(name, expanding=True) for name in names))


_THERE = _listed("SELECT article_id FROM document WHERE article_id IN :articles", "articles")
# What was read of a text is not read again of the title alone, once the text is no longer kept.
_UNREAD = _listed(
    """
    SELECT article.id, article.title, body, url, published_at, fetched_at FROM article
    LEFT JOIN article_text ON article_text.article_id = article.id
    LEFT JOIN document ON document.article_id = article.id
    WHERE article.id IN :articles AND text_state <> 'awaiting'
        AND (document.article_id IS NULL OR (is_by_index = 1 AND body IS NOT NULL))
    ORDER BY article.id
    """,
    "articles",
)


def unread(tx: Connection, articles: Sequence[int]) -> list[Unread]:
    """Those of some articles of which nobody has read what they are, or only the index has: their text may be new."""
    if not articles:
        return []
    return [
        Unread(
            row.id,
            row.title,
            row.body or "",
            row.url,
            values.moment(row.published_at),
            values.required(row.fetched_at),
        )
        for row in tx.execute(_UNREAD, {"articles": list(articles)})
    ]


def put(tx: Connection, rows: Sequence[Row]) -> None:
    """Records what articles are, in the place of what was known of them. A handful of statements for all."""
    record(tx, rows)
    indexing.want(tx, [row.article_id for row in rows])


def record(tx: Connection, rows: Sequence[Row], *, is_by_index: bool = False) -> None:
    """As `put`, without the index hearing of it: `is_by_index` where it is the index that has read them."""
    rows = list({row.article_id: row for row in rows}.values())
    if not rows:
        return
    known = tx.execute(_THERE, {"articles": [row.article_id for row in rows]}).scalars().all()
    if known:
        for table in _PARTS:
            tx.execute(
                _listed(f"DELETE FROM {table} WHERE article_id IN :articles", "articles"),  # noqa: S608  # our names
                {"articles": list(known)},
            )
    values.add_all(tx, _PUT, [{**_columns(row), "is_by_index": int(is_by_index)} for row in rows])
    values.add_all(
        tx,
        _ADD_NUMBER,
        [
            {"article": row.article_id, "number": number, "place": place}
            for row in rows
            for place, number in enumerate(dict.fromkeys(row.document.numbers))
        ],
    )
    values.add_all(
        tx,
        _ADD_ISSUER,
        [
            {"article": row.article_id, "name": name, "place": place}
            for row in rows
            for place, name in enumerate(dict.fromkeys(row.document.issuers))
        ],
    )
    values.add_all(tx, _ADD_DEADLINE, [one for row in rows for one in _deadlines(row)])
    values.add_all(tx, _ADD_RELATION, [one for row in rows for one in _relations(row)])


def _columns(row: Row) -> dict[str, object]:
    document = row.document
    return {
        "article": row.article_id,
        "kind": document.kind,
        "region": document.region,
        "level": document.level,
        "written": _text(document.written),
        "published": _text(document.published),
        "effective": _text(document.effective),
        "expires": _text(document.expires),
        "name": row.name,
    }


def _deadlines(row: Row) -> list[dict[str, object]]:
    first = {one.date: one for one in reversed(row.document.deadlines)}
    return [
        {"article": row.article_id, "day": day.isoformat(), "kind": one.kind, "words": one.text, "place": place}
        for place, (day, one) in enumerate(sorted(first.items()))
    ]


def _relations(row: Row) -> list[dict[str, object]]:
    targets = dict(zip(row.document.relates, row.targets, strict=False))
    return [
        {"article": row.article_id, "how": one.how, "what": one.what, "target": targets.get(one, ""), "place": place}
        for place, one in enumerate(dict.fromkeys(row.document.relates))
    ]


def of_stories(tx: Connection, stories: Sequence[int], *, brief: bool = False) -> dict[int, Document]:
    """The document of each story that has one: its head's, else the fullest of its reprints.

    `brief` leaves out numbers, deadlines and relations.
    """
    if not stories:
        return {}
    rows = tx.execute(
        _listed(
            """
            SELECT article.story_id, article.id, story.head_id, document.kind, region, level, written, published,
                effective, expires,
                (SELECT count(*) FROM document_number WHERE document_number.article_id = article.id) AS numbers,
                (SELECT count(*) FROM deadline WHERE deadline.article_id = article.id) AS deadlines
            FROM article JOIN story ON story.id = article.story_id JOIN document ON document.article_id = article.id
            WHERE article.story_id IN :stories ORDER BY article.id
            """,
            "stories",
        ),
        {"stories": list(stories)},
    ).all()
    best: dict[int, sqlalchemy.Row[Any]] = {}
    for row in rows:
        there = best.get(row.story_id)
        if there is None or _rank(row) > _rank(there):
            best[row.story_id] = row
    return _documents(tx, best, (_ISSUER,) if brief else _PARTS)


def of_articles(tx: Connection, articles: Sequence[int]) -> dict[int, Document]:
    """The document of each article that has one."""
    if not articles:
        return {}
    rows = tx.execute(
        _listed(
            """
            SELECT article_id AS id, kind, region, level, written, published, effective, expires FROM document
            WHERE article_id IN :articles
            """,
            "articles",
        ),
        {"articles": list(articles)},
    )
    return _documents(tx, {row.id: row for row in rows})


def _documents(
    tx: Connection, rows: Mapping[int, sqlalchemy.Row[Any]], tables: Sequence[str] | None = None
) -> dict[int, Document]:
    """Documents under the given keys; a row has the columns of `document` and the article's `id`.

    What stands in other tables than those named is left out.
    """
    parts = _parts(tx, [row.id for row in rows.values()], _PARTS if tables is None else tables)
    return {
        key: Document(
            numbers=tuple(row_.number for row_ in parts["document_number"].get(row.id, ())),
            issuers=tuple(row_.name for row_ in parts["document_issuer"].get(row.id, ())),
            kind=row.kind,
            written=_day(row.written),
            published=_day(row.published),
            effective=_day(row.effective),
            expires=_day(row.expires),
            region=row.region,
            level=row.level,
            deadlines=tuple(
                Deadline(date.fromisoformat(row_.day), row_.kind, row_.words)
                for row_ in parts["deadline"].get(row.id, ())
            ),
            relates=tuple(Relation(row_.how, row_.what) for row_ in parts["relation"].get(row.id, ())),
        )
        for key, row in rows.items()
    }


def _rank(row: sqlalchemy.Row[Any]) -> tuple[bool, bool, int, int]:
    # A head that is only news of a document says less than the reprint that is the document itself.
    is_document = row.kind not in {"新闻", "其他", ""}
    is_head = row.id == row.head_id
    return is_document, is_head, row.numbers, row.deadlines


def _parts(
    tx: Connection, articles: Sequence[int], tables: Sequence[str]
) -> Mapping[str, Mapping[int, list[sqlalchemy.Row[Any]]]]:
    found: dict[str, dict[int, list[sqlalchemy.Row[Any]]]] = {table: {} for table in _PARTS}
    for table in tables:
        rows = tx.execute(
            _listed(f"SELECT * FROM {table} WHERE article_id IN :articles ORDER BY article_id, place", "articles"),  # noqa: S608  # our names
            {"articles": list(articles)},
        )
        by_article = found[table]
        for row in rows:
            by_article.setdefault(row.article_id, []).append(row)
    return found


# One step down the index for each region, instead of one for each article.
_REGIONS = text(
    """
    WITH RECURSIVE found (region) AS (
        SELECT min(region) FROM document WHERE region > ''
        UNION ALL
        SELECT (SELECT min(document.region) FROM document WHERE document.region > found.region) FROM found
        WHERE found.region IS NOT NULL)
    SELECT region FROM found WHERE region IS NOT NULL
    """
)


def regions(tx: Connection) -> list[str]:
    """Regions that articles of the store are about.

    The country, provinces in their official order, each with its cities behind it, then other countries.
    """
    order = {name: place for place, name in enumerate((places.NATIONWIDE, *places.atlas().names))}
    found = tx.execute(_REGIONS).scalars()
    return sorted(found, key=lambda region: (order.get(region, len(order)), region))


def regions_within(tx: Connection, wanted: Iterable[str]) -> list[str]:
    """Those of them that are one of the wanted regions or lie in one, as rules understand it."""
    wanted = tuple(wanted)
    return [region for region in regions(tx) if any(places.within(region, one) for one in wanted)]


_ISSUERS = _listed("SELECT article_id, name FROM document_issuer WHERE article_id IN :articles", "articles")


def issuers(tx: Connection, articles: Sequence[int]) -> dict[int, list[str]]:
    """The issuing bodies of each article of which any are known."""
    found: dict[int, list[str]] = {}
    for row in tx.execute(_ISSUERS, {"articles": list(articles)}) if articles else ():
        found.setdefault(row.article_id, []).append(row.name)
    return found


_OF_NAME = """
    SELECT mine.story_id AS of_story, other.story_id, article.title, article.url, article.id, its.kind, '' AS how
    FROM article AS mine JOIN document AS own ON own.article_id = mine.id
    JOIN document AS its ON its.name = own.name AND its.name <> '' JOIN article AS other ON other.id = its.article_id
    JOIN story ON story.id = other.story_id JOIN article ON article.id = story.head_id
    WHERE mine.story_id IN :stories AND other.story_id <> mine.story_id
    """
_THAT_IT_NAMES = """
    SELECT mine.story_id AS of_story, other.story_id, article.title, article.url, article.id, its.kind,
        relation.how AS how
    FROM article AS mine JOIN relation ON relation.article_id = mine.id
    JOIN document_number ON document_number.number = relation.target
    JOIN article AS other ON other.id = document_number.article_id JOIN document AS its ON its.article_id = other.id
    JOIN story ON story.id = other.story_id JOIN article ON article.id = story.head_id
    WHERE mine.story_id IN :stories AND other.story_id <> mine.story_id
    """
_THAT_IT_NAMES_BY_TITLE = """
    SELECT mine.story_id AS of_story, other.story_id, article.title, article.url, article.id, its.kind,
        relation.how AS how
    FROM article AS mine JOIN relation ON relation.article_id = mine.id
    JOIN document AS its ON its.name = relation.target AND its.name <> ''
    JOIN article AS other ON other.id = its.article_id
    JOIN story ON story.id = other.story_id JOIN article ON article.id = story.head_id
    WHERE mine.story_id IN :stories AND other.story_id <> mine.story_id
    """
_THAT_NAME_IT = """
    SELECT mine.story_id AS of_story, other.story_id, article.title, article.url, article.id, its.kind,
        relation.how AS how
    FROM article AS mine JOIN document_number ON document_number.article_id = mine.id
    JOIN relation ON relation.target = document_number.number
    JOIN article AS other ON other.id = relation.article_id JOIN document AS its ON its.article_id = other.id
    JOIN story ON story.id = other.story_id JOIN article ON article.id = story.head_id
    WHERE mine.story_id IN :stories AND other.story_id <> mine.story_id
    """


def related(tx: Connection, stories: Sequence[int]) -> dict[int, tuple[Reference, ...]]:
    """Other stories that are the draft, the final text or an interpretation of the same document, or that name it.

    By the stories asked for; those without any are left out. Drafts first, then what became of them, then what is said
    of it; at most MOST_RELATED.
    """
    if not stories:
        return {}
    found: dict[int, dict[int, Reference]] = {}
    for statement in (_THAT_IT_NAMES, _THAT_NAME_IT, _THAT_IT_NAMES_BY_TITLE, _OF_NAME):
        rows = tx.execute(
            _listed(f"{statement} ORDER BY other.story_id, its.article_id", "stories"), {"stories": list(stories)}
        )
        for row in rows:
            how = row.how if row.how in {"修订", "废止", "转发"} else _role(row.kind)
            reference = Reference(how, row.story_id, row.title, row.url)
            found.setdefault(row.of_story, {}).setdefault(row.story_id, reference)
    order = {"征求意见稿": 0, "正文": 1, "修订": 2, "废止": 3, "转发": 4, "解读": 5}
    return {
        story: tuple(sorted(there.values(), key=lambda one: (order[one.how], one.story))[:MOST_RELATED])
        for story, there in found.items()
    }


def _role(kind: str) -> str:
    return kind if kind in {"征求意见稿", "解读"} else "解读" if kind == "新闻" else "正文"


def closing(tx: Connection, subscription: str, first: date, last: date) -> list[Closing]:
    """Deadlines from `first` to `last`, both included, of stories that a subscription was or will be sent, in order."""
    rows = tx.execute(
        text(
            """
            SELECT due.story_id, deadline.day FROM due
            JOIN article ON article.story_id = due.story_id JOIN deadline ON deadline.article_id = article.id
            WHERE due.subscription = :subscription AND deadline.day >= :first AND deadline.day <= :last
            GROUP BY due.story_id, deadline.day ORDER BY deadline.day, due.story_id
            """
        ),
        {"subscription": subscription, "first": first.isoformat(), "last": last.isoformat()},
    )
    return [Closing(row.story_id, date.fromisoformat(row.day)) for row in rows]


def reminded(tx: Connection, subscription: str, first: date) -> set[tuple[int, date, int]]:
    """(story, day, days before) of every reminder of a deadline from `first` on."""
    rows = tx.execute(
        text("SELECT story_id, day, days FROM reminder WHERE subscription = :subscription AND day >= :first"),
        {"subscription": subscription, "first": first.isoformat()},
    )
    return {(row.story_id, date.fromisoformat(row.day), row.days) for row in rows}


_REMIND = text(
    """
    INSERT INTO reminder (subscription, story_id, day, days, run_id) VALUES (:subscription, :story, :day, :days, :run)
    ON CONFLICT (subscription, story_id, day, days) DO NOTHING
    """
)


def remember(tx: Connection, subscription: str, run_id: int, reminders: Iterable[tuple[int, date, int]]) -> None:
    """Records that a run reminds of deadlines; what was reminded of before stays as it is."""
    rows: list[dict[str, object]] = [
        {"subscription": subscription, "story": story, "day": day.isoformat(), "days": days, "run": run_id}
        for story, day, days in reminders
    ]
    values.add_all(tx, _REMIND, rows)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text_: str | None) -> date | None:
    return None if text_ is None else date.fromisoformat(text_)
