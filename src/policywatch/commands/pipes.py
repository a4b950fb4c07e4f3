"""What the pipes answer to a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policywatch import bootstrap
from policywatch.articles import cluster_trial
from policywatch.articles.docmeta import trial as documents
from policywatch.matching import trial as trials
from policywatch.matching.matcher import Matcher
from policywatch.pipeline import trials as page_trials
from policywatch.sandbox.pool import Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from policywatch.config import Config


def trial(config: Config) -> Callable[[str], dict[str, Any]]:
    """What `try match` answers to a line."""
    matcher = Matcher(config.watchlists)
    return lambda line: trials.trial(matcher, line)


def document(line: str) -> dict[str, Any]:
    """What `try document` answers to a line."""
    return documents.trial(line)


def clustered(lines: Iterable[str]) -> list[dict[str, Any]]:
    """What `try cluster` answers to all lines."""
    return cluster_trial.trial(lines, bootstrap.now())


async def try_pages(method: str, manifest: Path) -> AsyncIterator[dict[str, Any]]:
    """What `try read` and `try extract` answer to the lines of a manifest."""
    sandbox = Sandbox("policywatch.pipeline.trials:Reader", tuple, calls_per_child=10_000)
    try:
        async for answer in page_trials.answers(sandbox, method, manifest, bootstrap.now()):
            yield answer
    finally:
        await sandbox.close()
