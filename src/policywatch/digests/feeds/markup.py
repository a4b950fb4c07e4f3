"""Text made fit to stand in XML."""

from __future__ import annotations

from policywatch.text.html import xml_safe


def escape(text: str) -> str:
    """The text for an element or a quoted attribute. What XML cannot hold at all is left out."""
    safe = xml_safe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace('"', "&quot;")


def element(name: str, text: str) -> str:
    """An element that holds nothing but the text."""
    return f"<{name}>{escape(text)}</{name}>"
