"""Decides from a source's history whether something is wrong with it, and for how long it may be silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch.model import Trouble

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import SourceHistory

SILENT_WITHOUT_RHYTHM = timedelta(days=60)
SILENT_AT_LEAST = timedelta(days=3)
"""Beside eight times the rhythm: a weekend, and a day to spare. With a daily rhythm it outlasts the long holidays."""
SILENT_GAPS = 8
LONGEST_GAP = 1.5
"""As many times the longest gap that there was are no silence either."""
SILENT_AT_MOST = timedelta(days=180)
GONE_AFTER = timedelta(hours=24)
"""Between the two answers 410 that end polling."""
REPEATS = 5
EMPTY_READS = 3
LAYOUT_FAULTS = frozenset({"no_items", "no_list"})
"""What a page was expected to hold is not on it; certain at once where it was there before."""
FORM_FAULTS = frozenset({"stand_in", "not_a_feed", "not_a_sitemap", "not_json", "bad_encoding"})
FORM_TIMES = 3
"""Another kind of page came: a challenge or a maintenance page passes, a new address does not."""
REFUSALS = frozenset({"http_401", "http_403", "http_412", "http_418", "http_451", "http_521"})
REFUSAL_TIMES = 3
ROBOTS = "robots"
UNREACHABLE_TIMES = 4
UNREACHABLE_AFTER = timedelta(hours=24)


def silent_after(history: SourceHistory) -> timedelta:
    """How long a source may bring nothing new before it counts as silent."""
    gap = history.gap
    if gap is None:
        return SILENT_WITHOUT_RHYTHM
    longest = timedelta(seconds=max(history.gaps))
    return min(max(SILENT_AT_LEAST + gap * SILENT_GAPS, longest * LONGEST_GAP), SILENT_AT_MOST)


def judged(history: SourceHistory, now: datetime) -> SourceHistory:
    """The history with its trouble as it is now, and since when."""
    trouble = _trouble(history, now)
    if trouble == history.trouble:
        return history
    return replace(history, trouble=trouble, trouble_since=now if trouble else None)


def _trouble(history: SourceHistory, now: datetime) -> str:
    if history.fault:
        return _of_failure(history, now)
    if history.items and history.empty_reads >= EMPTY_READS:
        return Trouble.BROKEN
    if history.repeats >= REPEATS or (history.trouble == Trouble.STUCK and history.repeats):
        return Trouble.STUCK
    if history.last_new_at is not None and now - history.last_new_at > silent_after(history):
        return Trouble.SILENT
    return ""


def _of_failure(history: SourceHistory, now: datetime) -> str:
    fault, times = history.fault, history.fault_times
    since = history.failing_since or now
    if history.gone_since is not None and times >= 2 and now - history.gone_since >= GONE_AFTER:
        return Trouble.GONE
    if history.items and fault in LAYOUT_FAULTS:
        return Trouble.BROKEN
    if history.items and fault in FORM_FAULTS and times >= FORM_TIMES:
        return Trouble.BROKEN
    if fault == ROBOTS or (fault in REFUSALS and times >= REFUSAL_TIMES):
        return Trouble.BLOCKED
    if times >= UNREACHABLE_TIMES and now - since >= UNREACHABLE_AFTER:
        return Trouble.UNREACHABLE
    # A passing failure neither mends nor makes a trouble.
    return history.trouble
