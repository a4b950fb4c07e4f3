"""From bytes to text, whatever a page claims about itself.

Order: byte order mark, HTTP charset, XML declaration or meta tag, then a guess. Every GB name means GB18030, of which
GB2312 and GBK are parts (WHATWG Encoding, 4.2). A claim is believed only if the bytes bear it out: UTF-8 that is really
GBK, and the reverse, are common.
"""

from __future__ import annotations

import codecs
import contextlib
import re

import cchardet

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# `<?`, `<h` or `<!` in two bytes each, without a byte order mark; white space may stand before it.
_UTF_16 = re.compile(rb"(?:[\t\n\r ]\x00)*(<\x00[?!a-zA-Z]\x00)|(?:\x00[\t\n\r ])*\x00<\x00[?!a-zA-Z]")
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)|<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)",
    re.IGNORECASE,
)
_GB = re.compile(r"^(?:x-)?(?:gb|cp936|ms936|windows-936|hz|euc-?cn|chinese)", re.IGNORECASE)
_LATIN = {"iso8859-1", "cp1252", "ascii", "latin-1"}
_HEAD = 4096
"""Bytes in which a declaration is looked for; a little more than HTML asks for (1024), for pages that begin late."""


def decode(body: bytes, content_type: str | None = None) -> str:
    """The text of a page. Never raises: bytes that no encoding explains become U+FFFD."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    wide = _UTF_16.match(body)
    if wide:
        return body.decode("utf-16-le" if wide[1] else "utf-16-be", "replace")
    claims = _claims(body, content_type)
    for encoding in [*(claim for claim in claims if claim not in _LATIN), "utf-8"]:
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return body.decode(encoding)
    for encoding in claims:
        # One bad byte in a long page is no reason to distrust its claim.
        text = "" if encoding in _LATIN else body.decode(encoding, "replace")
        if text and _lost(text) * 200 <= len(text):
            return text
    return _guessed(body, claims)


def utf8(body: bytes, content_type: str | None = None) -> bytes | None:
    """The page's own bytes where all that it says of itself means UTF-8; whether they are is not looked at.

    For a parser that takes bytes and looks itself: where it finds them well-formed, `decode` would give the same text.
    """
    if body.startswith(codecs.BOM_UTF8):
        return body[len(codecs.BOM_UTF8) :]
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _UTF_16.match(body):
        return None
    claims = [claim for claim in _claims(body, content_type) if claim not in _LATIN]
    return body if not claims or claims[0] == "utf-8" else None


def _guessed(body: bytes, claims: list[str]) -> str:
    """The reading of bytes that no claim explains: the one that looks most like Chinese, else Latin."""
    guess = _codec(cchardet.detect(body).get("encoding") or "")
    candidates = []
    for encoding in dict.fromkeys([*([guess] if guess and guess not in _LATIN else []), "gb18030", "big5"]):
        with contextlib.suppress(UnicodeDecodeError):
            candidates.append(body.decode(encoding))
    best = max(candidates, key=_frequent, default="")
    if _frequent(best):
        return best
    if guess in _LATIN or any(claim in _LATIN for claim in claims):
        return body.decode("cp1252", "replace")
    if candidates:
        return candidates[0]
    return min((body.decode(encoding, "replace") for encoding in ("utf-8", "gb18030")), key=_lost)


_FREQUENT = frozenset(
    "的一是在不了有和人这這中大为為上个個国國我以要他时時来來用们們生到作地于於出就分对對成会會可主发發年动動月日"
)


def _frequent(text: str) -> int:
    """How many of the commonest Chinese characters a reading shows; the wrong reading of bytes shows hardly any."""
    return sum(text.count(character) for character in _FREQUENT)


def _lost(text: str) -> int:
    return text.count("\ufffd")


def _claims(body: bytes, content_type: str | None) -> list[str]:
    found = []
    in_header = _HTTP_CHARSET.search(content_type or "")
    if in_header:
        found.append(in_header[1])
    declared = _DECLARED.search(body[:_HEAD])
    if declared:
        found.append((declared[1] or declared[2]).decode("ascii", "ignore"))
    return [codec for codec in map(_codec, found) if codec]


def _codec(name: str) -> str:
    """Python's name of an encoding; empty when it is unknown or cannot be (UTF-16 that was read as ASCII)."""
    if _GB.match(name):
        return "gb18030"
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return "" if codec.startswith(("utf-16", "utf-32")) else codec
