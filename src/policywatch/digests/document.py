"""A digest as a JSON document: what other channels than mail carry. Its words are described in docs/operations.md."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from policywatch.digests import links
from policywatch.text.html import safe_url, xml_safe

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import Digest, Rendered, Story

VERSION = 1


def document(digest: Digest, rendered: Rendered, message_id: str, at: datetime) -> bytes:
    """UTF-8; equal arguments give equal bytes, without what only one reader may follow. By `id` a repeat is told."""
    rendered = links.impersonal(rendered)
    told = {
        "version": VERSION,
        "id": message_id.strip("<>"),
        "kind": digest.kind,
        "subscription": digest.subscription,
        "name": digest.name,
        "slot": _moment(digest.slot),
        "made": _moment(at),
        "language": rendered.language,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "left_out": digest.left_out,
        "groups": [
            {"name": group.name, "stories": [_story(story) for story in group.stories]} for group in digest.groups
        ],
    }
    return (json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "replace")


def _story(story: Story) -> dict[str, Any]:
    excerpt = next((hit.excerpt.text for hit in story.hits if hit.excerpt.text), "")
    return {
        "id": story.id,
        "title": xml_safe(story.title),
        "url": safe_url(story.url),
        "source": story.source,
        "source_name": xml_safe(story.source_name),
        "publisher": xml_safe(story.publisher),
        "published": _moment(story.published) if story.published is not None else None,
        "score": story.score,
        "watchlists": [hit.watchlist for hit in story.hits],
        "excerpt": xml_safe(excerpt),
        "reprints": story.reprints,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
