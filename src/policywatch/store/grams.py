"""What the search index knows a text by: its characters, its pairs of neighbours, its words of letters and digits.

Chinese is written without spaces, so a word is found by the pairs that it consists of. Every token is ASCII, whatever
the text is, so that neither database's idea of a word has a say.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from itertools import pairwise

WORD = re.compile(r"[a-z0-9]+")
"""In folded text: what stands between borders. A word of them is looked for whole."""
_LONGEST_WORD = 64
MOST_PAIRS = 8
"""Of a long phrase."""
TITLE = "t"
"""Before a token that stands in the title."""


_OPENING, _CLOSING = r"[\[({<【〖〈『〔]", r"[\])}>】〗〉』〕]"
# A pattern that begins with what is rare: it is asked of every text that is shown.
_YEAR = re.compile(rf"{_OPENING}((?:19|20)\d\d){_CLOSING}")


def alike(folded: str) -> str:
    """With 〔〕 around years, whatever brackets stand there: 国办发[2026]12号. As long as it was."""
    return _YEAR.sub(r"〔\1〕", folded)


@cache
def _code(character: str) -> str:
    number = ord(character)
    # Four hex digits, or seven signs that begin with one which is none: two codes in a row can be told apart.
    return f"{number:04x}" if number <= 0xFFFF else f"x{number:06x}"


def singles(folded: str) -> set[str]:
    """A token for each character; none for white space."""
    return {_code(character) for character in folded if not character.isspace()}


def pairs(folded: str) -> set[str]:
    """A token for each two neighbours."""
    codes = [_code(character) for character in folded]
    return {one + other for one, other in pairwise(codes)}


def few(folded: str) -> set[str]:
    """Tokens that every text has in which a phrase stands; whether it does stand there is seen in the text."""
    found = sorted(pairs(folded))
    step = max(1, len(found) // MOST_PAIRS)
    return set(found[::step][:MOST_PAIRS]) or singles(folded)


def words(folded: str) -> set[str]:
    """A token for each word of letters and digits."""
    return {word(found[0]) for found in WORD.finditer(folded)}


def word(folded: str) -> str:
    """The token of one word."""
    return f"w{folded[:_LONGEST_WORD]}"


def of_article(title: str, body: str) -> set[str]:
    """The tokens of a folded title and a folded body."""
    in_title = singles(title) | pairs(title) | words(title)
    return in_title | {TITLE + token for token in in_title} | singles(body) | pairs(body) | words(body)


def issuer(name: str) -> set[str]:
    """The tokens of the folded name of an issuing body, which is found by any part of it."""
    return {f"i{token}" for token in singles(name) | pairs(name)}


def facet(kind: str, value: str) -> str:
    """The token of something else that an article is found by: `kind` is one of k, r, v, s, l."""
    return kind + hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
