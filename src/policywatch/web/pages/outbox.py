"""GET /outbox: what was sent to whom, what waits, what failed and why; POST sends one again or drops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from policywatch import logs
from policywatch.pipeline import byhand
from policywatch.store import outbox
from policywatch.web import addresses

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.web.site import Site

SHOWN = 50
STATES = ("held", "pending", "sending", "retry", "sent", "unknown", "failed", "withheld", "merged", "dropped")
TOLD = ("again", "sending", "erased", "none", "dropped", "kept")
"""What a page says after a POST."""
_TROUBLE = frozenset({"retry", "unknown", "failed"})
_CAN_GO_AGAIN = frozenset({"retry", "unknown", "failed", "sent", "withheld", "dropped"})
_CAN_BE_DROPPED = frozenset({"pending", "retry", "unknown", "failed"})

_log = logs.get("outbox")


@dataclass(frozen=True, slots=True)
class Count:
    """How many mails are in a state."""

    state: str
    count: int
    is_trouble: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A mail."""

    id: int
    subscription: str
    to: str
    """Shortened."""
    channel: str
    subject: str
    state: str
    error: str
    attempts: int
    next_at: datetime | None
    at: datetime
    """When it ended, else when it was made."""
    is_trouble: bool
    can_go_again: bool
    can_be_dropped: bool


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """What the page shows."""

    state: str
    """Which state is shown alone; empty: all."""
    counts: tuple[Count, ...]
    mails: tuple[Row, ...]
    older: str
    """Where the next page stands; empty on the last."""
    told: str
    """What became of what was just asked for, one of TOLD."""


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""

    async def answer(request: Request) -> Response:
        state = _state(request)
        before = _number(request.query_params.get("before"))
        page = await site.db.read(look, site, state, before, _told(request))
        return await site.drawing.answer(request, "outbox", page)

    async def again(request: Request) -> Response:
        became, _ = await site.db.write(byhand.again, request.path_params["number"], site.now())
        _log.info("sent again by hand", message=request.path_params["number"], became=became)
        return _back(request, became)

    async def drop(request: Request) -> Response:
        is_dropped = await site.db.write(outbox.drop, request.path_params["number"], site.now())
        _log.info("dropped by hand", message=request.path_params["number"], dropped=is_dropped)
        return _back(request, "dropped" if is_dropped else "kept")

    return [
        Route("/outbox", answer, name="outbox"),
        Route("/outbox/{number:int}/again", again, methods=["POST"]),
        Route("/outbox/{number:int}/drop", drop, methods=["POST"]),
    ]


def look(tx: Connection, site: Site, state: str, before: int | None, told: str) -> OutboxPage:
    """One page of mails, newest first, with the counts of all."""
    counts = outbox.counts(tx)
    found = outbox.page(tx, [state] if state else [], SHOWN + 1, before)
    titles = {one.id: one.title for one in site.plan.subscriptions}
    older = ""
    if len(found) > SHOWN:
        found = found[:SHOWN]
        older = "/outbox?" + urlencode({"before": found[-1].id} | ({"state": state} if state else {}))
    return OutboxPage(
        state=state,
        counts=tuple(Count(one, counts[one], one in _TROUBLE) for one in STATES if counts.get(one)),
        mails=tuple(
            Row(
                id=one.id,
                subscription=titles.get(one.subscription, one.subscription),
                to=addresses.shortened(one.recipient),
                channel=one.channel,
                subject=one.subject,
                state=one.state,
                error=logs.masked(addresses.without(one.last_error, one.recipient)),
                attempts=one.attempts,
                next_at=one.next_at,
                at=one.settled_at or one.created_at,
                is_trouble=one.state in _TROUBLE,
                can_go_again=one.state in _CAN_GO_AGAIN,
                can_be_dropped=one.state in _CAN_BE_DROPPED,
            )
            for one in found
        ),
        older=older,
        told=told,
    )


def _state(request: Request) -> str:
    state = request.query_params.get("state", "")
    if state and state not in STATES:
        raise HTTPException(404, f"No such state; there are: {', '.join(STATES)}")
    return state


def _told(request: Request) -> str:
    told = request.query_params.get("told", "")
    return told if told in TOLD else ""


def _number(given: str | None) -> int | None:
    is_number = given is not None and given.isascii() and given.isdigit() and len(given) < 19
    return int(given) if given is not None and is_number else None


def _back(request: Request, told: str) -> Response:
    """To the list as it was looked at."""
    state = _state(request)
    return RedirectResponse("/outbox?" + urlencode(({"state": state} if state else {}) | {"told": told}), 303)
