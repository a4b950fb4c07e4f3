"""What was typed into a form."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Message, Receive

MAX_BODY = 1 << 20
"""Bytes; texts that somebody pastes to try them out are part of forms."""
MAX_FIELDS = 1000
TYPE = "application/x-www-form-urlencoded"


class TooLongError(Exception):
    """More was sent than a form can hold."""


async def body_of(receive: Receive) -> bytes:
    """A request's whole body. Raises TooLongError as soon as it is longer than a form may be."""
    parts, length = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > MAX_BODY:
            raise TooLongError
        if not message.get("more_body", False):
            break
    return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """Gives out a body that was read already, and then what comes behind it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return waiting.pop() if waiting else await receive()

    return give


def fields(body: bytes, content_type: str) -> dict[str, list[str]]:
    """The fields of a form; none of a body that is no form."""
    if content_type.partition(";")[0].strip().lower() != TYPE:
        return {}
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}


def posted(request: Request) -> Mapping[str, list[str]]:
    """The fields of the form that a page got, each with every value; they were read where its token was checked."""
    found: Mapping[str, list[str]] = request.scope["state"]["form"]
    return found
