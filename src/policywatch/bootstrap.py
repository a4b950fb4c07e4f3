"""From a configuration to built objects: the only file that names concrete classes and sees Config."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from policywatch import config as configuration
from policywatch import container, errors, kinds, logs, urls
from policywatch.channels.base import CHANNELS
from policywatch.channels.kinds.smtp import is_loopback
from policywatch.digests import faults as fault_words
from policywatch.digests.render import Renderer
from policywatch.fetch import target
from policywatch.fetch.backlog import Backlog
from policywatch.fetch.client import Client
from policywatch.fetch.options import FetchOptions
from policywatch.fetch.politeness import Politeness
from policywatch.matching.matcher import Matcher
from policywatch.model import Manner, Request
from policywatch.pipeline import deliver, departures, index, troubles
from policywatch.pipeline.claims import Claims
from policywatch.pipeline.digest import Digester
from policywatch.pipeline.network import Network
from policywatch.pipeline.plan import Plan, Rematch
from policywatch.pipeline.poll import Poller
from policywatch.pipeline.rematch import Rematcher
from policywatch.pipeline.robots import Robots
from policywatch.pipeline.templates import UserRenderer
from policywatch.pipeline.texts import TextReader
from policywatch.sandbox import heap
from policywatch.sandbox.pool import Sandbox
from policywatch.sources import base
from policywatch.store import outbox, runs
from policywatch.store import sources as source_rows
from policywatch.store.db import Database
from policywatch.store.hosts import SharedTurns
from policywatch.web.door import Access

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from policywatch.config import Config
    from policywatch.model import Channel
    from policywatch.sources.base import SourceSpec

_log = logs.get("bootstrap")

LOOKED_FOR = (
    Path("policywatch.yaml"),
    Path("config/policywatch.yaml"),
    Path("/config/policywatch.yaml"),
)


def now() -> datetime:
    """The one clock of the program."""
    return datetime.now(UTC)


def shipped(name: str) -> Path:
    """A folder that policywatch ships (`templates`, `config`): in the wheel, else at the top of the checkout."""
    inside = Path(__file__).parent / "_shipped" / name
    return inside if inside.is_dir() else Path(__file__).parents[2] / name


def load(path: Path | None) -> Config:
    """The configuration. Raises ConfigError with every fault at once."""
    return configuration.load(located(path), os.environ)


def located(path: Path | None) -> Path:
    """The main file: the one named, or the first where one is looked for. Raises ConfigError when there is none."""
    if path is None:
        path = next((place for place in LOOKED_FOR if place.is_file()), None)
    if path is None:
        places = ", ".join(str(place) for place in LOOKED_FOR)
        make = "make one with: policywatch init my-watch"
        if container.DATA in os.environ:
            make = "mount your folder at /config; `policywatch init /config` fills an empty one that may be written to"
        what = f"no configuration found (looked for {places}); {make}"
        raise errors.ConfigError([errors.Fault("policywatch.yaml", 0, 0, "file", what)])
    return path


def told(error: errors.ConfigError) -> str:
    """Every fault on a line of its own; below it what it says in the language of the configuration, if not English."""
    language = error.language or configuration.MainOptions.model_fields["language"].default
    words = Renderer(jinja2.FileSystemLoader(str(shipped("templates"))), is_shipped=True).catalogue(language)
    lines = []
    for fault in error.faults:
        said = fault_words.configured(fault.what, words)
        lines += [str(fault), *([f"    {said}"] if said != fault.what else [])]
    return "\n".join(lines)


def demo_path() -> Path:
    """The demonstration's configuration."""
    return shipped("config") / "demo.yaml"


def kept_in(state: Path) -> Callable[[Config], Config]:
    """Makes a configuration keep its data and its mails in `state`."""

    def moved(config: Config) -> Config:
        options = config.mail.options.model_copy(update={"path": state / "mail"})
        return replace(config, state=state, mail=replace(config.mail, options=options))

    return moved


def plan_of(config: Config) -> Plan:
    """What the pipeline needs of the configuration."""
    return Plan(
        sources=tuple(spec for spec in config.sources if spec.enabled),
        watchlists=tuple(config.watchlists),
        subscriptions=tuple(config.subscriptions),
        zone=config.timezone,
        language=config.language,
        sender=config.mail.sender,
        channel=config.mail.kind,
        public_url=config.web.public_url,
        keep_text_days=config.keep_text,
        keep_age=config.keep.articles,
        keep_size=config.keep.size,
        operator=config.operator,
        unsubscribe_to=config.unsubscribe_to,
        feed_token=config.web.feed_token,
        asked_as=config.fetch.user_agent or config.fetch.contact,
        story_window=config.stories.window,
        searches=config.searches,
        rematch=Rematch(timedelta(days=config.rematch.days), config.rematch.mode),
        calendar=config.calendar.calendar,
    )


def renderer_of(config: Config) -> Renderer:
    """Templates of the user's folder stand before the shipped ones of the same name, and are drawn apart."""
    if config.templates is None:
        return Renderer(jinja2.FileSystemLoader(str(shipped("templates"))), is_shipped=True)
    return UserRenderer(str(config.templates), str(shipped("templates")))


def source_row(spec: SourceSpec, asked_as: str = "") -> source_rows.SourceRow:
    """A source as the store knows it: without secrets. Asked or read in another way than before, it is asked anew."""
    how: list[object] = [spec.kind, spec.url, spec.options]
    if asked_as:
        # A server may answer another name in another way. What policywatch calls itself by default does not count:
        # an update must not ask everybody anew.
        how.append(asked_as)
    told = json.dumps(how, sort_keys=True, default=str).encode()
    fingerprint = hashlib.blake2b(told, digest_size=8).hexdigest()
    return source_rows.SourceRow(spec.id, spec.name, spec.kind, logs.masked(spec.url), fingerprint, urls.host(spec.url))


def access_of(config: Config) -> Access:
    """Who may reach the pages."""
    web = config.web
    users = tuple((user.name, user.password) for user in web.users)
    if web.password is not None:
        users = (("", web.password),)
    return Access(users, web.trusted_header or "", tuple(web.trusted_proxies), shows_metrics=web.metrics)


def require_closed(config: Config, environ: Mapping[str, str]) -> None:
    """Raises ConfigError when pages without a log-in would be open to other machines.

    What a container listens on says nothing: who publishes its port says where, beside the line that does it.
    """
    published = environ.get(container.PUBLISHED, "")
    if config.web.is_open_to_others and not is_loopback(published):
        what = (
            "the pages would be open to others, and nobody would ask who they are; add `password` or `users` to web in "
            f"the configuration, or publish the port to this machine only (-p 127.0.0.1:{config.web.port}:"
            f"{config.web.port}) and say so: -e {container.PUBLISHED}=127.0.0.1"
        )
        raise errors.ConfigError([errors.Fault("environment", 0, 0, container.LISTEN, what)])


def database(config: Config) -> Path | str:
    """Where the store lies: a SQLite file, or the address of a PostgreSQL database."""
    return config.state / "policywatch.sqlite" if config.store is None else config.store.get_secret_value()


@dataclass(slots=True)
class InFlight:
    """What is under way, across generations of parts: nothing is asked for twice at once."""

    sources: set[str] = field(default_factory=set)
    articles: set[int] = field(default_factory=set)
    claims: Claims = field(default_factory=Claims)
    """In a shared database, where other processes must not begin the same."""
    unsettled: list[deliver.Unsettled] = field(default_factory=list)
    """Answers of mail servers that the database could not take yet."""
    worker: str | None = None
    """What this process is called in a shared database, where it says that it is there."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A built policywatch whose database is open."""

    config: Config
    plan: Plan
    db: Database
    renderer: Renderer
    fetcher: Client
    sandbox: Sandbox
    poller: Poller
    texts: TextReader
    rematcher: Rematcher
    digester: Digester
    channels: dict[str, Channel]
    in_flight: InFlight

    async def deliver_all(self) -> deliver.Delivered:
        """Sends what is due in the outbox."""
        paces = {self.config.mail.kind: self.config.mail.options.paces}
        return await departures.depart(
            self.plan,
            self.db,
            self.renderer,
            self.channels,
            now,
            paces,
            self.in_flight.unsettled,
            self.in_flight.worker,
        )

    async def tell_troubles(self) -> int:
        """Tells the operator which sources are newly in trouble or well again; gives how many."""
        told: int = await self.db.write(
            troubles.tell, self.plan, self.renderer, now(), network_is_down=self.poller.network.is_down
        )
        return told

    async def renew_claims(self) -> None:
        """Keeps other processes from beginning what this one has under way."""
        await self.in_flight.claims.renew(self.db, now())

    async def index(self) -> int:
        """Brings the search index up to the store; gives how many articles were put in.

        For some seconds at the most it also reads articles of before as documents.
        """
        read = index.in_child(self.sandbox)
        return await index.catch_up(self.db, read) + await index.read_on(self.db, read)

    async def close(self) -> None:
        """Ends what these parts opened; the database stays."""
        self.renderer.close()
        await self.sandbox.close()
        await self.fetcher.close()
        for channel in self.channels.values():
            await channel.close()


def hide_secrets(config: Config) -> None:
    """Makes every text that is logged or shown from now on free of them."""
    logs.hide(config.secrets)


def build(config: Config, db: Database, in_flight: InFlight) -> Parts:
    """The parts of a configuration on an open database. Opens nothing yet. Raises PolicywatchError."""
    # The parts before these, if there are any, are about to become garbage.
    heap.unsettle()
    hide_secrets(config)
    plan = plan_of(config)
    renderer = renderer_of(config)
    # Where several processes ask, the pause between two requests to a host lies in the database.
    turns = SharedTurns(db) if config.engine == "procrastinate" else None
    backlog = Backlog()
    fetcher = Client(config.fetch, politeness=Politeness(config.fetch.spacing, turns=turns), backlog=backlog)
    sandbox = Sandbox("policywatch.pipeline.reading:Reader", lambda: (plan.watchlists,))
    robots, network = Robots(db, fetcher, now), Network()
    return Parts(
        config=config,
        plan=plan,
        db=db,
        renderer=renderer,
        fetcher=fetcher,
        sandbox=sandbox,
        poller=Poller(
            plan,
            db,
            fetcher,
            sandbox,
            now,
            in_flight=in_flight.sources,
            claims=in_flight.claims,
            robots=robots,
            network=network,
            backlog=backlog,
        ),
        texts=TextReader(
            plan,
            db,
            fetcher,
            sandbox,
            now,
            in_flight=in_flight.articles,
            claims=in_flight.claims,
            robots=robots,
            network=network,
            backlog=backlog,
        ),
        rematcher=Rematcher(plan, db, sandbox, now),
        digester=Digester(plan, db, renderer, now),
        channels=channels_of(config, fetcher),
        in_flight=in_flight,
    )


class HttpPoster:
    """`model.Poster` over the guarded client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> int:
        """The status of the answer, 2xx. Raises FetchError, also for a redirect: what was posted would be lost."""
        # The operator wrote this very address, which may be a private one.
        request = Request(url, "POST", tuple(headers), body, manner=Manner(is_endpoint=True))
        page = await self._client.fetch(request)
        if page.url != target.parse(url).text:
            what = "the server redirects; write the address that it redirects to"
            raise errors.FetchError(url, what, code="bad_url")
        return page.status


def channels_of(config: Config, client: Client) -> dict[str, Channel]:
    """Every way out by the name that the outbox has for it: that of mails, and those of the subscriptions."""
    found: dict[str, Channel] = {
        config.mail.kind: kinds.load(CHANNELS, config.mail.kind, "Channel")(config.mail.options)
    }
    for spec in (channel for subscription in config.subscriptions for channel in subscription.channels):
        if spec.name not in found:
            channel_class = kinds.load(CHANNELS, spec.kind, "Channel")
            options = channel_class.Options.model_validate(spec.options)  # type: ignore[attr-defined]
            if "path" in type(options).model_fields:
                options = options.model_copy(update={"path": config.state / options.path})
            found[spec.name] = channel_class(options, HttpPoster(client))
    return found


def known(tx: Connection, plan: Plan) -> None:
    """Makes the store know what is configured; what no longer is keeps its history."""
    source_rows.sync(tx, [source_row(spec, plan.asked_as) for spec in plan.sources], now())
    runs.subscribe(tx, [subscription.id for subscription in plan.subscriptions], now())


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Database]:
    """The database, with what a process that died left behind taken up again."""
    heap.bound()
    db = Database.open(database(config))
    try:
        recovered = await db.write(outbox.recover, now())
        if recovered:
            _log.warning("taken up again", messages=len(recovered))
        yield db
    finally:
        db.close()


@asynccontextmanager
async def assembled(config: Config) -> AsyncIterator[Parts]:
    """Opens the database, builds every part, and closes all in order at the end."""
    async with opened(config) as db:
        parts = build(config, db, InFlight())
        try:
            await db.write(known, parts.plan)
            yield parts
        finally:
            await parts.close()


@asynccontextmanager
async def scouting(config: Config | None) -> AsyncIterator[tuple[Client, Sandbox]]:
    """What looking at unknown pages needs: the guarded client, as the configuration wants it, and a reading child."""
    fetcher = Client(config.fetch if config is not None else FetchOptions())
    sandbox = Sandbox("policywatch.pipeline.discover:Scout", tuple)
    try:
        yield fetcher, sandbox
    finally:
        await sandbox.close()
        await fetcher.close()


def compiled(config: Config) -> Plan:
    """The plan of a configuration whose watch-lists, sources and templates were all built once to see that they work.

    Raises PolicywatchError that says which does not.
    """
    plan = plan_of(config)
    Matcher(plan.watchlists)
    renderer = renderer_of(config)
    try:
        renderer.check()
    finally:
        renderer.close()
    for spec in plan.sources:
        base.build(spec)
    return plan
