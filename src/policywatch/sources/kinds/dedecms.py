"""`kind: dedecms`: a column of a site made with DedeCMS, often declared gb2312 and written in GBK."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch.sources.kinds import listpage

if TYPE_CHECKING:
    from policywatch.model import ArticleHints

BODY = ".article_body, #article_body, .content .body, .arc_body, .article-content, .viewbox .content, .content"
"""What holds an article's text on this platform."""


class Source(listpage.Source):
    """A column page; its list is found and `list_1_2.html` goes on."""

    def hints(self) -> ArticleHints:
        """The platform's own place of the text, where no selector is given."""
        hints = super().hints()
        return replace(hints, body=hints.body or BODY)
