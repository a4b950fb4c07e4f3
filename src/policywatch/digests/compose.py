"""Makes a digest of the stories that a slot claimed."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from policywatch.digests import select, summary
from policywatch.digests.closing import closing_soon
from policywatch.model import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Coverage, Group, Story, Trend


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
    trends: Sequence[Trend] = (),
    bodies: Mapping[int, str] = MappingProxyType({}),
    reminders: Sequence[Story] = (),
) -> Digest:
    """The digest of a slot: stories in groups, what closes soon, the trends. Pure; loses no story silently.

    `headings` names the direction under which the stories of its members stand. `bodies` gives the text of the head
    article by its number, for the subscriptions that want summaries. `reminders` are stories of before whose deadlines
    are near: they stand only in what closes soon.
    `kind` is `digest` or `alert`. An alert has no limit: it holds the stories that could not wait.
    """
    spec = subscription.digest if kind == "digest" else None
    groups, left_out = select.select(
        stories,
        watchlists,
        spec.max_stories if spec else None,
        headings,
        group_by=spec.group_by if spec else "watchlist",
        group_limit=spec.max_per_group if spec else None,
    )
    today = slot.astimezone(ZoneInfo(timezone)).date()
    return Digest(
        subscription=subscription.id,
        name=subscription.title,
        kind=kind,
        slot=slot,
        timezone=timezone,
        groups=tuple(_summarised(group, bodies) for group in groups) if bodies else groups,
        coverage=coverage,
        public_url=public_url.rstrip("/") if public_url else None,
        left_out=left_out,
        group_by=spec.group_by if spec else "watchlist",
        # Of all that was claimed, also of what is too weak to be shown: a deadline does not ask for a score.
        closing=closing_soon(stories, reminders, today, spec.closing.days) if spec else (),
        trends=tuple(trends),
        subject=spec.subject if spec else "",
        priority=subscription.alert.priority if subscription.alert is not None and kind == "alert" else "normal",
    )


def _summarised(group: Group, bodies: Mapping[int, str]) -> Group:
    return replace(
        group,
        stories=tuple(
            replace(story, summary=summary.summary(bodies[story.article], _terms(story)))
            if story.article in bodies
            else story
            for story in group.stories
        ),
    )


def _terms(story: Story) -> list[str]:
    """What matched, as the source wrote it and as the watch-list does."""
    return [word for hit in story.hits for span in hit.spans for word in (span.text, span.rule)]
