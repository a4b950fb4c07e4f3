"""The engine that a configuration asks for, with the roles of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from policywatch import bootstrap, errors
from policywatch.engine.local import Local
from policywatch.engine.roles import Role
from policywatch.store.leader import Leadership

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping

    from policywatch.config import Config
    from policywatch.engine.use import Use
    from policywatch.service import Job
    from policywatch.store.db import Database


class Engine(Protocol):
    """Makes the work happen."""

    async def prepare(self) -> None:
        """Called once before anything else; may raise PolicywatchError."""

    def jobs(self) -> list[Job]:
        """Ticks of this process."""

    def sides(self) -> Mapping[str, Callable[[asyncio.Event], Awaitable[None]]]:
        """What runs beside the ticks until the stop."""

    async def close(self) -> None:
        """Ends what it opened."""


_WORK = frozenset({Role.SCHEDULER, Role.POLLER, Role.SENDER})


def require(config: Config, roles: frozenset[Role]) -> None:
    """Raises PolicywatchError where the roles and the configuration do not fit together."""
    if config.engine == "procrastinate" and config.store is None:
        raise errors.PolicywatchError(
            "engine: procrastinate needs a PostgreSQL database; add store: postgresql://user:password@host/database"
        )
    if config.engine == "local" and roles & _WORK not in (_WORK, frozenset()):
        raise errors.PolicywatchError(
            "engine: local does all of the work in one process; leave --role out, use --role web for pages alone, "
            "or set engine: procrastinate"
        )


def engine_of(config: Config, roles: frozenset[Role], use: Use, db: Database) -> Engine:
    """The engine, not yet prepared. Raises PolicywatchError."""
    require(config, roles)
    leadership = Leadership(bootstrap.database(config))
    if config.engine == "local":
        return Local(use, leadership, works=bool(roles & _WORK))
    assert config.store is not None
    from policywatch.engine.procrastinate import Procrastinate  # noqa: PLC0415  # an extra

    return Procrastinate(config.store.get_secret_value(), roles, use, db, leadership)
