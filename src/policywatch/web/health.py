"""GET /healthz: may an orchestrator trust this process? 200 or 503, with the reasons as JSON."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from policywatch import errors
from policywatch.store import outbox

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


async def check(request: Request) -> Response:
    """Answers whether the database can be written, ticks are on time and mail is not stuck."""
    site: Site = request.app.state.site
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
    return JSONResponse(
        {
            "status": "degraded" if faults else "ok",
            "faults": faults,
            "last_tick": tick.isoformat() if tick else None,
            "oldest_mail": oldest.isoformat() if oldest else None,
            "mails_in_doubt": in_doubt,
            "database_busy_seconds": round(site.db.busy_seconds, 1),
        },
        status_code=503 if faults else 200,
        headers={"cache-control": "no-store"},
    )


def _outbox(tx: Connection) -> tuple[datetime | None, str, int]:
    return outbox.oldest_waiting(tx), outbox.settings_fault(tx), outbox.in_doubt(tx)
