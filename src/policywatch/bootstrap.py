"""From a configuration to built objects: the only file that names concrete classes and sees Config."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from pydantic import ValidationError

from policywatch import config as configuration
from policywatch import errors, kinds, logs
from policywatch.digests import slots
from policywatch.digests.render import Renderer
from policywatch.fetch.client import Client
from policywatch.matching import explain as explanations
from policywatch.matching import termreport
from policywatch.matching import trial as trials
from policywatch.matching import words as explanation_words
from policywatch.matching.check import doubts
from policywatch.matching.matcher import Matcher
from policywatch.pipeline import deliver, reading
from policywatch.pipeline.digest import Closed, Digester
from policywatch.pipeline.plan import Plan
from policywatch.pipeline.poll import Poller
from policywatch.pipeline.texts import TextReader
from policywatch.sandbox.pool import Sandbox
from policywatch.service import Job, Service
from policywatch.sources import base
from policywatch.store import articles as article_rows
from policywatch.store import outbox, runs
from policywatch.store import sources as source_rows
from policywatch.store.db import Database
from policywatch.text.decode import decode
from policywatch.web import app as web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from policywatch.config import Config
    from policywatch.model import Channel, Rendered

_log = logs.get("bootstrap")

LOOKED_FOR = (
    Path("policywatch.yaml"),
    Path("config/policywatch.yaml"),
    Path("/config/policywatch.yaml"),
)
POLL_TICK = timedelta(seconds=5)
DIGEST_TICK = timedelta(seconds=10)
DELIVER_TICK = timedelta(seconds=5)
PRUNE_TICK = timedelta(hours=6)


def now() -> datetime:
    """The one clock of the program."""
    return datetime.now(UTC)


def shipped(name: str) -> Path:
    """A folder that policywatch ships (`templates`, `config`): in the wheel, else at the top of the checkout."""
    inside = Path(__file__).parent / "_shipped" / name
    return inside if inside.is_dir() else Path(__file__).parents[2] / name


def load(path: Path | None) -> Config:
    """The configuration. Raises ConfigError with every fault at once."""
    if path is None:
        path = next((place for place in LOOKED_FOR if place.is_file()), None)
    if path is None:
        places = ", ".join(str(place) for place in LOOKED_FOR)
        what = f"no configuration found (looked for {places}); make one with: policywatch init my-watch"
        raise errors.ConfigError([errors.Fault("policywatch.yaml", 0, 0, "file", what)])
    return configuration.load(path, os.environ)


def demo_config(state: Path) -> Config:
    """The demonstration's configuration with its data in `state`."""
    config = configuration.load(shipped("config") / "demo.yaml", os.environ)
    options = config.mail.options.model_copy(update={"path": state / "mail"})
    return replace(config, state=state, mail=replace(config.mail, options=options))


def init(directory: Path) -> list[Path]:
    """Copies the shipped configuration and gives the files written. Never overwrites one."""
    source = shipped("config")
    files = sorted(
        path.relative_to(source) for path in source.rglob("*.yaml") if path.relative_to(source) != Path("demo.yaml")
    )
    existing = [path for path in files if (directory / path).exists()]
    if existing:
        raise errors.PolicywatchError(f"{directory / existing[0]} is there already; name a new folder")
    for path in files:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, directory / path)
    return [directory / path for path in files]


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
    )


def renderer_of(config: Config) -> Renderer:
    """Templates of the user's folder stand before the shipped ones of the same name."""
    folders = [config.templates] if config.templates else []
    return Renderer(jinja2.FileSystemLoader([str(folder) for folder in [*folders, shipped("templates")]]))


def source_row(spec: Any) -> source_rows.SourceRow:
    """A source as the store knows it."""
    fingerprint = f"{spec.kind} {spec.url}"
    return source_rows.SourceRow(spec.id, spec.name, spec.kind, spec.url, fingerprint)


def database_path(config: Config) -> Path:
    """The SQLite file."""
    return config.state / "policywatch.sqlite"


@dataclass(frozen=True, slots=True)
class Parts:
    """A built policywatch whose database is open."""

    config: Config
    plan: Plan
    db: Database
    renderer: Renderer
    poller: Poller
    texts: TextReader
    digester: Digester
    channels: dict[str, Channel]

    async def deliver_all(self) -> deliver.Delivered:
        """Sends what is due in the outbox."""
        return await deliver.deliver_due(self.db, self.channels, now)


@asynccontextmanager
async def assembled(config: Config) -> AsyncIterator[Parts]:
    """Opens the database, builds every part, and closes all in order at the end."""
    plan = plan_of(config)
    renderer = renderer_of(config)
    channel_class = kinds.load("policywatch.channels.kinds", config.mail.kind, "Channel")
    db = Database.open(database_path(config))
    fetcher = Client(config.fetch)
    sandbox = Sandbox("policywatch.pipeline.reading:Reader", lambda: (plan.sources, plan.watchlists))
    channels: dict[str, Channel] = {config.mail.kind: channel_class(config.mail.options)}
    try:
        await db.write(source_rows.sync, [source_row(spec) for spec in plan.sources], now())
        await db.write(runs.subscribe, [subscription.id for subscription in plan.subscriptions], now())
        recovered = await db.write(outbox.recover, now())
        if recovered:
            _log.warning("taken up again", messages=len(recovered))
        yield Parts(
            config=config,
            plan=plan,
            db=db,
            renderer=renderer,
            poller=Poller(plan, db, fetcher, sandbox, now),
            texts=TextReader(plan, db, fetcher, sandbox, now),
            digester=Digester(plan, db, renderer, now),
            channels=channels,
        )
    finally:
        await sandbox.close()
        await fetcher.close()
        for channel in channels.values():
            await channel.close()
        db.close()


def known_sources(parts: Parts, wanted: Sequence[str] | None) -> None:
    """Raises PolicywatchError naming a source that the configuration does not have."""
    _known("source", wanted, [spec.id for spec in parts.plan.sources])


def _known(what: str, wanted: Sequence[str] | None, known: Sequence[str]) -> None:
    for name in wanted or ():
        if name not in known:
            raise errors.PolicywatchError(f"no {what} {name!r} in the configuration; there are: {', '.join(known)}")


async def read_all_texts(parts: Parts, advance: Callable[[], None]) -> int:
    """Reads articles' pages until none is due; gives how many matched."""
    matched = 0
    while True:
        texts = await parts.texts.read_due()
        advance()
        matched += texts.matched
        if texts.read + texts.failed == 0:
            return matched


async def close_slots(parts: Parts, wanted: Sequence[str] | None, *, now: bool) -> list[Closed]:
    """Closes the slots that are due, or one at this moment for each wanted subscription."""
    _known("subscription", wanted, [subscription.id for subscription in parts.plan.subscriptions])
    if not now:
        return await parts.digester.close_due()
    closed = [
        await parts.digester.close_now(subscription)
        for subscription in parts.plan.subscriptions
        if not wanted or subscription.id in wanted
    ]
    return [one for one in closed if one is not None]


def preview(config: Config, subscription: str, language: str | None) -> Rendered:
    """The digest that would be sent now, from a read-only look at the store."""
    plan = plan_of(config)
    _known("subscription", [subscription], [spec.id for spec in plan.subscriptions])
    spec = next(spec for spec in plan.subscriptions if spec.id == subscription)
    db = Database.open(database_path(config), read_only=True)
    try:
        digester = Digester(plan, db, renderer_of(config), now)
        digest = db.read_now(digester.preview, spec)
        return digester.rendered(digest, language or plan.language)
    finally:
        db.close()


def trial(config: Config) -> Callable[[str], dict[str, Any]]:
    """What `try match` answers to a line."""
    matcher = Matcher(config.watchlists)
    return lambda line: trials.trial(matcher, line)


def explain(config: Config, wanted: str, language: str | None) -> list[str]:
    """Why an article of the store (by number or address), a text file or standard input (`-`) matches, in lines."""
    language = _language(language or config.language)
    title, body, source = _text_of(config, wanted)
    matcher = Matcher(config.watchlists)
    told = explanations.explain(matcher, title, body, source)
    return [
        title.strip(),
        *explanation_words.lines(told, language, len(config.watchlists), has_text=bool(body.strip())),
    ]


def explain_term(config: Config, term: str, language: str | None) -> list[str]:
    """What becomes of a term, in lines."""
    language = _language(language or config.language)
    try:
        told = termreport.report(Matcher(config.watchlists), term)
    except ValueError as error:
        raise errors.PolicywatchError(f"{term!r} can be no term of a watch-list: {_reason(error)}") from error
    return explanation_words.term_lines(told, language)


def _reason(error: ValueError) -> str:
    found = error.errors(include_url=False, include_input=False) if isinstance(error, ValidationError) else []
    return str(found[0]["msg"]).removeprefix("Value error, ") if found else str(error)


def _language(language: str) -> str:
    if language not in configuration.LANGUAGES:
        raise errors.PolicywatchError(f"no language {language!r}; there are: {', '.join(configuration.LANGUAGES)}")
    return language


def _text_of(config: Config, wanted: str) -> tuple[str, str, str]:
    """Title, body and source of what is to be explained."""
    path = Path(wanted)
    if wanted == "-":
        text = sys.stdin.buffer.read()
    elif not wanted.isdigit() and "://" not in wanted and path.is_file():
        text = path.read_bytes()
    else:
        return _stored(config, wanted)
    title, _, body = decode(text).strip().partition("\n")
    return title, body, ""


def _stored(config: Config, wanted: str) -> tuple[str, str, str]:
    is_article = wanted.isdigit() or "://" in wanted
    db = Database.open(database_path(config), read_only=True) if is_article else None
    try:
        found = db.read_now(article_rows.find, wanted) if db is not None else None
    finally:
        if db is not None:
            db.close()
    if found is None:
        what = "article in the store" if is_article else "file"
        raise errors.PolicywatchError(f"no {what} {wanted!r}; give an article's number or address, a text file or -")
    return found.title, found.body, reading.source_text(found.source_name, found.publisher)


def describe(config: Config) -> list[str]:
    """What a configuration means, in lines. Builds everything that can be built without the database."""
    plan = plan_of(config)
    Matcher(plan.watchlists)
    renderer_of(config)
    for spec in plan.sources:
        base.build(spec)
    lines = [
        f"ok: {len(plan.sources)} sources, {len(plan.watchlists)} watch-lists, {len(plan.subscriptions)} subscriptions",
        f"mail leaves by {config.mail.kind} from {config.mail.sender}; data lies in {config.state}",
    ]
    for subscription in plan.subscriptions:
        to = ", ".join(recipient.address for recipient in subscription.recipients(plan.language))
        lists = plan.lists_of(subscription)
        when = "alerts only"
        if subscription.digest is not None:
            zone = subscription.digest.zone(plan.zone)
            coming = slots.next_slot(subscription.digest.crontabs, zone, now())
            when = f"next digest {coming.astimezone(zone):%Y-%m-%d %H:%M %Z}" if coming else "no digest ever comes"
        lines.append(f"{subscription.id}: {len(lists)} watch-lists to {to}; {when}")
    lines += [f"note: {spec.name}: {doubt}" for spec in plan.watchlists for doubt in doubts(spec.rule)]
    return lines


async def serve(config: Config, *, on_ready: Callable[[], None] | None = None) -> None:
    """Runs the service until it is told to stop."""
    async with assembled(config) as parts:
        ticks: list[datetime] = []

        def on_tick() -> None:
            ticks[:] = [now()]

        site = web.Site(
            plan=parts.plan,
            db=parts.db,
            renderer=parts.renderer,
            style=(shipped("templates") / "web" / "style.css").read_text(encoding="utf-8"),
            now=now,
            last_tick=lambda: ticks[0] if ticks else None,
        )
        service = Service(jobs(parts), web.build(site), host=config.web.host, port=config.web.port, on_tick=on_tick)
        await service.run(on_ready=on_ready)


def jobs(parts: Parts) -> list[Job]:
    """What the service does, and how often it looks."""

    async def prune() -> None:
        before = now() - timedelta(days=parts.plan.keep_text_days)
        pruned = await parts.db.write(article_rows.prune_texts, before)
        if pruned:
            _log.info("pruned", texts=pruned)

    return [
        Job("poll", POLL_TICK, parts.poller.poll_due, may_overlap=True),
        Job("texts", POLL_TICK, parts.texts.read_due, may_overlap=True),
        Job("digest", DIGEST_TICK, parts.digester.close_due),
        Job("deliver", DELIVER_TICK, parts.deliver_all),
        Job("prune", PRUNE_TICK, prune),
    ]
