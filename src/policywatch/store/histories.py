"""How a source's history stands in its row: one JSON text, without what is as at the beginning."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from policywatch.model import Cadence, Moved, SourceHistory
from policywatch.store import values

if TYPE_CHECKING:
    from datetime import datetime

_NUMBERS_AND_WORDS = (
    "items",
    "dated",
    "empty_reads",
    "quiet_polls",
    "news",
    "repeats",
    "fault",
    "fault_times",
    "trouble",
)
_MOMENTS = ("last_new_at", "failing_since", "gone_since", "trouble_since")
_FIRST = SourceHistory()


def text_of(history: SourceHistory) -> str:
    """For the column."""
    if history == _FIRST:
        return "{}"
    found: dict[str, Any] = {name: getattr(history, name) for name in _NUMBERS_AND_WORDS if getattr(history, name)}
    found |= {name: _micros(history, name) for name in _MOMENTS if getattr(history, name) is not None}
    if history.gaps:
        found["gaps"] = history.gaps
    if history.cadence != _FIRST.cadence:
        cadence = history.cadence
        seconds = cadence.interval.total_seconds() if cadence.interval else None
        found["cadence"] = [seconds, sorted(cadence.skip_hours), sorted(cadence.skip_days)]
    if history.moved is not None:
        moved = history.moved
        found["moved"] = [moved.to, moved.times, values.micros(moved.since), int(moved.is_settled)]
    return values.dumps(found)


def history_of(text: str) -> SourceHistory:
    """Back from the column; words that a later version wrote are passed over."""
    if text == "{}":
        return _FIRST
    found = values.loads(text)
    given: dict[str, Any] = {name: found[name] for name in _NUMBERS_AND_WORDS if name in found}
    given |= {name: values.moment(found[name]) for name in _MOMENTS if name in found}
    if "gaps" in found:
        given["gaps"] = tuple(found["gaps"])
    if "cadence" in found:
        seconds, hours, days = found["cadence"]
        interval = timedelta(seconds=seconds) if seconds else None
        given["cadence"] = Cadence(interval, frozenset(hours), frozenset(days))
    if "moved" in found:
        to, times, since, is_settled = found["moved"]
        given["moved"] = Moved(to, times, values.required(since), is_settled=bool(is_settled))
    return SourceHistory(**given)


def _micros(history: SourceHistory, name: str) -> int | None:
    moment: datetime | None = getattr(history, name)
    return values.micros(moment)
