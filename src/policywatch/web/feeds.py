"""Published feeds over HTTP, with validators (RFC 9110, 8.8 and 13) and tokens."""

from __future__ import annotations

import hashlib
import hmac
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from policywatch.digests.feeds.formats import FORMATS
from policywatch.pipeline import saved
from policywatch.web import door, publish
from policywatch.web.shelf import Document, Shelf
from policywatch.web.unchanged import STATE

if TYPE_CHECKING:
    from datetime import date, datetime

    from pydantic import SecretStr
    from sqlalchemy import Connection
    from starlette.requests import Request

    from policywatch.web.door import Door
    from policywatch.web.site import Site


class Feeds:
    """Answers GET and HEAD /feeds/<kind>/<name>.<format>."""

    def __init__(self, site: Site, door: Door) -> None:
        self._site = site
        self._door = door
        self._tokens = {address: publish.token_of(site.plan, address) for address in publish.addresses(site.plan)}
        self._shelf = Shelf()
        # What the configuration says of a feed (its name, whose stories) may have changed just before.
        self._started = site.now()

    async def answer(self, request: Request) -> Response:
        """The feed; 304 to a reader who has it; 404 where there is none, and where a token is missing or wrong."""
        address = publish.Address(request.path_params["kind"], request.path_params["name"])
        ending = request.path_params["ending"]
        if address not in self._tokens or ending not in FORMATS:
            raise HTTPException(404, "No such feed")
        is_public = self._tokens[address] is None and not self._site.access.is_closed
        if not is_public and not await self._may_read(request, address):
            # The same words as for a name that is unknown: nobody learns which names there are.
            raise HTTPException(404, "No such feed")
        document = await self._document(request, address, ending)
        headers = {"etag": document.etag, "cache-control": "max-age=60" if is_public else "private, max-age=60"}
        if _is_current(request, document):
            # Without Last-Modified, as the tag says it (RFC 9110, 15.4.5).
            return Response(status_code=304, headers=headers)
        headers["last-modified"] = document.last_modified
        media_type = f"{FORMATS[ending].media_type}; charset=utf-8"
        return Response(document.body, media_type=media_type, headers=headers)

    async def _may_read(self, request: Request, address: publish.Address) -> bool:
        """By the token that is configured, by one that a command made, or, where it asks for no token, by a log-in."""
        token = self._tokens[address]
        given = door.bearer(request.scope) or request.query_params.get("token", "")
        if token is not None and _opens(given, token):
            return True
        if given:
            found = await self._door.token(given)
            is_for_it = found is not None and (not found.feeds or f"{address.kind}/{address.name}" in found.feeds)
            return is_for_it and found is not None and found.scope in {"feeds", "json"}
        return self._site.access.is_closed and (await self._door.visitor(request.scope)).name is not None

    async def _document(self, request: Request, address: publish.Address, ending: str) -> Document:
        # Links of the document begin with the name that it was asked for under, unless there is a public one.
        asked_at = request.scope["scheme"], request.headers.get("host"), request.scope.get("root_path")
        # A search of the last thirty days finds something else tomorrow, in the same state of the store.
        today = saved.today(self._site.plan, self._site.now())
        key = address, ending, asked_at, today if address.kind == "search" else None
        # Asked for before the snapshot is taken: a commit between the two costs a second look, and hides nothing.
        state = request.scope[STATE] = await self._site.db.version()
        document = self._shelf.get(key, state)
        if document is None:
            base = self._site.plan.public_url or str(request.base_url).rstrip("/")
            document = await self._site.db.read(self._built, address, ending, base, today)
            self._shelf.put(key, state, document)
        return document

    def _built(self, tx: Connection, address: publish.Address, ending: str, base: str, today: date) -> Document:
        feed, body = publish.document(tx, self._site.plan, self._site.renderer, address, ending, base, today)
        return Document.of(body, max(feed.updated, self._started))


def _opens(given: str, token: SecretStr) -> bool:
    """Takes as long for a token that is wrong everywhere as for one that is wrong at its end."""
    wanted = token.get_secret_value()
    return hmac.compare_digest(_digest(given), _digest(wanted))


def _digest(token: str) -> bytes:
    # Of one length, which compare_digest would otherwise give away.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _is_current(request: Request, document: Document) -> bool:
    """The reader has this very document. If-None-Match decides alone where it is sent (RFC 9110, 13.2.2)."""
    asked = request.headers.get("if-none-match")
    if asked is not None:
        return asked.strip() == "*" or document.etag in [tag.strip().removeprefix("W/") for tag in asked.split(",")]
    since = _date(request.headers.get("if-modified-since"))
    return since is not None and since >= document.changed


def _date(header: str | None) -> datetime | None:
    """An HTTP date; None for what is none, or says no zone."""
    try:
        at = parsedate_to_datetime(header) if header else None
    except (TypeError, ValueError):
        return None
    return at if at is not None and at.tzinfo is not None else None
