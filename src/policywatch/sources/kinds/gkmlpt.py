"""`kind: gkmlpt`: a department's catalogue on Guangdong's platform, `…/gkmlpt/index#3085`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from policywatch import errors
from policywatch.model import ArticleHints, Reading, Request
from policywatch.sources import base, paging
from policywatch.sources.kinds import json
from policywatch.text import decode

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import Page

_SID = re.compile(r"\bSID\s*[:=]\s*['\"]?(?P<sid>\w+)")
_FIRST_COLUMN = re.compile(
    r"(?:column|CATE(?:GORY)?_?ID)\s*[:=]\s*['\"]?#?(?P<id>\d+)|gkmlpt/index#(?P<hash>\d+)", re.IGNORECASE
)
_RECORDS = {"items": "articles", "title": "title", "url": "url", "date": "date", "publisher": "publisher"}


class Source(base.Source):
    """The page of the catalogue, and the API that it fills itself from."""

    class Options(base.Options):
        """What may stand under `options:`."""

        column: Annotated[int, Field(ge=1)] | None = None
        """The number behind `#` in the catalogue's address; without it the first that the page names."""

    def read(self, page: Page, now: datetime) -> Reading:
        """Of the catalogue: where its records are. Of the answer: the records."""
        text = decode.decode(page.body, page.headers.get("content-type"))
        if text.lstrip()[:1] == "{":
            reading = json.Source(self.spec, json.Source.Options.model_validate(_RECORDS)).read(page, now)
            return replace(reading, older=paging.numbered(page.url, "page", len(reading.items)))
        sid = _SID.search(text)
        column = self.options.column or self._column(text)
        if sid is None or column is None:
            raise errors.ParseError(
                page.url,
                "the page names no SID and column of a catalogue; is it …/gkmlpt/index? Write `column:` under options",
                code="no_list",
            )
        root = page.url.split("/gkmlpt")[0].rstrip("/")
        return Reading((), follow=(Request(f"{root}/gkmlpt/api/all/{column}?page=1&sid={sid['sid']}"),))

    def hints(self) -> ArticleHints:
        """The platform's own place of the text."""
        return ArticleHints(body=".article-content, .content, #zoomcon, .zw")

    def _column(self, text: str) -> int | None:
        in_address = re.search(r"#(\d+)$", self.spec.url)
        found = in_address or _FIRST_COLUMN.search(text)
        return int(next(group for group in found.groups() if group)) if found else None
