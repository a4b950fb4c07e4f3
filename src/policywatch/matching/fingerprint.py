"""What tells an edited watch-list from one that finds the same as before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policywatch.matching.base import WatchlistSpec


def fingerprint(spec: WatchlistSpec) -> str:
    """16 hex digits over all that decides the hits of a list: its rule and least score, not its name or members."""
    # The rule's own words for itself: every option, those left out at their defaults, and rules inside rules.
    told = f"{spec.rule!r} {spec.min_score:g}"
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
