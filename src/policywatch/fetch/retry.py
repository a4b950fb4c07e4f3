"""Reads Retry-After (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(hours=24)
"""A server that asks for more is asked again after this: its clock or its number may be wrong."""


def retry_after(value: str | None, now: datetime) -> datetime | None:
    """The moment (UTC) before which not to ask again, at most 24 hours from `now`.

    None for what is missing, past or neither whole seconds nor an HTTP date.
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]+", text):
        # More than nine digits are some thirty years or more, and int() refuses thousands of them.
        delay = LONGEST if len(text) > 9 else min(timedelta(seconds=int(text)), LONGEST)
        return now + delay if delay else None
    try:
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(moment, now + LONGEST) if moment > now else None
