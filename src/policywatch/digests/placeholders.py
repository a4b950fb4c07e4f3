"""Addresses that differ from reader to reader, as they stand in a mail until it is addressed.

A digest is drawn once for each language; what belongs to one reader alone is put in where these stand. The names end in
`.invalid` (RFC 2606), so that one that was forgotten leads nowhere. They are about as long as what takes their place,
so that a mail measured with them keeps its limit.
"""

from __future__ import annotations

import re

HOST_ENDING = ".policywatch.invalid"
UNSUBSCRIBE = f"https://unsubscribe{HOST_ENDING}/the-address-that-ends-this-reader-s-subscription-stands-here/"
NOT_RELEVANT = f"https://not-relevant{HOST_ENDING}/the-address-that-takes-this-reader-s-verdict/"
"""The story's id follows."""

_LINE = re.compile(rf"^.*{re.escape(HOST_ENDING)}/.*\n?", re.MULTILINE)


def without_lines(text: str) -> str:
    """A plain text without the lines that hold an address of one reader."""
    return _LINE.sub("", text)
