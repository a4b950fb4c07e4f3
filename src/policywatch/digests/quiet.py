"""Hours of a local day in which nobody wants to be woken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|to|至|到)\s*(\d{1,2}):(\d{2})")  # as typed


@dataclass(frozen=True, slots=True)
class Quiet:
    """From a time of day (included) to another (not); over midnight when it ends before it begins."""

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> Quiet:
        """Reads `22:00-07:30`. Raises ValueError that says what would be right."""
        found = _HOURS.fullmatch(text.strip())
        if found is None:
            raise ValueError(f'{text!r} are no hours; write two times of 24 hours, such as "22:00-07:30"')
        first, minute, last, last_minute = map(int, found.groups())
        if max(first, last) > 23 or max(minute, last_minute) > 59:
            raise ValueError(f"{text!r}: times go from 00:00 to 23:59")
        if (first, minute) == (last, last_minute):
            raise ValueError(f"{text!r} would be a whole day or nothing; leave `alert` out if none is to come")
        return cls(time(first, minute), time(last, last_minute))

    def holds(self, moment: datetime, zone: ZoneInfo) -> bool:
        """It is quiet at this moment."""
        now = moment.astimezone(zone).time()
        if self.begins < self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends
