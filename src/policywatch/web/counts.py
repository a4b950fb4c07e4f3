"""What was answered so far, in a bounded number of kinds."""

from __future__ import annotations

from collections import Counter


class Counts:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        """By hundreds of the status: `2xx` to `5xx`."""

    def answered(self, status: int) -> None:
        """Counts one answer."""
        self.answers[f"{status // 100}xx"] += 1
