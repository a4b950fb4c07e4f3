"""`kind: xinhua`: a column of Xinhua's platform (nea.gov.cn, news.cn); it names the files ds_ID.json with its lists."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch import errors, urls
from policywatch.model import Reading, Request
from policywatch.sources.kinds import json, listpage
from policywatch.text import decode

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import ArticleHints, Page

BODY = "#detailContent, div.article-content, #detail"
"""What holds an article's text on this platform."""
_SOURCE = re.compile(r"datasource:\s*(?P<id>[0-9A-Za-z]{8,64})")
_MOST = 3
_RECORDS = {
    "items": "datasource",
    "title": "title",
    "url": "publishUrl",
    "date": "publishTime",
    "summary": "summary",
    "publisher": "sourceText",
}


class Source(listpage.Source):
    """A column page, and the files that hold its lists."""

    def read(self, page: Page, now: datetime) -> Reading:
        """Of the column: which files. Of a file: its records."""
        text = decode.decode(page.body, page.headers.get("content-type"))
        if text.lstrip()[:1] in {"{", "["}:
            records = json.Source(self.spec, json.Source.Options.model_validate(_RECORDS))
            return records.read(page, now)
        names = dict.fromkeys(found["id"] for found in _SOURCE.finditer(text))
        follow = tuple(Request(urls.absolute(page.url, f"ds_{name}.json")) for name in list(names)[:_MOST])
        if follow:
            return Reading((), follow=follow)
        try:
            return super().read(page, now)
        except errors.ParseError as error:
            what = f"the column names no data source, and {error.what}"
            raise errors.ParseError(page.url, what, code=error.code) from None

    def hints(self) -> ArticleHints:
        """The platform's own place of the text, where no selector is given."""
        hints = super().hints()
        return replace(hints, body=hints.body or BODY)
