"""GET /subscriptions and one of them: when it comes, to whom, what was sent, what would be sent now.

Digests are documents of their own, shown in frames: as they were sent at /issue/<run>/<language>, as they would be
sent now at /subscriptions/<id>/preview/<language>.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from policywatch.digests import spoken
from policywatch.pipeline.digest import Digester
from policywatch.store import drafts, issues, recipients, runs
from policywatch.web import addresses, frame
from policywatch.web.drawing import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.web.site import Site

COMING = 5
PAST = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A subscription in a line."""

    id: str
    name: str
    schedule: str
    """In words; empty for one that only sends alerts."""
    next_at: datetime | None
    waiting: int
    recipients: int
    is_alerting: bool
    is_reviewed: bool


@dataclass(frozen=True, slots=True)
class SubscriptionsPage:
    """What the list shows."""

    subscriptions: tuple[Row, ...]
    drafts: int


@dataclass(frozen=True, slots=True)
class Reader:
    """A recipient, the address shortened."""

    to: str
    language: str
    state: str
    """`active`, `paused`, `stopped`, or `suspended`: its server refuses it."""
    until: datetime | None


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """What the page of one shows."""

    subscription: Row
    watchlists: tuple[str, ...]
    coming: tuple[datetime, ...]
    readers: tuple[Reader, ...]
    channels: tuple[str, ...]
    past: tuple[issues.Past, ...]
    languages: tuple[str, ...]
    """In which a preview can be looked at, the reader's first."""


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""
    digester = Digester(site.plan, site.db, site.renderer, site.now)

    async def answer(request: Request) -> Response:
        words = site.drawing.words(site.drawing.language(request))
        return await site.drawing.answer(request, "subscriptions", await site.db.read(look, site, words))

    async def one(request: Request) -> Response:
        subscription = _named(site, request)
        language = site.drawing.language(request)
        page = await site.db.read(look_at, site, subscription, site.drawing.words(language), language)
        return await site.drawing.answer(request, "subscription", page)

    async def preview(request: Request) -> Response:
        subscription, language = _named(site, request), _language(request)
        digest = await site.db.read(digester.preview, subscription)
        # In a thread: a template of the user's own is drawn in a child, which may take its time.
        rendered = await asyncio.to_thread(digester.rendered, digest, language)
        return frame.mail(rendered.html)

    async def issue(request: Request) -> Response:
        kept = await site.db.read(issues.find, request.path_params["run"], request.path_params["language"])
        if kept is None:
            raise HTTPException(404, "This digest is not kept (any more)")
        return frame.fragment(kept.html, kept.subject, kept.language)

    return [
        Route("/subscriptions", answer, name="subscriptions"),
        Route("/subscriptions/{id}", one),
        Route("/subscriptions/{id}/preview/{language}", preview),
        Route("/issue/{run:int}/{language}", issue, name="issue"),
    ]


def look(tx: Connection, site: Site, words: Catalogue) -> SubscriptionsPage:
    """Every subscription of the configuration, in its order."""
    return SubscriptionsPage(
        tuple(_row(tx, site, one, words) for one in site.plan.subscriptions), len(drafts.waiting(tx))
    )


def look_at(
    tx: Connection, site: Site, subscription: SubscriptionSpec, words: Catalogue, language: str
) -> SubscriptionPage:
    """Everything about one."""
    timetable = site.plan.timetable(subscription)
    past = issues.past(tx, subscription.id, PAST)
    to = subscription.recipients(site.plan.language)
    return SubscriptionPage(
        subscription=_row(tx, site, subscription, words),
        watchlists=site.plan.lists_of(subscription),
        coming=tuple(timetable.coming(site.now(), COMING)) if timetable is not None else (),
        readers=tuple(_readers(tx, site, subscription)),
        channels=tuple(one.kind for one in subscription.channels),
        past=tuple(past),
        languages=_languages([one.language for one in to], language),
    )


def _row(tx: Connection, site: Site, subscription: SubscriptionSpec, words: Catalogue) -> Row:
    timetable = site.plan.timetable(subscription)
    return Row(
        id=subscription.id,
        name=subscription.title,
        schedule=spoken.timetable(timetable, words) if timetable is not None else "",
        next_at=timetable.next(site.now()) if timetable is not None else None,
        waiting=len(runs.waiting(tx, subscription.id)),
        recipients=len(subscription.recipients(site.plan.language)),
        is_alerting=subscription.alert is not None,
        is_reviewed=subscription.review,
    )


def _readers(tx: Connection, site: Site, subscription: SubscriptionSpec) -> list[Reader]:
    barred = {one.reader for one in recipients.suspended(tx)}
    found = []
    for to in subscription.recipients(site.plan.language):
        decided = recipients.state_of(tx, subscription.id, to.address, site.now())
        state = "suspended" if decided.reader in barred else decided.state
        found.append(Reader(addresses.shortened(to.address), to.language, state, decided.until))
    return found


def _languages(read: Sequence[str], wanted: str) -> tuple[str, ...]:
    there = [one for one in LANGUAGES if one in read] or list(LANGUAGES)
    return tuple(sorted(there, key=lambda one: one != wanted))


def _named(site: Site, request: Request) -> SubscriptionSpec:
    wanted = request.path_params["id"]
    found = next((one for one in site.plan.subscriptions if one.id == wanted), None)
    if found is None:
        raise HTTPException(404, "There is no such subscription")
    return found


def _language(request: Request) -> str:
    language: str = request.path_params["language"]
    if language not in LANGUAGES:
        raise HTTPException(404, f"No such language; there are: {', '.join(LANGUAGES)}")
    return language
