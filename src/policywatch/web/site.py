"""What the pages are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from policywatch.digests.render import Renderer
    from policywatch.pipeline.plan import Plan
    from policywatch.store.db import Database
    from policywatch.web.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made from."""

    plan: Plan
    db: Database
    renderer: Renderer
    drawing: Drawing
    style: str
    now: Callable[[], datetime]
    last_tick: Callable[[], datetime | None]
    """When the service last looked for work; None before the first time."""
    faults: Callable[[], Sequence[str]] = tuple
    """Why the configuration as saved does not work; empty when it does."""
