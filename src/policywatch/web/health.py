"""GET /healthz: may an orchestrator trust this process? 200 or 503, with the reasons as JSON."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from policywatch import errors
from policywatch.store import outbox
from policywatch.web.drawing import plain

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from policywatch.web.site import Site

TICK_AGE = timedelta(minutes=2)
OUTBOX_AGE = timedelta(hours=6)
"""Mail that waits longer than this is a fault that somebody should see."""
WRITE_SECONDS = 5.0
MOST_LAG = 5.0
"""Seconds that the event loop may once be late within a minute: longer, and servers hang up on us."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the process is."""

    faults: tuple[str, ...]
    last_tick: datetime | None
    oldest_mail: datetime | None
    mails_in_doubt: int | None
    database_busy_seconds: float
    loop_lag_seconds: float


async def look(site: Site) -> Health:
    """Whether the database can be written, ticks are on time, mail is not stuck and nothing blocks the event loop."""
    now = site.now()
    faults = []
    oldest, fault, in_doubt = None, "", None
    try:
        oldest, fault, in_doubt = await asyncio.wait_for(site.db.write(_outbox), WRITE_SECONDS)
    except (TimeoutError, errors.StoreError):
        faults.append("the database cannot be written")
    if site.db.is_full:
        faults.append("there is no room left to write the database")
    tick = site.last_tick()
    if tick is not None and now - tick > TICK_AGE:
        faults.append("the clock of the service stands still")
    if oldest is not None and now - oldest > OUTBOX_AGE:
        faults.append("mail has been waiting for hours")
    if fault:
        faults.append(f"mail cannot leave: {fault}")
    if site.lag.seconds > MOST_LAG:
        faults.append("something blocks the service for seconds")
    return Health(tuple(faults), tick, oldest, in_doubt, round(site.db.busy_seconds, 1), round(site.lag.seconds, 3))


async def check(request: Request) -> Response:
    """Tells everybody: it holds no secret, and who restarts containers has no password."""
    found = await look(request.app.state.site)
    return JSONResponse(
        {"status": "degraded" if found.faults else "ok", **plain(found)},
        status_code=503 if found.faults else 200,
        headers={"cache-control": "no-store"},
    )


def _outbox(tx: Connection) -> tuple[datetime | None, str, int]:
    return outbox.oldest_waiting(tx), outbox.settings_fault(tx), outbox.in_doubt(tx)
