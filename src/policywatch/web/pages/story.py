"""GET /story/ID: one story with its facts, why it came, where else it stands, what changed, and who was mailed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from policywatch.digests import evidence
from policywatch.digests.lines import Piece, cut, one_line, pieces
from policywatch.store import story as stories

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.digests.catalogue import Catalogue
    from policywatch.model import Attachment, Document, Reference, Reprint
    from policywatch.store.story import Change
    from policywatch.web.site import Site

MAX_TITLE = 300
MAX_EXCERPT = 220
_BIG = 1 << 62


@dataclass(frozen=True, slots=True)
class Why:
    """A watch-list that the story belongs to."""

    watchlist: str
    score: int
    tags: tuple[str, ...]
    """Which terms stand where."""
    spellings: tuple[str, ...]
    """How the source wrote them, where that differs."""
    excerpt: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Mailed:
    """A subscription that was or will be sent it."""

    name: str
    kind: str
    """`digest`, `alert`, or `waits`."""
    at: datetime


@dataclass(frozen=True, slots=True)
class StoryPage:
    """What the page shows."""

    id: int
    title: tuple[Piece, ...]
    url: str
    source: str
    publisher: str
    published: datetime | None
    fetched: datetime
    document: Document | None
    related: tuple[Reference, ...]
    why: tuple[Why, ...]
    also: tuple[Reprint, ...]
    reprints: int
    attachments: tuple[Attachment, ...]
    changes: tuple[Change, ...]
    mailed: tuple[Mailed, ...]
    was_repaired: bool
    text_state: str
    has_text: bool
    """There is a captured text, shown or not."""
    has_log_in: bool
    """Readers can log in."""
    text: tuple[str, ...]
    """Its paragraphs, for who is logged in; else nothing."""


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""

    async def answer(request: Request) -> Response:
        number = request.path_params["number"]
        is_reader = bool(request.scope.get("state", {}).get("is_reader", False))
        words = site.drawing.words(site.drawing.language(request))
        page = await site.db.read(look, site, number, words, with_text=is_reader) if number < _BIG else None
        if page is None:
            raise HTTPException(404)
        return await site.drawing.answer(request, "story", page)

    return [Route("/story/{number:int}", answer, name="story")]


def look(tx: Connection, site: Site, number: int, words: Catalogue, *, with_text: bool) -> StoryPage | None:
    """A story of the store; None when there is none of that number."""
    found = stories.whole(tx, number)
    if found is None:
        return None
    story = found.story
    names = {subscription.id: subscription.title for subscription in site.plan.subscriptions}
    return StoryPage(
        id=story.id,
        title=pieces(story.title, [mark for hit in story.hits for mark in hit.title_marks], MAX_TITLE),
        url=story.url,
        source=cut(story.source_name or story.source, 80),
        publisher=cut(story.publisher, 80),
        published=story.published,
        fetched=found.fetched,
        document=story.document,
        related=story.related,
        why=tuple(
            Why(
                hit.watchlist,
                round(hit.score),
                evidence.tags(hit.spans, words),
                evidence.spellings(hit.spans),
                pieces(hit.excerpt.text, hit.excerpt.marks, MAX_EXCERPT),
            )
            for hit in story.hits
        ),
        also=story.also,
        reprints=story.reprints,
        attachments=found.attachments,
        changes=found.changes,
        mailed=tuple(
            Mailed(names.get(one.subscription, one.subscription), one.kind or "waits", one.at) for one in found.mailings
        ),
        was_repaired=story.was_repaired,
        text_state=story.text_state.value,
        has_text=bool(found.body),
        has_log_in=site.access.is_closed,
        text=tuple(one_line(line).strip() for line in found.body.splitlines() if line.strip()) if with_text else (),
    )
