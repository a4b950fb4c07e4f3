"""What is done now and then so that the store stays small."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch import bootstrap, logs
from policywatch.pipeline import index, retention
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
    """Forgets full texts older than `keep_text`, old reprints' profiles, idle hosts, and what is not to be kept."""
    before = bootstrap.now() - timedelta(days=parts.plan.keep_text_days)
    pruned = 0
    while gone := await parts.db.write(article_rows.prune_texts, before):
        pruned += gone
    profiles = await parts.db.write(stories.prune, bootstrap.now() - parts.plan.story_window)
    if pruned or profiles:
        _log.info("pruned", texts=pruned, profiles=profiles)
    await parts.db.write(hosts.forget)
    plan = parts.plan
    read = index.in_child(parts.sandbox)
    dropped = await retention.keep_within(parts.db, plan.keep_age, plan.keep_size, bootstrap.now, read)
    if dropped.articles or dropped.texts or dropped.mails:
        _log.info("let go of", articles=dropped.articles, texts=dropped.texts, mails=dropped.mails)
    if dropped.is_over:
        _log.warning("the store is larger than keep.size: what is left is under 30 days old; raise it")
