"""What a notice's templates get as `notice`: the words of a language, filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.digests import faults
from policywatch.digests.lines import cut

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from policywatch.digests.catalogue import Catalogue
    from policywatch.model import Notice

MAX_DETAILS = 50
MAX_DETAIL = 500
REVIEWED = frozenset({"draft", "draft_reminder"})
"""Causes of which the reviewer is told."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice in words."""

    title: str
    advice: str
    at: str
    details: tuple[str, ...]
    status_url: str
    reason: str
    """Why its reader gets it."""


def view(notice: Notice, words: Catalogue, at: datetime, zone: tzinfo, public_url: str | None) -> NoticeView:
    """Fifty details at most; what is beyond is counted."""
    local = at.astimezone(zone)
    told = [
        faults.configured_line(detail, words) if notice.cause == "config" else detail
        for detail in notice.details[:MAX_DETAILS]
    ]
    shown = [cut(detail, MAX_DETAIL) for detail in told]
    more = len(notice.details) - len(shown)
    if more:
        shown.append(words.text("evidence.more", n=more))
    return NoticeView(
        title=words.text(f"notice.{notice.cause}"),
        advice=words.text(f"notice.{notice.cause}.advice"),
        at=f"{words.day_weekday(local)} {local:%H:%M}",
        details=tuple(shown),
        status_url=f"{public_url}/" if public_url else "",
        reason=words.text("notice.reason.reviewer" if notice.cause in REVIEWED else "notice.reason"),
    )
