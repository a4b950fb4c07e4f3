"""`kind: searchlist`: a channel of the platform behind csrc.gov.cn, `/searchList/<channel>`, which answers JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from policywatch.model import ArticleHints, Request
from policywatch.sources import base, paging
from policywatch.sources.kinds import json

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import Cursor, Page, Reading

_ASKED = {"_isAgg": "true", "_isJson": "true", "_pageSize": "20", "_template": "index", "page": "1"}
_RECORDS = {"items": "data.results", "title": "title", "url": "url", "date": "publishedTime", "summary": "memo"}


class Source(base.Source):
    """A channel's newest records."""

    def requests(self, cursor: Cursor) -> list[Request]:  # noqa: ARG002  # one shape for all kinds
        """The channel, asked for JSON whatever its address says."""
        parts = urlsplit(self.spec.url)
        query = {**_ASKED, **dict(parse_qsl(parts.query))}
        return [Request(urlunsplit(parts._replace(query=urlencode(query))))]

    def read(self, page: Page, now: datetime) -> Reading:
        """The records."""
        reading = json.Source(self.spec, json.Source.Options.model_validate(_RECORDS)).read(page, now)
        return replace(reading, older=paging.numbered(page.url, "page", len(reading.items)))

    def hints(self) -> ArticleHints:
        """The platform's own place of the text."""
        return ArticleHints(body=".detail-news, .content, #zoom, .article-content, ucapcontent")
