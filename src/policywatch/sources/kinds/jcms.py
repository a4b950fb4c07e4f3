"""`kind: jcms`: a column of a site made with Hanweb JCMS, `/col/col62439/index.html`, its list in CDATA records."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch.sources.kinds import listpage

if TYPE_CHECKING:
    from policywatch.model import ArticleHints

BODY = "#zoom, .article-content, .bt_content, #article, .main-txt"
"""What holds an article's text on this platform."""


class Source(listpage.Source):
    """A column page; the records in its script are read like a list."""

    def hints(self) -> ArticleHints:
        """The platform's own place of the text, where no selector is given."""
        hints = super().hints()
        return replace(hints, body=hints.body or BODY)
