"""What is done now and then so that the store stays small."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch import bootstrap, logs
from policywatch.store import articles as article_rows
from policywatch.store import clock, hosts, stories

if TYPE_CHECKING:
    from policywatch.bootstrap import Parts

_log = logs.get("upkeep")


async def mend_clock(parts: Parts) -> None:
    """Makes due now what was due by a clock that was ahead and has been put back."""
    mended = await parts.db.write(clock.mend, bootstrap.now())
    if mended:
        _log.warning("the clock was put back; what was due by the old one is due now", rows=mended)


async def prune(parts: Parts) -> None:
    """Forgets full texts older than `keep_text`, what old reprints are known by, and hosts nobody asks any more."""
    before = bootstrap.now() - timedelta(days=parts.plan.keep_text_days)
    pruned = await parts.db.write(article_rows.prune_texts, before)
    profiles = await parts.db.write(stories.prune, bootstrap.now() - parts.plan.story_window)
    if pruned or profiles:
        _log.info("pruned", texts=pruned, profiles=profiles)
    await parts.db.write(hosts.forget)
