"""Published feeds: what is in the store, as Atom, with validators (RFC 9110, 8.8 and 13)."""

from __future__ import annotations

import hashlib
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from policywatch.digests import feeds
from policywatch.store import views

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from starlette.requests import Request

    from policywatch.model import Story
    from policywatch.web.app import Site

NEWEST = 50
"""Entries of a feed."""


def path_of(watchlist: str) -> str:
    """Where a watch-list's feed stands, percent-encoded."""
    return f"/feeds/watchlist/{quote(watchlist, safe='')}.atom"


def document(name: str, stories: Sequence[Story], base: str) -> tuple[bytes, datetime | None]:
    """The feed of one watch-list and when its newest story was first seen. `base` has no trailing slash."""
    updated = max((story.first_seen for story in stories), default=None)
    return feeds.atom(name, stories, f"{base}{path_of(name)}", f"{base}/", updated), updated


async def watchlist(request: Request) -> Response:
    """Answers GET /feeds/watchlist/<name>.atom."""
    site: Site = request.app.state.site
    name = request.path_params["name"]
    if name not in site.plan.watchlist_names:
        raise HTTPException(404, "No watch-list of that name")
    stories = await site.db.read(views.watchlist_stories, name, limit=NEWEST, members=site.plan.members(name))
    base = site.plan.public_url or str(request.base_url).rstrip("/")
    body, updated = document(name, stories, base)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": "max-age=60"}
    if updated is not None:
        headers["last-modified"] = format_datetime(updated.replace(microsecond=0), usegmt=True)
    if _is_current(request, etag, updated):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=headers)


def _is_current(request: Request, etag: str, updated: datetime | None) -> bool:
    """The reader has this very document. If-None-Match decides alone where it is sent (RFC 9110, 13.2.2)."""
    asked = request.headers.get("if-none-match")
    if asked is not None:
        return asked.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in asked.split(",")]
    since = request.headers.get("if-modified-since")
    if since is None or updated is None:
        return False
    try:
        return parsedate_to_datetime(since) >= updated.replace(microsecond=0)
    except (TypeError, ValueError):
        return False
