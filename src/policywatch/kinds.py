"""One-file seams: the word in the YAML is the name of the file that implements it.

`kind: listpage` is `policywatch/sources/kinds/listpage.py`, whose class is called `Source`. There is no list to add a
name to and no decorator: dropping the file in is the registration.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from policywatch import errors


class UnknownKindError(errors.PolicywatchError):
    """No file of that name; `known` lists the ones there are."""

    def __init__(self, kind: str, known: tuple[str, ...]) -> None:
        self.kind = kind
        self.known = known
        super().__init__(f"unknown kind {kind!r}; known are {', '.join(known)}")


@cache
def names(package: str) -> tuple[str, ...]:
    """The kinds of a seam (`policywatch.sources.kinds`), sorted. Imports none of them."""
    path = importlib.import_module(package).__path__
    return tuple(sorted(entry.name for entry in pkgutil.iter_modules(path) if not entry.name.startswith("_")))


def load(package: str, kind: str, class_name: str) -> type:
    """The class of one kind. Raises UnknownKindError."""
    if kind not in names(package):
        raise UnknownKindError(kind, names(package))
    found: type = getattr(importlib.import_module(f"{package}.{kind}"), class_name)
    return found
