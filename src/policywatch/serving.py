"""`policywatch run`: the parts of a configuration at work, swapped whole when its files change."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from policywatch import bootstrap, errors, logs
from policywatch import config as configuration
from policywatch.engine import choose
from policywatch.engine.presence import Presence
from policywatch.engine.roles import Role
from policywatch.model import Notice
from policywatch.pipeline import notices
from policywatch.reload import Generations, Reloader
from policywatch.service import Job, Service
from policywatch.sources import rhythm
from policywatch.store import sources as source_rows
from policywatch.web import app as web
from policywatch.web.attempts import Attempts
from policywatch.web.counts import Counts
from policywatch.web.drawing import Drawing
from policywatch.web.lag import LoopLag
from policywatch.web.ping import Ping
from policywatch.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection
    from starlette.types import ASGIApp, Receive, Scope, Send

    from policywatch.bootstrap import Parts
    from policywatch.config import Config
    from policywatch.pipeline.plan import Plan
    from policywatch.store.db import Database

T = TypeVar("T")

RELOAD_TICK = timedelta(seconds=2)

_log = logs.get("serve")


def _as_it_is(config: Config) -> Config:
    return config


async def serve(
    path: Path, adjust: Callable[[Config], Config] = _as_it_is, roles: frozenset[Role] = frozenset(Role)
) -> None:
    """Runs the service on the configuration at `path` until it is told to stop; `adjust` has the last word on it.

    Raises ConfigError when that configuration cannot be used at the start; later faults leave the old one at work.
    """
    loader = configuration.Loader(path, os.environ)
    config = adjust(loader.load())
    logs.configure(style=config.log.format, level=config.log.level)
    choose.require(config, roles)
    if Role.WEB in roles:
        bootstrap.require_closed(config, os.environ)
    async with bootstrap.opened(config) as db:
        live = Live(loader, config, db, adjust, roles)
        try:
            await live.begin()
            await live.service(config).run()
        finally:
            await live.close()


@dataclass(frozen=True, slots=True, eq=False)
class _Working:
    """One configuration at work."""

    parts: Parts
    site: Site
    app: ASGIApp


class Live:
    """What works now, and how it is replaced."""

    def __init__(
        self,
        loader: configuration.Loader,
        config: Config,
        db: Database,
        adjust: Callable[[Config], Config],
        roles: frozenset[Role],
    ) -> None:
        self._path = config.path
        self._loader = loader
        self._db = db
        self._adjust = adjust
        self._in_flight = bootstrap.InFlight()
        self._tick: datetime | None = None
        self._attempts, self._lag, self._counts, self._ping = Attempts(), LoopLag(), Counts(), Ping()
        self._reloader = Reloader(watched=self._watched, load=self._load, apply=self._apply, broken=self._tell_operator)
        self._working = Generations(self._build(config), lambda one: one.parts.close())
        self._roles = roles
        self._engine = choose.engine_of(config, roles, self._use, db)
        self._presence = Presence(db, roles, shared=config.store is not None)
        if config.store is not None:
            self._in_flight.worker = self._presence.id

    async def begin(self) -> None:
        """Makes the store know what is configured, and who is here."""
        await self._db.write(_known, self._working.current.parts.plan)
        await self._presence.beat()
        await self._engine.prepare()

    def service(self, config: Config) -> Service:
        """The jobs and the pages, always of the configuration that works at the time."""

        async def pages(scope: Scope, receive: Receive, send: Send) -> None:
            async with self._working.using() as working:
                await working.app(scope, receive, send)

        return Service(
            self._jobs(config),
            pages if Role.WEB in self._roles else None,
            host=config.web.host,
            port=config.web.port,
            on_tick=self._ticked,
            sides={**self._engine.sides(), "loop lag": self._lag.measure},
            on_failing=self._job_failing,
        )

    async def close(self) -> None:
        """Ends everything but the database."""
        await self._engine.close()
        await self._working.close()
        await self._presence.leave()

    def _jobs(self, config: Config) -> list[Job]:
        return [
            *self._engine.jobs(),
            *self._presence.jobs(),
            Job("reload", RELOAD_TICK, self._reloader.check),
            *([Job("ping", config.ping.every, self._give_sign)] if config.ping.url and self._gives_sign() else []),
        ]

    def _gives_sign(self) -> bool:
        """Of the processes of a cluster the one that says what is due."""
        return Role.SCHEDULER in self._roles

    async def _give_sign(self) -> None:
        async with self._working.using() as working:
            url = working.parts.config.ping.url
            if url is not None:
                await self._ping.send(working.site, working.parts.fetcher, url.get_secret_value())

    async def _use(self, do: Callable[[Parts], Awaitable[T]]) -> T:
        async with self._working.using() as working:
            return await do(working.parts)

    def _ticked(self) -> None:
        self._tick = bootstrap.now()

    def _build(self, config: Config) -> _Working:
        parts = bootstrap.build(config, self._db, self._in_flight)
        plan = parts.plan
        folder = bootstrap.shipped("templates") / "web"
        site = Site(
            plan=plan,
            db=parts.db,
            renderer=parts.renderer,
            drawing=Drawing(folder, parts.renderer, language=plan.language, zone=plan.zone, now=bootstrap.now),
            style=(folder / "style.css").read_text(encoding="utf-8"),
            now=bootstrap.now,
            last_tick=lambda: self._tick,
            faults=self._faults,
            access=bootstrap.access_of(config),
            attempts=self._attempts,
            lag=self._lag,
            counts=self._counts,
            ping_fault=lambda: self._ping.fault if config.ping.url else "",
        )
        return _Working(parts, site, web.build(site))

    def _faults(self) -> tuple[str, ...]:
        error = self._reloader.fault
        return () if error is None else _lines(error)

    # --- reloading ------------------------------------------------------------------------------------------------

    def _watched(self) -> frozenset[Path]:
        return self._loader.files()

    def _load(self) -> Config:
        # The loader is kept also when it fails: it knows which files must change for the next try.
        self._loader = configuration.Loader(self._path, os.environ)
        config = self._adjust(self._loader.load())
        bootstrap.compiled(config)
        if Role.WEB in self._roles:
            bootstrap.require_closed(config, os.environ)
        return config

    async def _apply(self, config: Config) -> None:
        old = self._working.current.parts.config
        needs_restart = [
            word
            for word, before, after in (
                ("state", old.state, config.state),
                ("store", old.store, config.store),
                ("engine", old.engine, config.engine),
                ("web.listen", old.web.listen, config.web.listen),
                ("ping", (old.ping.every, old.ping.url is None), (config.ping.every, config.ping.url is None)),
            )
            if before != after
        ]
        if needs_restart:
            _log.warning("takes effect at the next start", words=needs_restart)
        config = replace(config, state=old.state, store=old.store, engine=old.engine)
        logs.configure(style=config.log.format, level=config.log.level)
        new = self._build(config)
        await self._db.write(_known, new.parts.plan)
        await self._working.swap(new)

    async def _job_failing(self, job: str, error: str) -> None:
        parts = self._working.current.parts
        now = bootstrap.now()
        day = f"{now.astimezone(parts.plan.zone):%Y-%m-%d}"
        notice = Notice("job", (f"{job}: {error}",), about=f"{job}/{day}")
        await self._db.write(notices.tell, parts.plan, parts.renderer, notice, now)

    async def _tell_operator(self, error: errors.PolicywatchError) -> None:
        parts = self._working.current.parts
        notice = Notice("config", _lines(error))
        await self._db.write(notices.tell, parts.plan, parts.renderer, notice, bootstrap.now())


def _known(tx: Connection, plan: Plan) -> None:
    """Makes the store know what is configured.

    The first polls of many new sources are spread over an hour, of those that are asked more often over their interval.
    """
    bootstrap.known(tx, plan)
    now = bootstrap.now()
    share = {spec.id: min(spec.every / rhythm.DEFAULT, 1.0) for spec in plan.sources}
    offsets = rhythm.spread(source_rows.never_polled(tx, now))
    source_rows.postpone(tx, {source: now + offset * share.get(source, 1.0) for source, offset in offsets.items()})


def _lines(error: errors.PolicywatchError) -> tuple[str, ...]:
    return tuple(str(fault) for fault in getattr(error, "faults", None) or [error])
