"""The steps of the pipeline, each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policywatch.bootstrap import Parts
    from policywatch.pipeline.digest import Closed


def known_sources(parts: Parts, wanted: Sequence[str] | None) -> None:
    """Raises PolicywatchError naming a source that the configuration does not have."""
    require_known("source", wanted, [spec.id for spec in parts.plan.sources])


def require_known(what: str, wanted: Sequence[str] | None, known: Sequence[str]) -> None:
    """Raises PolicywatchError naming the first of `wanted` that is not among `known`."""
    for name in wanted or ():
        if name not in known:
            raise errors.PolicywatchError(f"no {what} {name!r} in the configuration; there are: {', '.join(known)}")


async def read_all_texts(parts: Parts, advance: Callable[[], None]) -> int:
    """Reads articles' pages until none is due; gives how many matched."""
    matched = 0
    while True:
        texts = await parts.texts.read_due()
        advance()
        matched += texts.matched
        if texts.read + texts.failed == 0:
            return matched


async def close_slots(parts: Parts, wanted: Sequence[str] | None, *, now: bool) -> list[Closed]:
    """Closes the slots that are due, or one at this moment for each wanted subscription."""
    require_known("subscription", wanted, [subscription.id for subscription in parts.plan.subscriptions])
    if not now:
        return await parts.digester.close_due()
    closed = [
        await parts.digester.close_now(subscription)
        for subscription in parts.plan.subscriptions
        if not wanted or subscription.id in wanted
    ]
    return [one for one in closed if one is not None]
