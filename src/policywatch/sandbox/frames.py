"""How parent and child speak: an 8-byte length, then a pickle.

Pickle is safe enough here: the child runs our code, and is limited against documents that eat time and memory, not
against code of somebody else's.
"""

from __future__ import annotations

import pickle
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from typing import BinaryIO

_LENGTH = struct.Struct(">Q")


def pack(value: object) -> bytes:
    """One frame."""
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def read(stream: BinaryIO) -> Any:
    """The next value of a blocking stream. Raises EOFError at its end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    return pickle.loads(stream.read(length))  # noqa: S301  # our own process at the other end


async def receive(stream: asyncio.StreamReader) -> Any:
    """The next value of an asyncio stream. Raises asyncio.IncompleteReadError at its end."""
    (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    return pickle.loads(await stream.readexactly(length))  # noqa: S301  # our own process at the other end
