"""`kind: jpaas`: a column of a site made with Hanweb JPaaS (MIIT, SAMR, MOFCOM); the page says where its list is.

A script element carries `url` and `querydata`; what that address answers is JSON whose `data.html` is the list.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from policywatch import errors, urls
from policywatch.model import Reading, Request
from policywatch.sources.kinds import listpage
from policywatch.sources.kinds.json import parsed
from policywatch.text import decode

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import ArticleHints, Page

BODY = "#con_con, .ccontent, .art-con, .TRS_Editor, #zoom"
"""What holds an article's text on this platform."""
_SINGLE = re.compile(r"(?<=[{,:\[])\s*'|'\s*(?=[},:\]])")
"""Quotes around keys and values that JSON does not allow; an apostrophe in a value stays."""


class Source(listpage.Source):
    """A column page, and the list that it fetches."""

    def read(self, page: Page, now: datetime) -> Reading:
        """Of the column: where its list is. Of the answer: the list."""
        text = decode.decode(page.body, page.headers.get("content-type"))
        if text.lstrip()[:1] == "{":
            return self._answer(page, now)
        scripts = LexborHTMLParser(text).css("script[querydata], script[parsetype]")
        follow = [one for script in scripts if (one := _request(page, dict(script.attributes)))]
        if follow:
            return Reading((), follow=tuple(dict.fromkeys(follow))[:3])
        # Some columns come with their list already in them.
        return super().read(page, now)

    def hints(self) -> ArticleHints:
        """The platform's own place of the text, where no selector is given."""
        hints = super().hints()
        return replace(hints, body=hints.body or BODY)

    def _answer(self, page: Page, now: datetime) -> Reading:
        value = parsed(page)
        fragment = value.get("data", {}).get("html") if isinstance(value.get("data"), dict) else None
        if not isinstance(fragment, str):
            raise errors.ParseError(
                page.url, "the answer holds no `data.html`; did the platform change?", code="no_list"
            )
        column = replace(
            page, url=self.spec.url, body=fragment.encode(), headers={"content-type": "text/html; charset=utf-8"}
        )
        try:
            reading = super().read(column, now)
            return replace(reading, older=_next_page(page.url) if reading.items else None)
        except errors.ParseError as error:
            # A column has several such parts: pictures, a menu, the list.
            if error.code == "no_list":
                return Reading(())
            raise


def _next_page(url: str) -> Request | None:
    """The same part of the column, one page on: its number stands in `paramJson`, which the first page may lack."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not {"pageId", "paramJson"} & query.keys():
        return None
    try:
        given = json.loads(query.get("paramJson") or "{}")
        number = int(given.get("pageNo", 1))
    except (ValueError, TypeError, AttributeError):
        return None
    asked = json.dumps({**given, "pageNo": number + 1, "pageSize": given.get("pageSize", _PER_PAGE)})
    return Request(urlunsplit(parts._replace(query=urlencode(query | {"paramJson": asked}))))


_PER_PAGE = 20


def _request(page: Page, attributes: dict[str, Any]) -> Request | None:
    place, data = attributes.get("url") or "", attributes.get("querydata") or ""
    url = urls.absolute(page.url, place)
    if not url:
        return None
    try:
        query = json.loads(_SINGLE.sub('"', data)) if data else {}
    except (ValueError, RecursionError):
        return None
    if not isinstance(query, dict):
        return None
    joint = "&" if "?" in url else "?"
    full = f"{url}{joint}{urlencode(query)}" if query else url
    return Request(full, headers=(("Referer", page.url),))
