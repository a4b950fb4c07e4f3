"""Published feeds: stories as Atom (RFC 4287), the same bytes for the same stories."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from policywatch.text.html import safe_url, xml_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.model import Story

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPACE = uuid.UUID("6f1f7b1e-6f0e-5c0e-9a6b-0d2b7d1c5a10")
"""The name space of this program's ids (RFC 9562, 5.5)."""


def atom(name: str, stories: Sequence[Story], self_url: str, home_url: str, updated: datetime | None) -> bytes:
    """A feed of stories, in the order given. Excerpts of at most 200 characters, never full texts."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>urn:uuid:{uuid.uuid5(_SPACE, f'feed {name}')}</id>",
        f"<title>{_text(name)}</title>",
        f"<updated>{_moment(updated or _EPOCH)}</updated>",
        f'<link rel="self" type="application/atom+xml" href={_attribute(self_url)}/>',
        f'<link rel="alternate" type="text/html" href={_attribute(home_url)}/>',
        "<author><name>policywatch</name></author>",
        "<generator>policywatch</generator>",
    ]
    for story in stories:
        lines += _entry(story)
    lines.append("</feed>\n")
    return "\n".join(lines).encode()


def _entry(story: Story) -> list[str]:
    link = safe_url(story.url)
    author = story.publisher or story.source_name
    hit = story.hits[0] if story.hits else None
    lines = [
        "<entry>",
        f"<id>urn:uuid:{uuid.uuid5(_SPACE, f'story {story.id} {story.first_seen.isoformat()}')}</id>",
        f"<title>{_text(story.title) or '—'}</title>",
        f"<updated>{_moment(story.first_seen)}</updated>",
        f"<author><name>{_text(author) or 'policywatch'}</name></author>",
    ]
    if story.published is not None:
        lines.append(f"<published>{_moment(story.published)}</published>")
    if link:
        lines.append(f'<link rel="alternate" href={_attribute(link)}/>')
    lines += [f"<category term={_attribute(found.watchlist)}/>" for found in story.hits]
    summary = hit.excerpt.text if hit is not None else ""
    # Without a link an entry must have content (RFC 4287, 4.1.2).
    lines.append(f"<summary>{_text(summary or story.title)}</summary>")
    if not link:
        lines.append(f"<content>{_text(summary or story.title)}</content>")
    lines.append("</entry>")
    return lines


def _text(text: str) -> str:
    return escape(xml_safe(text).strip())


def _attribute(text: str) -> str:
    return quoteattr(xml_safe(text))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
