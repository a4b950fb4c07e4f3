"""Short names of articles."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policywatch.model import RawItem


def article_key(raw_key: str) -> str:
    """16 hex digits (BLAKE2b, 8 bytes) for what a source calls an article."""
    return hashlib.blake2b(raw_key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def listed(raw: RawItem) -> str:
    """16 hex digits for what a list says of an article: title, summary and text, as they stand there."""
    said = f"{raw.title}\0{raw.summary}\0{raw.body}"
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
