"""GET /watchlists and /watchlists/<name>: what each list looks for, what it finds, what its last edit changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.routing import Route

from policywatch.digests import plots, timeline
from policywatch.digests.lines import cut, pieces
from policywatch.matching import listing
from policywatch.store import evidence, recipients, rematch, trends, views

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.lines import Piece
    from policywatch.matching.base import WatchlistSpec
    from policywatch.store.recipients import Disliked
    from policywatch.store.rematch import Changed, State
    from policywatch.web.site import Site

WEEKS = 26
FEW_WEEKS = 8
MOST_CHANGES = 20
MOST_STORIES = 10
MOST_JUDGED = 30
STRONGEST = 12
TITLE_LENGTH = 200
FRESH = timedelta(minutes=1)

Weeks = tuple[tuple["datetime", ...], dict[str, list[tuple[int, int]]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A list among the others."""

    name: str
    path: str
    description: str
    week: int
    """Articles of this week."""
    articles: int
    """Of the last FEW_WEEKS weeks."""
    stories: int
    spark: str
    edit: State | None


@dataclass(frozen=True, slots=True)
class WatchlistsPage:
    """Every list."""

    lists: tuple[Row, ...]
    weeks: int = FEW_WEEKS


@dataclass(frozen=True, slots=True)
class Term:
    """A term, and in how many of the newest articles it stands."""

    term: str
    spellings: tuple[str, ...]
    role: str
    """As in `listing`."""
    articles: int


@dataclass(frozen=True, slots=True)
class Line:
    """An article or a story in a line."""

    title: tuple[Piece, ...]
    url: str
    path: str
    """Of its page here."""
    at: datetime
    score: float
    why: tuple[str, ...]
    """Terms that stand in it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A story that readers called not relevant."""

    line: Line
    readers: int
    is_gone: bool
    """The list does not find it any more."""


@dataclass(frozen=True, slots=True)
class WatchlistPage:
    """One list."""

    name: str
    description: str
    members: tuple[tuple[str, str], ...]
    """(name, path) of the lists that it gathers."""
    workshop: str
    """Where a change of it can be tried."""
    weeks: tuple[timeline.Row, ...]
    plot: str
    terms: tuple[Term, ...]
    newest: int
    """From how many articles the terms were counted."""
    strongest: tuple[tuple[str, int], ...]
    edit: State | None
    gained: tuple[Line, ...]
    lost: tuple[Line, ...]
    stories: tuple[Line, ...]
    judged: tuple[Judged, ...]


class Counted:
    """Counts by week, each kept for a minute: they are asked for on every page, and change slowly."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: dict[tuple[tuple[str, ...], int], tuple[datetime, Weeks]] = {}

    def of(self, tx: Connection, names: tuple[str, ...], weeks: int) -> Weeks:
        """The spans of the last weeks, and of each list its (articles, stories) in each of them."""
        now = self._site.now()
        there = self._kept.get((names, weeks))
        if there is not None and now - there[0] < FRESH:
            return there[1]
        spans = timeline.bounds("week", now - timedelta(weeks=weeks - 1), now, self._site.plan.zone)
        found = spans, trends.over_time(tx, trends.Wanted(names, spans))
        self._kept[names, weeks] = now, found
        return found


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""
    counted = Counted(site)

    async def every(request: Request) -> Response:
        words = site.drawing.words(site.drawing.language(request))
        return await site.drawing.answer(request, "watchlists", await site.db.read(look, site, counted, words))

    async def one(request: Request) -> Response:
        name = request.path_params["name"]
        spec = next((spec for spec in site.plan.watchlists if spec.name == name), None)
        if spec is None:
            raise HTTPException(404, "No such watch-list")
        words = site.drawing.words(site.drawing.language(request))
        return await site.drawing.answer(request, "watchlist", await site.db.read(look_at, site, counted, spec, words))

    return [
        Route("/watchlists", every, name="watchlists"),
        # A watch-list's name may hold slashes.
        Route("/watchlists/{name:path}", one, name="watchlist"),
    ]


def path_of(name: str) -> str:
    """Where a list's page is."""
    return f"/watchlists/{quote(name, safe='')}"


def story_path(story: int) -> str:
    """Where a story's page is."""
    return f"/story/{story}"


def look(tx: Connection, site: Site, counted: Counted, words: Catalogue) -> WatchlistsPage:
    """Every list of the configuration, in its order."""
    spans, counts = counted.of(tx, site.plan.watchlist_names, FEW_WEEKS)
    states = rematch.states(tx)
    return WatchlistsPage(tuple(_row(spec, spans, counts[spec.name], states, words) for spec in site.plan.watchlists))


def _row(
    spec: WatchlistSpec,
    spans: Sequence[datetime],
    counts: Sequence[tuple[int, int]],
    states: Mapping[str, State],
    words: Catalogue,
) -> Row:
    drawn = timeline.plot(spec.name, spans, counts, "week", words)
    return Row(
        name=spec.name,
        path=path_of(spec.name),
        description=spec.description,
        week=counts[-1][0],
        articles=sum(articles for articles, _ in counts),
        stories=sum(stories for _, stories in counts),
        spark=Markup(plots.spark(drawn, spec.name)),  # noqa: S704  # made of escaped words and numbers
        edit=states.get(spec.name),
    )


def look_at(tx: Connection, site: Site, counted: Counted, spec: WatchlistSpec, words: Catalogue) -> WatchlistPage:
    """One list."""
    spans, by_list = counted.of(tx, (spec.name,), WEEKS)
    counts = by_list[spec.name]
    newest, standing = evidence.terms(tx, spec.name)
    stories = views.of_watchlist(tx, spec.name, MOST_STORIES, members=site.plan.members(spec.name))
    return WatchlistPage(
        name=spec.name,
        description=spec.description,
        members=tuple((name, path_of(name)) for name in spec.members),
        workshop=f"/workshop?watchlist={quote(spec.name, safe='')}",
        weeks=tuple(timeline.rows(spec.name, spans, counts, "week")),
        plot=Markup(plots.bars(timeline.plot(spec.name, spans, counts, "week", words), spec.name)),  # noqa: S704  # escaped
        terms=tuple(
            Term(one.term, one.spellings, one.role, standing.get(one.term, 0) if one.role == "term" else 0)
            for one in listing.terms(spec)
        ),
        newest=newest,
        strongest=tuple(sorted(standing.items(), key=lambda one: (-one[1], one[0]))[:STRONGEST]),
        edit=rematch.states(tx).get(spec.name),
        gained=tuple(_changed(one) for one in rematch.changes(tx, spec.name, MOST_CHANGES, gained=True)),
        lost=tuple(_changed(one) for one in rematch.changes(tx, spec.name, MOST_CHANGES, gained=False)),
        stories=tuple(
            Line(
                title=pieces(story.title, story.hits[0].title_marks if story.hits else (), TITLE_LENGTH),
                url=story.url,
                path=story_path(story.id),
                at=story.published or story.first_seen,
                score=story.score,
                why=_why(span.rule for hit in story.hits[:1] for span in hit.spans),
            )
            for story, _ in stories
        ),
        judged=tuple(_judged(one) for one in recipients.disliked(tx, MOST_JUDGED, watchlist=spec.name)),
    )


def _judged(one: Disliked) -> Judged:
    line = Line(pieces(one.title, (), TITLE_LENGTH), one.url, story_path(one.story_id), one.at, 0.0, _why(one.evidence))
    return Judged(line, one.readers, is_gone=not one.evidence)


def _changed(one: Changed) -> Line:
    return Line(
        title=pieces(one.title, one.hit.title_marks, TITLE_LENGTH),
        url=one.url,
        path=story_path(one.story_id),
        at=one.at,
        score=one.hit.score,
        why=_why(span.rule for span in one.hit.spans),
    )


def _why(rules: Iterable[str]) -> tuple[str, ...]:
    return tuple(cut(rule, 40) for rule in dict.fromkeys(rules))[:6]
