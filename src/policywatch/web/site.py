"""What the pages are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policywatch.web.attempts import Attempts
from policywatch.web.counts import Counts
from policywatch.web.door import Access
from policywatch.web.lag import LoopLag

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
    access: Access = field(default_factory=Access)
    """Who may reach the pages."""
    attempts: Attempts = field(default_factory=Attempts)
    """Log-ins that failed; the same for every configuration of a process."""
    lag: LoopLag = field(default_factory=LoopLag)
    """How late the event loop is."""
    counts: Counts = field(default_factory=Counts)
    """What was answered so far."""
    ping_fault: Callable[[], str] = str
    """Why the last sign of life could not be given; empty when it could, and where none is wanted."""
