"""GET /: is it working? Sources with trouble first, next digests, the outbox, the feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.responses import HTMLResponse

from policywatch.digests import slots
from policywatch.digests.status import SubscriptionStatus, context
from policywatch.store import outbox, runs, sources
from policywatch.web.feeds import path_of

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from policywatch.web.app import Site

LANGUAGES = ("zh-CN", "en")


async def page(request: Request) -> Response:
    """Answers in the language of `?lang=`, else in the configuration's."""
    site: Site = request.app.state.site
    language = request.query_params.get("lang", site.plan.language)
    if language not in LANGUAGES:
        language = site.plan.language
    values = await site.db.read(_look, site)
    words = site.renderer.words(language)
    document = site.renderer.render_page(
        "status",
        language,
        **context(now=site.now(), zone=site.plan.zone, words=words, **values),
        other_language=next(other for other in LANGUAGES if other != language),
    )
    return HTMLResponse(document, headers={"cache-control": "no-store"})


def _look(tx: Connection, site: Site) -> dict[str, Any]:
    """Everything that the page shows, from one snapshot."""
    now = site.now()
    coming = []
    for subscription in site.plan.subscriptions:
        next_slot = None
        if subscription.digest is not None:
            zone: ZoneInfo = subscription.digest.zone(site.plan.zone)
            next_slot = slots.next_slot(subscription.digest.crontabs, zone, now)
        waiting = len(runs.waiting(tx, subscription.id))
        coming.append(SubscriptionStatus(subscription.title, next_slot, waiting))
    return {
        "sources": sources.statuses(tx),
        "subscriptions": coming,
        "outbox": outbox.counts(tx),
        "feeds": [(name, path_of(name)) for name in site.plan.watchlist_names],
    }
