"""Tells the operator which sources are in trouble and which are well again: each change once, many in one mail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch.digests import faults
from policywatch.model import Notice, Trouble
from policywatch.pipeline import notices
from policywatch.store import sources as source_rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.render import Renderer
    from policywatch.pipeline.plan import Plan
    from policywatch.store.sources import Change

AGAIN = timedelta(days=1)
"""A source that is in and out of trouble is told of as often at most."""


def tell(tx: Connection, plan: Plan, renderer: Renderer, now: datetime, *, network_is_down: bool = False) -> int:
    """Puts what is new into the outbox; gives how many sources that was. Nothing when nobody is to be told."""
    if plan.operator is None:
        return 0
    if network_is_down:
        # What goes wrong now says nothing about the sources; what of it lasts is told afterwards.
        notices.tell(tx, plan, renderer, Notice("network"), now)
        return 0
    known = {spec.id for spec in plan.sources}
    changes = [change for change in source_rows.untold(tx, now - AGAIN) if change.source in known]
    words = renderer.catalogue(plan.language)
    for cause, told in (
        ("sources", [change for change in changes if change.trouble]),
        ("sources_well", [change for change in changes if not change.trouble]),
    ):
        if told:
            details = tuple(_line(change, plan, words) for change in told)
            notices.tell(tx, plan, renderer, Notice(cause, details, about=f"{now:%Y-%m-%dT%H:%M:%S.%f}"), now)
    source_rows.mark_told(tx, changes, now)
    return len(changes)


def _line(change: Change, plan: Plan, words: Catalogue) -> str:
    key = change.trouble or "well"
    if change.trouble == Trouble.BROKEN and not change.last_error:
        key = "emptied"
    since = words.day(change.last_new_at.astimezone(plan.zone), None) if change.last_new_at else "–"
    what = words.text(f"trouble.{key}", since=since, error=faults.told(change.fault, change.last_error, words))
    return words.text("trouble.line", name=change.name, what=what, url=change.url)
