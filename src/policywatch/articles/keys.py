"""Short names of articles."""

from __future__ import annotations

import hashlib


def article_key(raw_key: str) -> str:
    """16 hex digits (BLAKE2b, 8 bytes) for what a source calls an article."""
    return hashlib.blake2b(raw_key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
