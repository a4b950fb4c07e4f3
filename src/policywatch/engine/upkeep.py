"""What is done now and then so that the store stays small."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch import bootstrap, logs
from policywatch.store import articles as article_rows
from policywatch.store import hosts

if TYPE_CHECKING:
    from policywatch.bootstrap import Parts

_log = logs.get("upkeep")


async def prune(parts: Parts) -> None:
    """Forgets full texts that are older than `keep_text`, and whose turn it was at hosts long ago."""
    before = bootstrap.now() - timedelta(days=parts.plan.keep_text_days)
    pruned = await parts.db.write(article_rows.prune_texts, before)
    if pruned:
        _log.info("pruned", texts=pruned)
    await parts.db.write(hosts.forget)
