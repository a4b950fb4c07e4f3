"""`kind: sasac`: a column of a site with addresses such as `/n2588025/n2588129/c2588159/content.html`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch.sources.kinds import listpage

if TYPE_CHECKING:
    from policywatch.model import ArticleHints

BODY = ".zsy_comain, #zoom, .article-content, .TRS_Editor, #content"
"""What holds an article's text on this platform."""


class Source(listpage.Source):
    """A column page; its list is found, with days such as [11-23]."""

    def hints(self) -> ArticleHints:
        """The platform's own place of the text, where no selector is given."""
        hints = super().hints()
        return replace(hints, body=hints.body or BODY)
