"""How a source's requests go out: in the manner of its configuration, and as its host's robots.txt allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policywatch.model import Request
    from policywatch.pipeline.robots import Robots
    from policywatch.sources.base import Source


async def asked(source: Source, request: Request, robots: Robots, *, url: str = "") -> Request:
    """The request as it may be sent, to `url` if one is given. Raises FetchError when robots.txt forbids it."""
    sent = replace(request, url=url or request.url, manner=source.manner(request))
    if source.obeys_robots and source.spec.robots == "respect":
        return await robots.permitted(sent)
    return sent
