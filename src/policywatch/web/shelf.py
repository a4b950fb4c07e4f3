"""Documents as they were last built, so that a reader who asks for news where there is none costs next to nothing."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Document:
    """A body with its validators (RFC 9110, 8.8)."""

    body: bytes
    etag: str
    changed: datetime
    last_modified: str
    """The same, as it stands in a header."""

    @classmethod
    def of(cls, body: bytes, changed: datetime) -> Document:
        """Equal bodies have equal tags."""
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        second = changed.astimezone(UTC).replace(microsecond=0)
        return cls(body, etag, second, format_datetime(second, usegmt=True))


class Shelf:
    """Keeps the documents that were asked for last, up to a number of bytes, each for one state of the store."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._documents: OrderedDict[Hashable, tuple[Hashable, Document]] = OrderedDict()
        self._max_bytes = max_bytes
        self._bytes = 0

    def get(self, key: Hashable, state: Hashable) -> Document | None:
        """The document, if it was built from this state."""
        there = self._documents.get(key)
        if there is None or there[0] != state:
            return None
        self._documents.move_to_end(key)
        return there[1]

    def put(self, key: Hashable, state: Hashable, document: Document) -> None:
        """Replaces what stood there; what was not asked for the longest goes when room is short."""
        replaced = self._documents.pop(key, None)
        if replaced is not None:
            self._bytes -= len(replaced[1].body)
        self._documents[key] = state, document
        self._bytes += len(document.body)
        while self._bytes > self._max_bytes:
            _, (_, gone) = self._documents.popitem(last=False)
            self._bytes -= len(gone.body)
