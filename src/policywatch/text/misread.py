"""Text that was read in another encoding than it was written in: 浜哄伐鏅鸿兘, äººå·¥æ™ºèƒ½ and ÈË¹¤ÖÇÄÜ are 人工智能.

Its characters are turned into the bytes again that they were read from, and these are read as they were written. A
stretch is taken only where its bytes are well-formed throughout, make LEAST Han characters or more, and hardly any that
one does not meet every day; of GBK, of which nearly any two bytes make a character, many must also stand in words.
What was misread twice is read twice. A character that lost one of its bytes is the only one that words prove among
those that have the others, else U+FFFD.
"""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from policywatch.text import lexicon
from policywatch.text.han import HAN
from policywatch.text.mapping import replaced
from policywatch.text.phrases import converted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from policywatch.text.mapping import Edit

LEAST = 4
"""Han characters of a stretch: six characters of GBK that was UTF-8, eight of Latin that was GBK."""
_TIMES = 3
"""How often a text may have been misread."""
_COMMON_SHARE = 0.85
"""Of the Han characters of a stretch; others stand in names."""
_WORD_SHARE = 0.5
"""How many of the Han characters of a stretch that was GBK must stand in words."""
_SEEN = 1000
"""Characters of a stretch that are looked at to tell whether it is Chinese."""
_MOST_RESTORED = 300
"""Characters of a stretch that words are asked for; each takes a fifth of a millisecond."""
_LOST = "\ufffd"
_HAN_BYTES = 3
"""Of UTF-8."""
_GONE = "\x1a"
"""Stands for U+FFFD where a byte is wanted (SUBSTITUTE)."""
_ALL_HAN = re.compile(f"[{HAN}]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_LINE = re.compile(r"[^\n]+")
_LATIN_END = "\u0180"
_LEADS = "åæçèÃ"
"""What the first byte of most Han characters of UTF-8 is in Latin, and of those of such text misread again."""
_CP1252 = {
    ord(bytes((byte,)).decode("cp1252")): byte for byte in range(0x80, 0xA0) if byte not in b"\x81\x8d\x8f\x90\x9d"
}
_BEYOND_LATIN = re.compile(r"[^\x00-\xff]")
_NO_BYTE = "\xff"
"""A byte that stands in neither encoding."""

_UTF8_PIECE = re.compile(
    rb"[\t\x20-\x3e\x40-\x7e]"
    rb"|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    # A character of which something was lost, and a question mark that is one.
    rb"|(?P<lost>[\xe0-\xef](?:[\x80-\xbf][\x1a?]?|[\x1a?]{2}|[\x1a?][\x80-\xbf]?)|[\x1a?][\x80-\xbf]{1,2}|\x1a)"
    rb"|\?"
)
_GBK_PIECE = re.compile(rb"[\t\x20-\x7e]|[\x81-\xfe][\x40-\x7e\x80-\xfe]|(?P<lost>\x1a)")


class _Mistake(NamedTuple):
    """One way to misread."""

    signs: re.Pattern[str]
    """What every line has that was misread so."""
    bytes_of: Callable[[str], bytes]
    """The bytes that characters were read from."""
    piece: re.Pattern[bytes]
    """The bytes of one character, as it was written."""
    stretch: re.Pattern[bytes]
    """Several of them."""
    encoding: str
    loses: Callable[[int, int], bool]
    """Whether a byte, followed by another, shows as no character."""
    needs_words: bool


def mended(text: str, times: int = _TIMES) -> list[Edit]:
    """What to put in the place of which half-open ranges; empty for a text that was read as it was written."""
    first = _BEYOND_ASCII.search(text)
    if first is None or not times:
        return []
    for mistake in _mistakes(text, is_latin=first[0] < _LATIN_END):
        if mistake.signs.search(text):
            edits = [edit for line in _LINE.finditer(text) for edit in _edits(line, mistake, times)]
            if edits:
                return edits
    return []


def _mistakes(text: str, *, is_latin: bool) -> Iterator[_Mistake]:
    utf8_as_gbk, utf8_as_latin, gbk_as_latin = _known()
    yield utf8_as_gbk
    # Single characters are found faster than patterns, and nearly no Chinese text has these.
    if is_latin or any(lead in text for lead in _LEADS):
        yield utf8_as_latin
    if is_latin:
        yield gbk_as_latin


@cache
def _known() -> tuple[_Mistake, _Mistake, _Mistake]:
    # Three Han characters of UTF-8 begin with four of GBK: the lead and a trail of the first, its last and the lead of
    # the second, the rest of that, and the third. What GBK has no character for shows as one of nobody's, or is lost.
    first, second, third = (
        _in_gbk(leads, trails) for leads, trails in ((_LEAD, _TRAIL), (_TRAIL, _LEAD), (_TRAIL, _TRAIL))
    )
    of_gbk = re.compile(f"[{first}][{second}{_NOBODYS}][{third}{_NOBODYS}][{first}]")
    of_utf8 = re.compile(r"[ã-ïÃÂÅÆËâ][^\x00-~]{1,3}[ã-ïÃÂÅÆËâ][^\x00-~]")
    utf8, gbk = _repeated(_UTF8_PIECE), _repeated(_GBK_PIECE)
    return (
        _Mistake(of_gbk, _as_gbk, _UTF8_PIECE, utf8, "utf-8", _gbk_loses, needs_words=False),
        _Mistake(of_utf8, _as_latin, _UTF8_PIECE, utf8, "utf-8", _cp1252_loses, needs_words=False),
        _Mistake(re.compile("[¡-þ]{8}"), _as_latin, _GBK_PIECE, gbk, "gbk", _cp1252_loses, needs_words=True),
    )


def _gbk_loses(byte: int, following: int) -> bool:
    return not bytes((byte, following)).decode("gbk", "ignore")


def _cp1252_loses(byte: int, following: int) -> bool:  # noqa: ARG001  # one shape for both
    return not bytes((byte,)).decode("cp1252", "ignore")


_LEAD, _TRAIL = range(0xE3, 0xEA), range(0x80, 0xC0)
"""Bytes of the UTF-8 of Han characters."""
_NOBODYS = "\ue000-\uf8ff\ufffd?\x80\u20ac"


def _in_gbk(leads: range, trails: range) -> str:
    return "".join(bytes((lead, trail)).decode("gbk", "ignore") for lead in leads for trail in trails)


def _repeated(piece: re.Pattern[bytes]) -> re.Pattern[bytes]:
    # Possessive: what does not go on is not tried in other ways.
    return re.compile(rb"(?:" + piece.pattern.replace(b"?P<lost>", b"?:") + rb"){%d,}+" % LEAST)


def _as_gbk(text: str) -> bytes:
    return text.replace(_LOST, _GONE).encode("gb18030", "replace")


def _as_latin(text: str) -> bytes:
    return _BEYOND_LATIN.sub(_NO_BYTE, text.replace(_LOST, _GONE).translate(_CP1252)).encode("latin-1")


def _edits(line: re.Match[str], mistake: _Mistake, times: int) -> Iterator[Edit]:
    """The edits of a line of a text."""
    if not mistake.signs.search(line[0]):
        return
    written = mistake.bytes_of(line[0])
    begins: dict[int, int] = {}
    for stretch in mistake.stretch.finditer(written):
        pieces = list(mistake.piece.finditer(written, *stretch.span()))
        whole = "".join(_read(piece, mistake) for piece in pieces)
        again = None
        if not is_chinese(whole, needs_words=mistake.needs_words):
            again = mended(whole, times - 1)
            if not again:
                continue
        if not begins:
            lengths = (len(mistake.bytes_of(character)) for character in line[0])
            begins = {at: number for number, at in enumerate(itertools.accumulate(lengths, initial=0), line.start())}
        shown = whole if again or _LOST not in whole else _restored(whole, pieces, mistake)
        edits = _aligned(pieces, shown, begins)
        if again and edits:
            # Which character came from where is not told of what was misread twice: all of it came from all.
            edits = [(edits[0][0], edits[-1][1], replaced(whole, again).text)]
        yield from edits


def _aligned(pieces: Sequence[re.Match[bytes]], shown: str, begins: dict[int, int]) -> list[Edit]:
    """The least ranges of characters that pieces of bytes part into, with what to put into each."""
    edits: list[Edit] = []
    start, put_in = pieces[0].start(), ""
    for piece, character in zip(pieces, shown, strict=True):
        put_in += character
        if piece.end() in begins:
            if start in begins:
                edits.append((begins[start], begins[piece.end()], put_in))
            start, put_in = piece.end(), ""
    return edits


def _read(piece: re.Match[bytes], mistake: _Mistake) -> str:
    """The one character of a piece. Not all bytes that have the form of one are one: a surrogate is none."""
    text = _LOST if piece["lost"] else piece[0].decode(mistake.encoding, "replace")
    return text if len(text) == 1 else _LOST


def _restored(whole: str, pieces: Sequence[re.Match[bytes]], mistake: _Mistake) -> str:
    """The text of the pieces, each a character, with what lost one byte put back where words leave no doubt of it."""
    shown, simplified = list(whole), converted(whole)
    losses = [at for at, character in enumerate(whole) if character == _LOST][:_MOST_RESTORED]
    for at in losses:
        before, after = simplified[max(at - lexicon.LONGEST, 0) : at], simplified[at + 1 : at + 1 + lexicon.LONGEST]
        proven = {
            plain: written
            for written, plain in _candidates(pieces[at], mistake)
            if lexicon.is_certain(f"{before}{plain}{after}", len(before))
        }
        if len(proven) == 1:
            ((plain, written),) = proven.items()
            shown[at] = written if simplified != whole else plain
            simplified = simplified[:at] + plain + simplified[at + 1 :]
    return "".join(shown)


def _candidates(piece: re.Match[bytes], mistake: _Mistake) -> Iterator[tuple[str, str]]:
    """The common characters that may have lost the one byte that a piece lacks, with their simplified forms."""
    head, _, tail = piece[0].replace(b"?", _GONE.encode()).partition(_GONE.encode())
    following = tail or piece.string[piece.end() : piece.end() + 1]
    if not head or len(head) + len(tail) != _HAN_BYTES - 1 or not following:
        return
    for written, plain, code in _by_bytes().get(head[0], ()):
        if code.startswith(head) and code.endswith(tail) and mistake.loses(code[len(head)], following[0]):
            yield written, plain


@cache
def _by_bytes() -> dict[int, list[tuple[str, str, bytes]]]:
    """The common characters, simplified, and in UTF-8, by their first bytes."""
    found: dict[int, list[tuple[str, str, bytes]]] = {}
    for written in map(chr, range(0x4E00, 0xA000)):
        plain = lexicon.plain(written)
        if plain in lexicon.common():
            code = written.encode()
            found.setdefault(code[0], []).append((written, plain, code))
    return found


def is_chinese(text: str, *, needs_words: bool) -> bool:
    """Whether a text has LEAST Han characters or more, as good as all of them common, and more of them than losses."""
    simplified = converted(text[:_SEEN])
    han = [at for at, character in enumerate(simplified) if _ALL_HAN.match(character)]
    if len(han) < LEAST or simplified.count(_LOST) > len(han):
        return False
    if sum(simplified[at] in lexicon.common() for at in han) < _COMMON_SHARE * len(han):
        return False
    return not needs_words or sum(lexicon.is_in_word(simplified, at, 2) for at in han) >= _WORD_SHARE * len(han)
