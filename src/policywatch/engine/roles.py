"""What a process may do of the whole; by default everything."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from policywatch import errors

if TYPE_CHECKING:
    from collections.abc import Iterable


class Role(StrEnum):
    """A part of the work."""

    SCHEDULER = "scheduler"
    """Says what is due. Of several one does, the others stand by."""
    POLLER = "poller"
    """Asks sources and reads articles."""
    SENDER = "sender"
    """Makes digests and delivers mail."""
    WEB = "web"
    """Serves the pages."""


ALL = "all"


def parsed(words: Iterable[str]) -> frozenset[Role]:
    """The roles of `--role` options; none, or `all`, are all of them. Raises PolicywatchError for an unknown one."""
    wanted = list(words) or [ALL]
    known = [*(role.value for role in Role), ALL]
    for word in wanted:
        if word not in known:
            raise errors.PolicywatchError(f"no role {word!r}; there are: {', '.join(known)}")
    return frozenset(Role) if ALL in wanted else frozenset(Role(word) for word in wanted)
