"""Tells a shared database every few seconds that this process is there."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

from policywatch.service import Job
from policywatch.store import workers

if TYPE_CHECKING:
    from policywatch.engine.roles import Role
    from policywatch.store.db import Database


class Presence:
    """One process. In a SQLite file, which has one process only, nothing is told."""

    def __init__(self, db: Database, roles: frozenset[Role], *, shared: bool) -> None:
        self.id = uuid.uuid4().hex
        self._db = db
        self._roles = sorted(role.value for role in roles)
        self._shared = shared

    def jobs(self) -> list[Job]:
        """The beat."""
        return [Job("beat", workers.BEAT, self.beat)] if self._shared else []

    async def beat(self) -> None:
        """Is there."""
        if self._shared:
            await self._db.write(workers.beat, self.id, self._roles, os.uname().nodename, os.getpid())

    async def leave(self) -> None:
        """Ends in order."""
        if self._shared:
            await self._db.write(workers.leave, self.id)
