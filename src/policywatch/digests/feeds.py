"""A watch-list's stories as an Atom feed (RFC 4287). Equal stories give equal bytes, so that a hash can be the ETag."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

from policywatch import urls
from policywatch.dates import CHINA
from policywatch.digests.lines import cut, one_line
from policywatch.digests.select import hit_of
from policywatch.text.html import safe_url, xml_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.model import Story

MAX_TITLE = 500
MAX_NAME = 200
MAX_EXCERPT = 200
_NAMESPACE = uuid.UUID("6f1c5d0e-8a43-5b7e-9d21-3f0b7a64c2e8")
"""Of our own ids (RFC 4122, 4.3); it must never change, or every reader sees every story again."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def atom(
    watchlist: str,
    stories: Sequence[Story],
    self_url: str,
    home_url: str,
    updated: datetime | None,
    *,
    zone: tzinfo = CHINA,
) -> bytes:
    """The feed of a watch-list, in the given order of stories, as UTF-8.

    An entry has the title, the address, who published it and when, and at most 200 characters around the hits; never
    an article's full text. Its id stays the same as long as the story's number and address do, wherever the feed is
    served. Days and times in summaries are those of `zone`. A feed without stories and `updated` says 1970.
    """
    latest = updated or max((story.first_seen for story in stories), default=_BEGINNING)
    head = (
        f"{_text('title', cut(watchlist, MAX_NAME))}"
        f"<id>{_id('watchlist', watchlist)}</id>"
        f"<updated>{_moment(latest)}</updated>"
        f'<link rel="self" type="application/atom+xml" href="{_escape(self_url)}"/>'
        f'<link rel="alternate" type="text/html" href="{_escape(home_url)}"/>'
        "<author><name>policywatch</name></author><generator>policywatch</generator>"
    )
    entries = "\n".join(_entry(story, watchlist, zone) for story in stories)
    document = f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n{head}\n{entries}\n</feed>\n'
    return document.encode("utf-8")


def _entry(story: Story, watchlist: str, zone: tzinfo) -> str:
    link = safe_url(story.url)
    author = cut(story.publisher, MAX_NAME) or cut(story.source_name, MAX_NAME) or story.source
    summary = _summary(story, watchlist, zone)
    parts = [
        _text("title", cut(story.title, MAX_TITLE) or "–"),
        f"<id>{_story_id(story.id, story.url)}</id>",
        f"<updated>{_moment(story.first_seen)}</updated>",
        f"<published>{_moment(story.published)}</published>" if story.published else "",
        f"<author>{_plain('name', author)}</author>",
        *(f'<category term="{_escape(one_line(hit.watchlist).strip())}"/>' for hit in story.hits),
    ]
    if link:
        parts += [f'<link rel="alternate" href="{_escape(link)}"/>', _text("summary", summary)]
    else:
        # An entry without an address must carry its content (RFC 4287, 4.1.2).
        parts.append(_text("content", summary))
    return f"<entry>{''.join(part for part in parts if part)}</entry>"


def _summary(story: Story, watchlist: str, zone: tzinfo) -> str:
    hit = hit_of(story, watchlist)
    facts = [cut(story.source_name, MAX_NAME)]
    if story.published is not None:
        facts.append(f"{story.published.astimezone(zone):%Y-%m-%d %H:%M}")
    said = cut(hit.excerpt.text, MAX_EXCERPT) if hit else ""
    told = " · ".join(fact for fact in facts if fact)
    return f"{told}: {said}" if said else told


@lru_cache(maxsize=4096)
def _story_id(number: int, url: str) -> str:
    return _id("story", str(number), urls.canonical(url))


def _id(*parts: str) -> str:
    return uuid.uuid5(_NAMESPACE, "\n".join(parts).encode("utf-8", "replace").decode()).urn


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(name: str, text: str) -> str:
    return f'<{name} type="text">{_escape(text)}</{name}>'


def _plain(name: str, text: str) -> str:
    return f"<{name}>{_escape(text)}</{name}>"


def _escape(text: str) -> str:
    safe = xml_safe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace('"', "&quot;")
