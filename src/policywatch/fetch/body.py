"""Takes a response's body off the wire: decompressed, and never more of it than allowed.

The decompression is done here instead of by the HTTP library so that a bomb is stopped at the very byte that is too
many: a 1 MiB gzip body can stand for 1 GiB.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from policywatch import errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping

ACCEPTED: Final = "gzip, deflate"
"""The value for Accept-Encoding: the codings that can be bounded."""

_SLACK = 64 * 1024
_MAX_MEMBERS = 1_000
_STEP = 256 * 1024
_MODEST = 1 << 20
_MOST_TIMES = 250
"""Pages shrink to a fifth or a twentieth, lists of nothing but markup to a hundredth; DEFLATE ends at 1,032. What is
larger than a modest size and shrinks more is a bomb: dozens of them at once must not fill the memory first."""
_ALIASES = {"x-gzip": "gzip"}


async def read(chunks: AsyncIterable[bytes], headers: Mapping[str, str], *, limit: int, url: str) -> bytes:
    """The whole body without its content coding. `headers` have lower-case names.

    Raises FetchError `body_too_large` past `limit` decompressed bytes, and `bad_encoding` for a coding that was not
    asked for, several codings, damaged or incomplete compressed data.
    """
    body = _Body(_coding(headers, url), limit, url)
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:18]) > body.wire_limit:
        raise body.too_large()
    async for chunk in chunks:
        body.feed(chunk)
    return body.finish()


def _coding(headers: Mapping[str, str], url: str) -> str:
    names = [name.strip().lower() for name in headers.get("content-encoding", "").split(",")]
    codings = [_ALIASES.get(name, name) for name in names if name not in {"", "identity"}]
    if not codings:
        return "identity"
    if len(codings) > 1:
        raise _bad_encoding(url, "the server compressed the page more than once, which is not read")
    if codings[0] not in {"gzip", "deflate"}:
        raise _bad_encoding(url, "the server compressed the page in a way that was not asked for")
    return codings[0]


def _bad_encoding(url: str, what: str) -> errors.FetchError:
    return errors.FetchError(url, what, code="bad_encoding")


class _Body:
    """Grows by what is fed, up to the limit."""

    def __init__(self, coding: str, limit: int, url: str) -> None:
        self._coding = coding
        self._limit = limit
        self._url = url
        self._data = bytearray()
        self._wire_bytes = 0
        self._members = 0
        self._inflater: zlib._Decompress | None = None
        self._pending = b""
        self.wire_limit = limit if coding == "identity" else limit + _SLACK
        """Compressed data is never much longer than what it stands for; what is longer is padding without end."""

    def too_large(self) -> errors.FetchError:
        return errors.FetchError(
            self._url,
            f"the page is larger than {self._limit:,} bytes; raise fetch.max_bytes if it is meant to be",
            code="body_too_large",
        )

    def feed(self, chunk: bytes) -> None:
        self._wire_bytes += len(chunk)
        if self._wire_bytes > self.wire_limit:
            raise self.too_large()
        if self._coding == "identity":
            self._data += chunk
        else:
            self._inflate(chunk)

    def finish(self) -> bytes:
        if self._pending or (self._inflater is not None and not self._inflater.eof):
            raise _bad_encoding(self._url, "the compressed page ends in the middle")
        return bytes(self._data)

    def _inflate(self, chunk: bytes) -> None:
        data = self._pending + chunk
        self._pending = b""
        while data:
            if self._inflater is None or self._inflater.eof:
                data = self._start(data)
                if not data:
                    return
            assert self._inflater is not None
            try:
                # One byte more than allowed is enough to know that there are too many.
                self._data += self._inflater.decompress(data, min(_STEP, self._limit + 1 - len(self._data)))
            except zlib.error:
                raise _bad_encoding(self._url, "the compressed page is damaged") from None
            if len(self._data) > self._limit:
                raise self.too_large()
            data = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
            if len(self._data) > max(_MODEST, _MOST_TIMES * (self._wire_bytes - len(data))):
                raise errors.FetchError(
                    self._url,
                    f"the compressed page unfolds to more than {_MOST_TIMES} times its size, as no page does",
                    code="body_too_large",
                )

    def _start(self, data: bytes) -> bytes:
        """Begins a compressed stream at the start of `data`; gives back what of it is to be read, empty for nothing."""
        if self._inflater is not None and not (self._coding == "gzip" and data.startswith(b"\x1f")):
            # A gzip body may be several gzip members in a row (RFC 1952, 2.2). Servers pad with zeros or line ends,
            # and browsers do not mind.
            return b""
        if self._coding == "gzip":
            self._members += 1
            if self._members > _MAX_MEMBERS:
                raise _bad_encoding(self._url, "the compressed page is made of too many pieces")
            self._inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            return data
        if len(data) < 2:
            self._pending = data
            return b""
        # `deflate` means a zlib stream (RFC 9110, 8.4.1.2), but some servers send the bare data.
        is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        self._inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        return data
