"""Makes a digest of the stories that a slot claimed."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from policywatch.digests import select
from policywatch.model import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Coverage, Story


@dataclass(frozen=True, slots=True)
class Selection(Digest):
    """A digest that also knows how many weaker stories its limit left out."""

    left_out: int = 0


def compose(
    subscription: SubscriptionSpec,
    stories: Sequence[Story],
    *,
    watchlists: Sequence[str],
    slot: datetime,
    coverage: Coverage,
    timezone: str,
    public_url: str | None = None,
    kind: str = "digest",
    headings: Mapping[str, str] = MappingProxyType({}),
    closing: Sequence[Story] = (),
) -> Selection:
    """The digest of a slot: stories in groups, in the order of `watchlists`. Pure; loses no story silently.

    `headings` names the direction under which the stories of its members stand.
    `closing` are stories of before whose deadlines are near.
    `kind` is `digest` or `alert`. An alert has no limit: it holds the stories that could not wait.
    """
    limit = subscription.digest.max_stories if subscription.digest is not None and kind == "digest" else None
    groups, left_out = select.select(stories, watchlists, limit, headings)
    return Selection(
        subscription=subscription.id,
        name=subscription.title,
        kind=kind,
        slot=slot,
        timezone=timezone,
        groups=groups,
        coverage=coverage,
        public_url=public_url.rstrip("/") if public_url else None,
        left_out=left_out,
        closing=tuple(closing),
        priority=subscription.alert.priority if subscription.alert is not None and kind == "alert" else "normal",
    )
