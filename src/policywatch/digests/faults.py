"""Why a source could not be read, in the words of a language.

An error's own text is English and exact: it is for who runs policywatch. Where a language names the error's code under
`source.faults`, its readers get that; a source's page shows both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policywatch.digests.catalogue import Catalogue

_STATUS = re.compile(r"http_([1-9])\d\d")


def told(fault: str, error: str, words: Catalogue) -> str:
    """`fault` is the error's code, `error` its text. A status of HTTP is `http_403`, and may be named as `http_4xx`."""
    status = _STATUS.fullmatch(fault)
    keys = (fault, f"http_{status[1]}xx") if status else (fault,)
    for key in keys:
        name = words.named("source.faults", key)
        if name != key:
            return name.replace("{status}", fault.removeprefix("http_"))
    return error
