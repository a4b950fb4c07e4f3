"""Brings an item of any source into one shape."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from policywatch import urls
from policywatch.articles.keys import article_key, listed
from policywatch.model import Article, Extracted, RawItem, TextState
from policywatch.text.fold import folded
from policywatch.text.html import xml_safe
from policywatch.text.repair import repair

if TYPE_CHECKING:
    from policywatch.text.mapping import Mapped

AHEAD = timedelta(hours=24)
"""How far in the future a date may lie; beyond it the site's clock or typist is wrong."""
SIGNED = 4000
"""Folded characters that make the signature: a reprint's tail is its site's own."""


def normalise(
    raw: RawItem, *, source: str, now: datetime, text_state: TextState, extracted: Extracted | None = None
) -> Article:
    """The article. Total: takes any text and does not raise. What its own page says goes before what a list says."""
    page = extracted or Extracted()
    # A sitemap names no titles: until its page is read, an article is called by its address.
    title = _original(_longer_title(raw.title, page.title)) or _original(raw.url)
    body = _original(page.body or raw.body or raw.summary)
    clean_title, clean_body = _repaired(title), _repaired(body)
    return Article(
        source=source,
        key=article_key(raw.key),
        url=raw.url,
        canonical_url=urls.canonical(raw.url) if raw.url else "",
        title=clean_title,
        original_title=title,
        body=clean_body,
        original_body=body,
        published=_date(raw.published, page.published, now),
        fetched_at=now,
        publisher=_original(page.publisher or raw.publisher)[:200],
        text_state=text_state,
        signature=signature(clean_title, clean_body),
        attachments=page.attachments,
        listed=listed(raw),
    )


def signature(title: str, body: str) -> str:
    """16 hex digits, equal for texts that are the same once folded."""
    text = f"{folded(title)}\n{folded(body)[:SIGNED]}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _original(text: str) -> str:
    return xml_safe(text).strip()


def _repaired(text: str) -> str:
    mapped: Mapped = repair(text)
    return mapped.text


def _longer_title(listed: str, on_page: str) -> str:
    """The list's title unless it was cut short and the page carries it on."""
    bare = listed.rstrip("… .")
    if not bare or (len(on_page) > len(bare) and on_page.startswith(bare) and bare != listed):
        return on_page or listed
    return listed


def _date(listed: datetime | None, on_page: datetime | None, now: datetime) -> datetime | None:
    """The page's date where it refines the list's day; a date in the far future is a slip and means today."""
    on_page = on_page.astimezone(UTC) if on_page is not None else None
    best = listed or on_page
    if listed is not None and on_page is not None and abs(on_page - listed) < timedelta(hours=36):
        best = on_page
    if best is not None and best > now + AHEAD:
        return now
    return best
