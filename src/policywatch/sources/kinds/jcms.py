"""`kind: jcms`: a column of a site made with Hanweb JCMS, `/col/col62439/index.html`, its list in CDATA records.

A page carries the first records, or none but the numbers with which its script asks dataproxy.jsp for them: in a
`nextgroup` as a link, or as the parameters of a POST.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from policywatch import errors, urls
from policywatch.model import Reading, Request
from policywatch.sources import embedded, paging
from policywatch.sources.kinds import listpage
from policywatch.text import decode

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import ArticleHints, Page

BODY = "#zoom, .article-content, .bt_content, #article, .main-txt"
"""What holds an article's text on this platform."""
PROXY = "/module/web/jpage/dataproxy.jsp"
PER_GROUP = 45
"""Records of one answer; the platform's own script asks for three pages of 15."""
_NEXT = re.compile(rf"[\"'](?P<place>[^\"'\s<>]*{re.escape(PROXY)}\?[^\"'<>]+)[\"']")
_PARAMETER = re.compile(
    r"\b(?P<name>col|appid|webid|path|columnid|sourceContentType|unitid|webname|permissiontype)[\"']?\s*[:=]\s*"
    r"[\"']?(?P<value>[^\"',;&}\s]+)"
)
_NEEDED = ("webid", "columnid", "unitid")
_TOTAL = re.compile(r"(?:<totalrecord>|totalRecord[\"']?\s*[:=]\s*[\"']?)(?P<count>\d+)", re.IGNORECASE)


class Source(listpage.Source):
    """A column page; the records in its script are read like a list, or asked for."""

    def read(self, page: Page, now: datetime) -> Reading:
        """Of the column: its records, or where they are. Of the answer: the records."""
        text = decode.decode(page.body, page.headers.get("content-type"))
        is_answer = PROXY in page.url
        following = _following(text, page.url)
        if not is_answer and following is not None and not embedded.fragment(text):
            return Reading((), follow=(following,))
        try:
            reading = super().read(page, now)
        except errors.ParseError as error:
            if is_answer and error.code == "no_list" and not embedded.fragment(text):
                return Reading(())
            raise
        return replace(reading, older=reading.older or following) if reading.items else reading

    def hints(self) -> ArticleHints:
        """The platform's own place of the text, where no selector is given."""
        hints = super().hints()
        return replace(hints, body=hints.body or BODY)


def _following(text: str, url: str) -> Request | None:
    """What to ask for the records that come next: after an answer, after the page's own, or at all."""
    if PROXY in url:
        total = _TOTAL.search(text)
        return paging.numbered(url, "page", text.count("<record>"), int(total["count"]) if total else None)
    linked = _NEXT.search(text)
    if linked:
        place = urls.absolute(url, unescape(linked["place"]))
        return Request(place, headers=(("Referer", url),)) if place else None
    if "jpage" not in text and "dataproxy" not in text:
        return None
    found: dict[str, str] = {}
    for parameter in _PARAMETER.finditer(text):
        found.setdefault(parameter["name"], parameter["value"])
    if not all(found.get(name) for name in _NEEDED):
        return None
    first = len(re.findall("<record>", text)) + 1
    query = urlencode({"startrecord": first, "endrecord": first + PER_GROUP - 1, "perpage": PER_GROUP // 3})
    body = urlencode({"col": 1, "appid": 1, "path": "/", "permissiontype": 0} | found)
    headers = (("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"), ("Referer", url))
    return Request(urls.absolute(url, f"{PROXY}?{query}"), "POST", headers, body.encode())
