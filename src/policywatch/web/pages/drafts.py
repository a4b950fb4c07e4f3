"""GET /drafts: digests that wait for somebody to let them go; POST releases or drops one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from policywatch import logs
from policywatch.store import drafts, issues

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from policywatch.web.site import Site

TOLD = ("released", "dropped", "none")
"""What the page says after a POST."""

_log = logs.get("draft")


@dataclass(frozen=True, slots=True)
class Row:
    """A draft."""

    id: int
    subscription: str
    subject: str
    stories: int
    mails: int
    until: datetime
    after: str
    """What becomes of it then: `send` or `drop`."""
    languages: tuple[str, ...]
    """In which it can be read at /issue/<id>/<language>."""


@dataclass(frozen=True, slots=True)
class DraftsPage:
    """What the page shows."""

    drafts: tuple[Row, ...]
    told: str


def routes(site: Site) -> list[BaseRoute]:
    """Where it answers."""

    async def answer(request: Request) -> Response:
        told = request.query_params.get("told", "")
        page = await site.db.read(look, site, told if told in TOLD else "")
        return await site.drawing.answer(request, "drafts", page)

    async def release(request: Request) -> Response:
        mails = await site.db.write(drafts.release, request.path_params["number"], site.now())
        _log.info("released by hand", draft=request.path_params["number"], mails=mails)
        return _back("released" if mails is not None else "none")

    async def drop(request: Request) -> Response:
        mails = await site.db.write(drafts.drop, request.path_params["number"], site.now())
        _log.info("dropped by hand", draft=request.path_params["number"], mails=mails)
        return _back("dropped" if mails is not None else "none")

    return [
        Route("/drafts", answer, name="drafts"),
        Route("/drafts/{number:int}/release", release, methods=["POST"]),
        Route("/drafts/{number:int}/drop", drop, methods=["POST"]),
    ]


def look(tx: Connection, site: Site, told: str) -> DraftsPage:
    """Every draft, the one whose time ends first at the top."""
    waiting = drafts.waiting(tx)
    languages = issues.languages_of(tx, [one.id for one in waiting])
    titles = {one.id: one.title for one in site.plan.subscriptions}
    return DraftsPage(
        tuple(
            Row(
                one.id,
                titles.get(one.subscription, one.subscription),
                one.subject,
                one.stories,
                one.mails,
                one.until,
                one.after,
                languages.get(one.id, ()),
            )
            for one in waiting
        ),
        told,
    )


def _back(told: str) -> Response:
    return RedirectResponse(f"/drafts?told={told}", 303)
