"""How often each thing is looked at, whichever engine does the work."""

from __future__ import annotations

from datetime import timedelta

from policywatch.pipeline import claims

POLL = timedelta(seconds=5)
DIGEST = timedelta(seconds=10)
DELIVER = timedelta(seconds=5)
INDEX = timedelta(seconds=5)
REMATCH = timedelta(seconds=10)
LEAD = timedelta(seconds=5)
RENEW = claims.RENEWAL
SWEEP = timedelta(seconds=15)
CLOCK = timedelta(seconds=30)
HEALTH = timedelta(minutes=5)
"""Troubles that begin within it are told in one mail."""
UPKEEP = timedelta(hours=6)
