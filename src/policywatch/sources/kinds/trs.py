"""`kind: trs`: a column of a site made with TRS WCM, such as the ministries' `…/202611/t20261123_1.html`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch.sources.kinds import listpage

if TYPE_CHECKING:
    from policywatch.model import ArticleHints

BODY = ".TRS_UEDITOR, .TRS_Editor, .trs_editor_view, #UCAP-CONTENT, #zoom, .article_con"
"""What holds an article's text on this platform."""


class Source(listpage.Source):
    """A column page; its list is found, the day stands in the addresses, and `index_1.html` goes on."""

    def hints(self) -> ArticleHints:
        """The platform's own place of the text, where no selector is given."""
        hints = super().hints()
        return replace(hints, body=hints.body or BODY)
