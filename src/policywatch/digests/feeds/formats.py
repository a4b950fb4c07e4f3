"""The formats, under the endings of their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.digests.feeds import atom, json, rss

if TYPE_CHECKING:
    from collections.abc import Callable

    from policywatch.digests.feeds.published import Feed


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a feed down."""

    name: str
    """What people call it."""
    media_type: str
    document: Callable[[Feed, str, str], bytes]
    """(feed, where the document is served, the page about it) to bytes."""


FORMATS = {
    "atom": Format("Atom", atom.MEDIA_TYPE, atom.document),
    "rss": Format("RSS", rss.MEDIA_TYPE, rss.document),
    "json": Format("JSON", json.MEDIA_TYPE, json.document),
}
