"""From the store to published feeds: which there are, where they stand, who may read them, what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from policywatch.digests.feeds import issues as sent
from policywatch.digests.feeds import stories
from policywatch.digests.feeds.formats import FORMATS
from policywatch.pipeline import saved
from policywatch.store import issues, query, views

if TYPE_CHECKING:
    from datetime import date

    from pydantic import SecretStr
    from sqlalchemy import Connection

    from policywatch.digests.feeds.published import Feed
    from policywatch.digests.render import Renderer
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.pipeline.plan import Plan
    from policywatch.pipeline.saved import SearchSpec

NEWEST = 50
"""Stories of a feed."""


@dataclass(frozen=True, slots=True)
class Address:
    """A feed: `watchlist`, `subscription` (its stories), `digest` (what was mailed to it) or `search`, and whose."""

    kind: str
    name: str
    """Of the watch-list, or the id of the subscription or search."""

    def path(self, ending: str) -> str:
        """Where it stands in a format, percent-encoded."""
        return f"/feeds/{self.kind}/{quote(self.name, safe='')}.{ending}"


@dataclass(frozen=True, slots=True)
class Link:
    """A feed in one format."""

    format: str
    media_type: str
    path: str


def links(address: Address) -> tuple[Link, ...]:
    """Where a feed stands, in every format."""
    return tuple(Link(one.name, one.media_type, address.path(ending)) for ending, one in FORMATS.items())


def addresses(plan: Plan) -> list[Address]:
    """Every feed that is published, in the configuration's order."""
    return [
        *(Address("watchlist", name) for name in plan.watchlist_names),
        *(Address(kind, one.id) for one in plan.subscriptions for kind in ("subscription", "digest")),
        *(Address("search", one.id) for one in plan.searches),
    ]


def title_of(plan: Plan, address: Address) -> str:
    """Whose feed it is, as readers know the watch-list, subscription or search."""
    return address.name if address.kind == "watchlist" else _owner(plan, address).title


def token_of(plan: Plan, address: Address) -> SecretStr | None:
    """What opens a feed; None for one that is open. One of its own goes before that of all feeds."""
    if address.kind != "watchlist":
        own = _owner(plan, address).feed
        if own is not None:
            return own.token
    return plan.feed_token


def document(
    tx: Connection, plan: Plan, renderer: Renderer, address: Address, ending: str, base: str, today: date
) -> tuple[Feed, bytes]:
    """One of `addresses` as a feed, and written in one of FORMATS. `base` is the site without trailing slash.

    From `today` a search counts its days ago.
    """
    feed = _feed(tx, plan, renderer, address, today)
    return feed, FORMATS[ending].document(feed, f"{base}{address.path(ending)}", f"{base}/")


def _feed(tx: Connection, plan: Plan, renderer: Renderer, address: Address, today: date) -> Feed:
    words = renderer.catalogue(plan.language)
    if address.kind == "watchlist":
        found = views.of_watchlist(tx, address.name, limit=NEWEST, members=plan.members(address.name))
        return stories.of_watchlist(address.name, found, words, plan.zone)
    if address.kind == "search":
        asked = _search(plan, address.name)
        filters = saved.filters_of(plan, asked.asked, today)
        told = views.of_search(tx, query.parsed(asked.query), filters, limit=NEWEST)
        return stories.of_search(asked.id, asked.title, told, words, plan.zone)
    subscription = _subscription(plan, address.name)
    if address.kind == "digest":
        return sent.of_subscription(subscription, issues.newest(tx, subscription.id, plan.language), words)
    found = views.of_subscription(tx, subscription.id, plan.lists_of(subscription), limit=NEWEST)
    return stories.of_subscription(subscription, found, words, plan.zone)


def _owner(plan: Plan, address: Address) -> SubscriptionSpec | SearchSpec:
    return _search(plan, address.name) if address.kind == "search" else _subscription(plan, address.name)


def _search(plan: Plan, name: str) -> SearchSpec:
    return next(one for one in plan.searches if one.id == name)


def _subscription(plan: Plan, name: str) -> SubscriptionSpec:
    return next(one for one in plan.subscriptions if one.id == name)
