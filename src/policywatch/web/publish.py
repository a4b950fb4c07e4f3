"""From the store to published feeds: which there are, where they stand, who may read them, what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from policywatch.digests.feeds import issues as sent
from policywatch.digests.feeds import stories
from policywatch.digests.feeds.formats import FORMATS
from policywatch.store import issues, views

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import Connection

    from policywatch.digests.feeds.published import Feed
    from policywatch.digests.render import Renderer
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.pipeline.plan import Plan

NEWEST = 50
"""Stories of a feed."""


@dataclass(frozen=True, slots=True)
class Address:
    """A feed: `watchlist`, `subscription` (its stories) or `digest` (what was mailed to it), and whose."""

    kind: str
    name: str
    """Of the watch-list, or the subscription's id."""

    def path(self, ending: str) -> str:
        """Where it stands in a format, percent-encoded."""
        return f"/feeds/{self.kind}/{quote(self.name, safe='')}.{ending}"


def addresses(plan: Plan) -> list[Address]:
    """Every feed that is published, in the configuration's order."""
    return [
        *(Address("watchlist", name) for name in plan.watchlist_names),
        *(Address(kind, one.id) for one in plan.subscriptions for kind in ("subscription", "digest")),
    ]


def title_of(plan: Plan, address: Address) -> str:
    """Whose feed it is, as readers know the watch-list or subscription."""
    return address.name if address.kind == "watchlist" else _subscription(plan, address.name).title


def token_of(plan: Plan, address: Address) -> SecretStr | None:
    """What opens a feed; None for one that is open. A subscription's own goes before that of all feeds."""
    if address.kind != "watchlist":
        own = _subscription(plan, address.name).feed
        if own is not None:
            return own.token
    return plan.feed_token


def document(
    tx: Connection, plan: Plan, renderer: Renderer, address: Address, ending: str, base: str
) -> tuple[Feed, bytes]:
    """One of `addresses` as a feed, and written in one of FORMATS. `base` is the site without trailing slash."""
    feed = _feed(tx, plan, renderer, address)
    return feed, FORMATS[ending].document(feed, f"{base}{address.path(ending)}", f"{base}/")


def _feed(tx: Connection, plan: Plan, renderer: Renderer, address: Address) -> Feed:
    words = renderer.catalogue(plan.language)
    if address.kind == "watchlist":
        found = views.of_watchlist(tx, address.name, limit=NEWEST, members=plan.members(address.name))
        return stories.of_watchlist(address.name, found, words, plan.zone)
    subscription = _subscription(plan, address.name)
    if address.kind == "digest":
        return sent.of_subscription(subscription, issues.newest(tx, subscription.id, plan.language), words)
    found = views.of_subscription(tx, subscription.id, plan.lists_of(subscription), limit=NEWEST)
    return stories.of_subscription(subscription, found, words, plan.zone)


def _subscription(plan: Plan, name: str) -> SubscriptionSpec:
    return next(one for one in plan.subscriptions if one.id == name)
