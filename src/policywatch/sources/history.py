"""What each poll makes of a source's history: one pure function for each way that a poll can end."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch.model import Cadence, Moved, SourceHistory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

GAPS = 20
"""How many of the last gaps make the rhythm."""
SETTLED_TIMES = 5
SETTLED_AFTER = timedelta(days=3)
"""A permanent redirect is believed after so many equal answers over so long a time: a portal of a hotel's network or a
maintenance page redirects everything for an hour."""
MOVED_FAULTS = 3
"""After as many failures in a row at the new address the old one is asked again."""


def after_reading(
    history: SourceHistory, at: datetime, *, items: int, dated: int, new_titles: Iterable[str], cadence: Cadence
) -> SourceHistory:
    """A page was read. `new_titles` are the titles of what was not known before."""
    titles = sorted(new_titles)
    history = replace(
        _answered(history),
        cadence=cadence,
        items=items or history.items,
        dated=dated if items else history.dated,
        empty_reads=0 if items else history.empty_reads + 1,
    )
    if not titles:
        return replace(history, quiet_polls=history.quiet_polls + 1)
    news = hashlib.blake2b("\n".join(titles).encode("utf-8", "replace"), digest_size=8).hexdigest()
    if news == history.news:
        # Nothing new for a reader: a source that gives its items new ids at each poll has no rhythm.
        return replace(history, repeats=history.repeats + 1, quiet_polls=history.quiet_polls + 1)
    gaps = history.gaps
    if history.last_new_at is not None:
        gaps = (*gaps, max(1, round((at - history.last_new_at).total_seconds())))[-GAPS:]
    return replace(history, last_new_at=at, gaps=gaps, news=news, repeats=0, quiet_polls=0)


def after_unchanged(history: SourceHistory) -> SourceHistory:
    """The source said, or its bytes showed, that nothing changed."""
    return replace(_answered(history), quiet_polls=history.quiet_polls + 1, repeats=0)


def after_failure(history: SourceHistory, at: datetime, fault: str, *, is_gone: bool) -> SourceHistory:
    """No answer came, or one that could not be read. `fault` is its code, `http_403` for a status."""
    moved = history.moved
    times = history.fault_times + 1 if fault == history.fault else 1
    if moved is not None and (not moved.is_settled or times >= MOVED_FAULTS):
        moved = None
    return replace(
        history,
        fault=fault,
        fault_times=times,
        failing_since=history.failing_since or at,
        gone_since=(history.gone_since or at) if is_gone else None,
        moved=moved,
    )


def after_redirect(
    history: SourceHistory, at: datetime, moved_to: str, *, was_followed_directly: bool
) -> SourceHistory:
    """Remembers where a readable answer of the source's own address said that it moved for good; empty for nowhere.

    `was_followed_directly`: the settled new address was asked, so that the old one has said nothing.
    """
    if was_followed_directly:
        return history
    if not moved_to:
        return history if history.moved is None else replace(history, moved=None)
    moved = history.moved
    if moved is None or moved.to != moved_to:
        return replace(history, moved=Moved(moved_to, 1, at))
    times = moved.times + 1
    settled = times >= SETTLED_TIMES and at - moved.since >= SETTLED_AFTER
    return replace(history, moved=replace(moved, times=times, is_settled=settled))


def _answered(history: SourceHistory) -> SourceHistory:
    if not history.fault and history.gone_since is None:
        return history
    return replace(history, fault="", fault_times=0, failing_since=None, gone_since=None)
