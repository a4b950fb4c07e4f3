"""GET and POST /workshop: a rule is written and tried on the archive and a pasted text. Nothing is changed."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from policywatch import errors
from policywatch.config import rules
from policywatch.digests import plots, timeline
from policywatch.digests.faults import configured
from policywatch.digests.lines import cut, pieces
from policywatch.matching import explain, listing
from policywatch.matching import words as explanation_words
from policywatch.matching.matcher import Matcher
from policywatch.pipeline.replay import Replay
from policywatch.web.pages.watchlists import TITLE_LENGTH, Line, story_path
from policywatch.yamlscalar import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.lines import Piece
    from policywatch.matching.base import WatchlistSpec
    from policywatch.model import Hit
    from policywatch.pipeline.replay import ListReport, Report
    from policywatch.store.rematch import Kept
    from policywatch.web.site import Site

SECONDS = 2.0
"""How long the archive is searched; what is not reached then is said."""
AT_ONCE = 2
"""Readers who search at the same time; others wait their turn."""
PART = 50
"""Articles matched between two looks at the clock."""
EXAMPLES = 12
DAYS = (7, 30, 90, 365)
USUAL_DAYS = 30
MAX_RULE = 20_000
MAX_TEXT = 200_000
MAX_BODY = 1 << 20
MOST_TERMS = 60
EXCERPT_LENGTH = 220


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was filled in."""

    rule: str = ""
    name: str = ""
    """What a rule without a name is to be called."""
    against: str = ""
    """The present list whose recorded hits it is held against; empty: none."""
    days: int = USUAL_DAYS
    text: str = ""
    """Pasted: a title, and below it a body."""


@dataclass(frozen=True, slots=True)
class ShownFault:
    """A fault of the rule, and the line that it stands in, cut where it stands."""

    line: int
    column: int
    where: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one list finds in the archive."""

    name: str
    found: int
    stories: int
    recorded: int
    gained: int
    lost: int
    weeks: tuple[timeline.Row, ...]
    plot: str
    gains: tuple[Line, ...]
    losses: tuple[Line, ...]
    examples: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Pasted:
    """What the rules say of the pasted text."""

    title: tuple[Piece, ...]
    body: tuple[Piece, ...]
    said: tuple[str, ...]
    """A sentence for each list."""


@dataclass(frozen=True, slots=True)
class WorkshopPage:
    """What the page shows."""

    asked: Asked
    watchlists: tuple[str, ...]
    days: tuple[int, ...]
    is_tried: bool = False
    faults: tuple[ShownFault, ...] = ()
    terms: tuple[listing.ListedTerm, ...] = ()
    looked: int = 0
    oldest: datetime | None = None
    """How far the search came; None when it looked at nothing."""
    is_whole: bool = False
    """It came to its end in the time that it has."""
    lists: tuple[Found, ...] = ()
    yaml: str = ""
    """To paste into a file of the configuration."""
    pasted: Pasted | None = None


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def answer(request: Request) -> Response:
        if request.method == "POST":
            body = await request.body()
            if len(body) > MAX_BODY:
                return Response("Too long", 413)
            given = parse_qs(body.decode("utf-8", "replace"))
        else:
            given = {name: request.query_params.getlist(name) for name in request.query_params}
        asked = asked_of(given, site)
        language = site.drawing.language(request)
        if not asked.rule.strip() or (request.query_params.get("watchlist") and request.method == "GET"):
            page = _empty(asked, site)
        else:
            async with turns:
                page = await asyncio.to_thread(tried, site, asked, language, SECONDS)
        return await site.drawing.answer(request, "workshop", page)

    return [Route("/workshop", answer, methods=["GET", "POST"], name="workshop")]


def asked_of(given: Mapping[str, Sequence[str]], site: Site) -> Asked:
    """The form; what no form could have sent is taken as left out. `watchlist` begins a change of a list."""

    def one(name: str, limit: int) -> str:
        return (given.get(name) or [""])[0].replace("\r\n", "\n")[:limit]

    lists = site.plan.watchlist_names
    begun = one("watchlist", 200)
    days = one("days", 10)
    against = one("against", 200) or begun
    asked = Asked(
        rule=one("rule", MAX_RULE),
        name=one("name", 100).strip(),
        against=against if against in lists else "",
        days=int(days) if days.isascii() and days.isdigit() and int(days) in DAYS else USUAL_DAYS,
        text=one("text", MAX_TEXT),
    )
    if begun in lists and not asked.rule:
        rule = f"- extends: {quoted(begun)}\n  any:\n    - "
        return Asked(rule, asked.name, begun, asked.days, asked.text)
    return asked


def _empty(asked: Asked, site: Site) -> WorkshopPage:
    return WorkshopPage(asked, site.plan.watchlist_names, DAYS)


def tried(site: Site, asked: Asked, language: str, seconds: float) -> WorkshopPage:
    """Reads the rule and tries it; takes about as long as it is given, where the archive is large."""
    words = site.drawing.words(language)
    try:
        specs = rules.read(asked.rule, "rule", site.plan.watchlists, title=asked.name or asked.against)
    except errors.ConfigError as error:
        faults = tuple(_fault(one, asked.rule, words) for one in error.faults)
        return WorkshopPage(asked, site.plan.watchlist_names, DAYS, is_tried=True, faults=faults)
    matcher = Matcher(specs)
    report = _searched(site, asked, matcher, specs, seconds)
    terms = [term for spec in specs for term in listing.terms(spec, MOST_TERMS)]
    return WorkshopPage(
        asked=asked,
        watchlists=site.plan.watchlist_names,
        days=DAYS,
        is_tried=True,
        terms=tuple(terms[:MOST_TERMS]),
        looked=report.looked,
        oldest=report.oldest,
        is_whole=report.is_whole,
        lists=tuple(_found(one, at, asked, site, words) for at, one in enumerate(report.lists)),
        yaml=_yaml(asked, specs),
        pasted=_pasted(matcher, asked.text, len(specs), language) if asked.text.strip() else None,
    )


def _searched(site: Site, asked: Asked, matcher: Matcher, specs: Sequence[WatchlistSpec], seconds: float) -> Report:
    until = time.monotonic() + seconds
    since = site.now() - timedelta(days=asked.days)
    # One list may be held against another; several are each held against the list of their own name.
    names = {spec.name: asked.against if len(specs) == 1 else spec.name for spec in specs}
    replay = Replay(matcher, names, since, examples=EXAMPLES)
    while not replay.report.is_whole and time.monotonic() < until:
        replay.step(site.db, PART)
    return replay.report


def _fault(fault: errors.Fault, rule: str, words: Catalogue) -> ShownFault:
    lines = rule.splitlines() or [""]
    line = lines[fault.line - 1] if 0 < fault.line <= len(lines) else ""
    at = max(0, fault.column - 1)
    what = configured(fault.what, words)
    return ShownFault(fault.line, fault.column, fault.where, what, line[:at][-60:], line[at:][:60])


def _found(one: ListReport, number: int, asked: Asked, site: Site, words: Catalogue) -> Found:
    spans = timeline.bounds("week", site.now() - timedelta(days=asked.days), site.now(), site.plan.zone)
    counts = timeline.counted(one.moments, spans)
    return Found(
        name=one.name,
        found=one.found,
        stories=len(one.stories),
        recorded=one.recorded,
        gained=one.gained,
        lost=one.lost,
        weeks=tuple(timeline.rows(one.name, spans, counts, "week")),
        plot=Markup(plots.bars(timeline.plot(one.name, spans, counts, "week", words), f"found-{number}")),  # noqa: S704
        gains=tuple(_line(told.kept, told.gained) for told in one.gains if told.gained is not None),
        losses=tuple(_line(told.kept, told.lost) for told in one.losses if told.lost is not None),
        examples=tuple(_line(kept, hit) for kept, hit in one.examples),
    )


def _line(kept: Kept, hit: Hit) -> Line:
    return Line(
        title=pieces(kept.article.title, hit.title_marks, TITLE_LENGTH),
        url=kept.article.url,
        path=story_path(kept.story_id),
        at=kept.article.published or kept.article.fetched_at,
        score=hit.score,
        why=tuple(cut(rule, 40) for rule in dict.fromkeys(span.rule for span in hit.spans))[:6],
    )


def _pasted(matcher: Matcher, text: str, lists: int, language: str) -> Pasted:
    title, _, body = text.strip().partition("\n")
    hits = matcher.match(title, body)
    told = explain.explain(matcher, title, body)
    marks = [mark for hit in hits for mark in hit.title_marks]
    excerpt = hits[0].excerpt if hits else None
    return Pasted(
        title=pieces(title, marks, TITLE_LENGTH),
        body=pieces(excerpt.text, excerpt.marks, EXCERPT_LENGTH) if excerpt else (),
        said=tuple(explanation_words.lines(told, language, lists, has_text=bool(body.strip()))),
    )


def _yaml(asked: Asked, specs: Sequence[WatchlistSpec]) -> str:
    """What is to be pasted: the reader's own text, with what is missing around it."""
    rule = asked.rule.strip("\n")
    (first, *_rest) = specs
    if not rules.is_yaml(rule):
        return f"watchlists:\n  - name: {quoted(first.name)}\n    query: {quoted(rule.strip())}\n"
    lines = rule.splitlines()
    if lines[0].startswith("watchlists:"):
        return rule + "\n"
    if lines[0].startswith("- "):
        return "watchlists:\n" + "".join(f"  {line}\n" for line in lines)
    if rule.startswith("["):
        return f"watchlists: {rule}\n"
    if rule.startswith("{"):
        return f"watchlists:\n  - {rule}\n"
    if not any(line.startswith("name:") for line in lines):
        lines.insert(0, f"name: {quoted(first.name)}")
    return "watchlists:\n" + "".join(f"  {'- ' if at == 0 else '  '}{line}\n" for at, line in enumerate(lines))
