"""Recipients as pages show them: who knows them recognises them, and nobody can write to them."""

from __future__ import annotations


def shortened(recipient: str) -> str:
    """`li.wei@example.org` as `l…@example.org`; what is no address of mail as it is."""
    name, at, domain = recipient.rpartition("@")
    return f"{name[:1]}…@{domain}" if at else recipient


def without(text: str, recipient: str) -> str:
    """A server's words without the address that it repeats."""
    return text.replace(recipient, shortened(recipient)) if "@" in recipient else text
