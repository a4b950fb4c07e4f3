"""Which headers go out with a request, and what is kept of those that come back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policywatch import model

    Pairs = tuple[tuple[str, str], ...]

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "text/html, application/xhtml+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.9, */*;q=0.5"
)

# What the client decides on; a request that brought its own could undo the bounds on time and size.
_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "proxy-authorization",
        "te",
        "transfer-encoding",
        "upgrade",
    }
)
# What a redirect to another site may see. Anything else may hold a secret meant for the first one.
_HARMLESS_HEADERS = frozenset({"accept", "accept-language", "content-type", "referer", "user-agent"})
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def fault(pairs: Pairs) -> str | None:
    """What is wrong with a request's own headers, in words; None when they can be sent."""
    for name, value in pairs:
        if name.lower() in _OWN_HEADERS or not _NAME.fullmatch(name):
            return f"the request header {name[:50]!r} cannot be set"
        if _BAD_VALUE.search(value):
            return f"the value of the request header {name} holds a line break or another control character"
    return None


def harmless(pairs: Pairs) -> Pairs:
    """Those that a redirect to another site may see."""
    return tuple(pair for pair in pairs if pair[0].lower() in _HARMLESS_HEADERS)


def conditions(validators: model.Validators | None) -> Pairs:
    """The headers of a conditional request; empty when there is nothing to compare with."""
    if validators is None:
        return ()
    pairs = []
    if validators.etag and not _BAD_VALUE.search(validators.etag):
        pairs.append(("If-None-Match", validators.etag))
    if validators.last_modified and not _BAD_VALUE.search(validators.last_modified):
        pairs.append(("If-Modified-Since", validators.last_modified))
    return tuple(pairs)


def received(response: Mapping[str, str]) -> dict[str, str]:
    """The headers of a response by lower-case name; of a repeated one the first. Every value is proper text."""
    found: dict[str, str] = {}
    for name, value in response.items():
        key = name.lower()
        if key in found:
            continue
        if not value.isascii() and re.search(r"[\ud800-\udfff]", value):
            # Bytes that are not UTF-8 cannot be sent back as they came, so as validators they are worth nothing.
            if key in {"etag", "last-modified"}:
                continue
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # noqa: PLW2901
        found[key] = value
    return found
