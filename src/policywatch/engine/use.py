"""How an engine reaches the parts that do the work: those of the configuration that works at the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from policywatch.bootstrap import Parts

T = TypeVar("T")


class Use(Protocol):
    """Does something with the parts, which stay whole until it has ended, whatever is reloaded meanwhile."""

    async def __call__(self, do: Callable[[Parts], Awaitable[T]]) -> T:
        """Gives what `do` gave."""
