"""How near an article's page is to the body that issued what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch import urls

if TYPE_CHECKING:
    from policywatch.model import Article

UNKNOWN = 3
"""Where nothing says."""
_OFFICIAL = re.compile(r"(?:^|\.)(?:gov(?:\.[a-z]{2})?|go\.(?:jp|kr)|europa\.eu|gob\.[a-z]{2}|gouv\.fr|bund\.de)$")
_LABEL = re.compile(r"^\s*(?:信息|文章|稿件)?(?:来源|出处)\s*[:：]\s*")


def standing(article: Article, source_name: str) -> int:
    """0 for the issuing body's own page, more for each step away from it.

    Its own: the publisher that it names, or the issuer of the document, is the source itself, on an official host.
    """
    publisher = _LABEL.sub("", article.publisher).strip()
    issuers = article.document.issuers if article.document else ()
    is_own = _is_same(publisher, source_name) or any(_is_same(issuer, source_name) for issuer in issuers[:1])
    is_official = bool(_OFFICIAL.search(urls.host(article.url)))
    if is_own:
        return 0 if is_official else 1
    if not publisher:
        return 2 if is_official else UNKNOWN
    return 4 if is_official else 5


def _is_same(name: str, other: str) -> bool:
    return len(name) >= 2 and len(other) >= 2 and (name in other or other in name)
