"""What a published feed says, before it is written in a format. Plain values in plain text; nothing is escaped yet."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

_NAMESPACE = uuid.UUID("6f1c5d0e-8a43-5b7e-9d21-3f0b7a64c2e8")
"""Of our own ids (RFC 4122, 4.3); it must never change, or every reader sees every story again."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
GENERATOR = "policywatch"


@dataclass(frozen=True, slots=True)
class Entry:
    """A story, or a digest that was sent. Has a `url`, a `summary` or both."""

    id: str
    """A URI that stays the same wherever and in whatever format the entry is published."""
    title: str
    """On one line, never empty."""
    author: str
    """Never empty."""
    updated: datetime
    """When it came into the feed, or was changed there."""
    published: datetime | None = None
    url: str = ""
    """Absolute; empty where there is no page to go to."""
    categories: tuple[str, ...] = ()
    summary: str = ""
    """A few words; all that is told of a story."""
    html: str = ""
    """The whole content where it is published: a fragment that is safe to show and whose links are absolute."""
    text: str = ""
    """The same without markup."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, newest entry first. It does not know where it is served."""

    id: str
    title: str
    subtitle: str
    entries: tuple[Entry, ...]
    language: str = ""
    """Of everything in it; empty where its entries are in several."""

    @property
    def updated(self) -> datetime:
        """When its newest change happened; 1970 for a feed without entries."""
        return max((entry.updated for entry in self.entries), default=_BEGINNING)


def urn(*parts: str) -> str:
    """The id of what these words name: the same at every call, a UUID that nobody else has."""
    return uuid.uuid5(_NAMESPACE, "\n".join(parts).encode("utf-8", "replace").decode()).urn


def moment(at: datetime) -> str:
    """A date and time as RFC 3339 writes it, in UTC and whole seconds."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.isoformat()[:19]}Z"
