"""What is done with the store as a whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from policywatch import errors
from policywatch.store import copy as copies
from policywatch.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Callable


def place(text: str) -> Path | str:
    """A PostgreSQL address as it is; anything else is the path of a SQLite file."""
    if re.match(r"postgres(?:ql)?://", text):
        return text
    if "://" in text:
        raise errors.PolicywatchError("write the path of a SQLite file or postgresql://user:password@host/database")
    return Path(text)


def copy(source: str, target: str, told: Callable[[str, int], None]) -> dict[str, int]:
    """Copies a whole store into an empty one; rows by table. Raises StoreError."""
    old, new = place(source), place(target)
    if isinstance(new, Path) and new.exists():
        raise errors.PolicywatchError(f"{new} is there already; name a file that is not")
    # Held for writing, so that nothing changes while it is copied and a running service is noticed.
    held = Database.open(old) if isinstance(old, str) or old.exists() else None
    if held is None:
        raise errors.PolicywatchError(f"{old} is not there")
    try:
        made = Database.open(new)
        try:
            return copies.copy(held, made, told)
        finally:
            made.close()
    finally:
        held.close()
