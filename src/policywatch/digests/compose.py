"""Makes a digest of what was claimed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.digests.select import select
from policywatch.model import Coverage, Digest, Story

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from policywatch.digests.subscription import SubscriptionSpec

DEFAULT_LIMIT = 100


def compose(
    subscription: SubscriptionSpec,
    stories: Sequence[Story],
    *,
    watchlists: Sequence[str],
    slot: datetime,
    coverage: Coverage,
    timezone: str,
    public_url: str | None,
    kind: str,
) -> Digest:
    """What the mail of a slot says."""
    limit = subscription.digest.max_stories if subscription.digest else DEFAULT_LIMIT
    groups, left_out = select(stories, watchlists, limit)
    return Digest(
        subscription=subscription.id,
        name=subscription.title,
        kind=kind,
        slot=slot,
        timezone=timezone,
        groups=groups,
        coverage=coverage,
        public_url=public_url,
        left_out=left_out,
    )
