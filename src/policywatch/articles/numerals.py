"""Numbers as Chinese texts write them: 3.5, 十二, 首批, 二〇二六."""

from __future__ import annotations

import re

_DIGITS = {
    digit: value
    for value, digits in enumerate(("零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for digit in digits
}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_GROUPS = {"万": 10**4, "亿": 10**8}
CHARACTERS = "0123456789" + "".join((*_DIGITS, *_UNITS, *_GROUPS))
NUMBER = re.compile(
    r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*|[零〇一二两三四五六七八九十百千]+[万亿]*[零〇一二两三四五六七八九十百千万亿]*"
)
LONGEST = 20
"""Characters of a numeral that is still read; what is longer is a row of them."""
FIRST = re.compile("首(?=[批届期轮次场季座家台套例])")
"""The first of a row, as 第一 says it."""


def value(written: str) -> str:
    """A number in one spelling: `12` for 12, 十二 and 一二; what cannot be read stays as it is."""
    if written[0].isdecimal():
        bare = written.replace(",", "")
        return bare.lstrip("0") or "0" if bare.isdecimal() else bare
    if not any(letter in _UNITS or letter in _GROUPS for letter in written):
        return "".join(str(_DIGITS[letter]) for letter in written).lstrip("0") or "0"
    if len(written) > LONGEST:
        return written
    total = section = digit = 0
    for letter in written:
        if letter in _DIGITS:
            digit = _DIGITS[letter]
        elif letter in _UNITS:
            section += (digit or 1) * _UNITS[letter]
            digit = 0
        else:
            # 三万亿 multiplies what stands before it, 一亿二千万 adds to it.
            before = total if letter == "亿" else 0
            total += (before + section + digit) * _GROUPS[letter] - before
            section = digit = 0
    return str(total + section + digit)
