"""The pages behind the links in mails: a reader stops, pauses or resumes a subscription, or judges a story.

Nobody logs in: the token in the address is what only this reader's mails hold. GET changes nothing, as programs that
look at mails open every link. A POST without a word is the one click of RFC 8058. Where a token is wrong, and where
there is no such page, the same 404 comes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from policywatch import logs
from policywatch.digests.reader import PAUSES, ReaderPage
from policywatch.store import recipients

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from policywatch.store.recipients import Reader
    from policywatch.web.site import Site

MAX_BODY = 4096
MAX_STORY = 2**62
_FORM = "application/x-www-form-urlencoded"
_HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex"}

_log = logs.get("readers")


async def subscription(request: Request) -> Response:
    """GET shows what the reader decided, POST decides: `do=stop` (also without a word), `pause1` ..., `resume`."""
    site: Site = request.app.state.site
    token = request.path_params["token"]
    if request.method == "POST":
        decision = _decision(await _posted(request))
        reader = await site.db.write(_decide, token, decision, site.now())
    else:
        reader = await site.db.read(recipients.opened_by, token, site.now())
    if reader is None:
        raise HTTPException(404)
    return _page(site, reader, ReaderPage(_name(site, reader), reader.state, site.plan.zone, reader.until))


async def story(request: Request) -> Response:
    """GET asks whether a story does not belong to a watch-list, POST records that the reader says so."""
    site: Site = request.app.state.site
    token = request.path_params["token"]
    number, watchlist = request.query_params.get("story", ""), request.query_params.get("list", "")
    if not (number.isascii() and number.isdigit() and int(number[:20]) < MAX_STORY and watchlist):
        raise HTTPException(404)
    is_told = request.method == "POST"
    if is_told:
        await _posted(request)
        reader = await site.db.write(_judge, token, int(number), watchlist, site.now())
    else:
        reader = await site.db.read(recipients.opened_by, token, site.now())
    if reader is None:
        raise HTTPException(404)
    state = "done" if is_told else "asked"
    return _page(site, reader, ReaderPage(_name(site, reader), state, site.plan.zone, watchlist=watchlist))


async def _posted(request: Request) -> dict[str, list[str]]:
    """The words of a form; none for any other body, which is read no further than a form can be long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    is_form = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower() == _FORM
    return parse_qs(body.decode("utf-8", "replace"), max_num_fields=20) if is_form else {}


def _decision(posted: dict[str, list[str]]) -> tuple[str, timedelta | None]:
    word = posted.get("do", ["stop"])[0]
    known: dict[str, tuple[str, timedelta | None]] = {"stop": ("stopped", None), "resume": ("active", None)}
    known |= {f"pause{weeks}": ("paused", timedelta(weeks=weeks)) for weeks in PAUSES}
    if word not in known:
        raise HTTPException(400, "Say do=stop, do=resume, or do=pause1, pause2 or pause4")
    return known[word]


def _decide(tx: Connection, token: str, decision: tuple[str, timedelta | None], now: datetime) -> Reader | None:
    reader = recipients.opened_by(tx, token, now)
    if reader is None:
        return None
    state, span = decision
    until = now + span if span is not None else None
    if recipients.decide(tx, reader.subscription, reader.reader, state, until, now):
        # The subscription alone: neither who nor the token.
        _log.info("a reader decided", subscription=reader.subscription, state=state)
    return recipients.opened_by(tx, token, now)


def _judge(tx: Connection, token: str, number: int, watchlist: str, now: datetime) -> Reader | None:
    reader = recipients.opened_by(tx, token, now)
    if reader is None or not recipients.dislike(tx, reader, number, watchlist, now):
        return None
    _log.info("not relevant", subscription=reader.subscription, story=number, watchlist=watchlist)
    return reader


def _name(site: Site, reader: Reader) -> str:
    """As readers know the subscription; one that is no longer configured by its id."""
    named = (one.title for one in site.plan.subscriptions if one.id == reader.subscription)
    return next(named, reader.subscription)


def _page(site: Site, reader: Reader, page: ReaderPage) -> Response:
    """In the language of the reader's mails."""
    language = site.plan.language
    for one in site.plan.subscriptions:
        if one.id == reader.subscription:
            to = one.recipients(language)
            language = next((who.language for who in to if recipients.key(who.address) == reader.reader), language)
    return HTMLResponse(site.renderer.reader(page, language), headers=_HEADERS)
