"""GET /: is it working? Sources with trouble first, next digests, the outbox, the feeds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from policywatch.digests.feeds.formats import FORMATS
from policywatch.digests.status import NextDigest, PublishedFeed, StatusView
from policywatch.store import drafts, outbox, runs, sources
from policywatch.web import publish

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from policywatch.web.site import Site

LANGUAGES = ("zh-CN", "en")


async def page(request: Request) -> Response:
    """Answers in the language of `?lang=`, else in the configuration's."""
    site: Site = request.app.state.site
    language = request.query_params.get("lang", site.plan.language)
    if language not in LANGUAGES:
        language = site.plan.language
    view = await site.db.read(_look, site)
    # In a thread: a template of the user's own is drawn in a child, which may take its time.
    drawn = await asyncio.to_thread(site.renderer.status, view, language)
    return HTMLResponse(drawn, headers={"cache-control": "no-store"})


def _look(tx: Connection, site: Site) -> StatusView:
    """Everything that the page shows, from one snapshot."""
    now = site.now()
    coming = []
    for subscription in site.plan.subscriptions:
        timetable = site.plan.timetable(subscription)
        at = timetable.next(now) if timetable is not None else None
        coming.append(NextDigest(subscription.title, at, len(runs.waiting(tx, subscription.id)), timetable))
    return StatusView(
        now=now,
        zone=site.plan.zone,
        sources=sources.statuses(tx),
        digests=coming,
        outbox=outbox.counts(tx),
        faults=site.faults(),
        unknown_year=site.plan.unknown_year(now),
        drafts=[draft.subject for draft in drafts.waiting(tx)],
        ping_fault=site.ping_fault(),
        feeds=_feeds(site),
    )


def _feeds(site: Site) -> list[PublishedFeed]:
    return [
        PublishedFeed(
            kind=address.kind,
            name=publish.title_of(site.plan, address),
            links=tuple((one.name, one.media_type, address.path(ending)) for ending, one in FORMATS.items()),
            is_private=site.access.is_closed or publish.token_of(site.plan, address) is not None,
        )
        for address in publish.addresses(site.plan)
    ]
