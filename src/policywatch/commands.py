"""What each command does, on parts that `bootstrap` built: look, close, preview, explain, check."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from policywatch import bootstrap, errors
from policywatch import config as configuration
from policywatch.digests import slots
from policywatch.matching import explain as explanations
from policywatch.matching import termreport
from policywatch.matching import trial as trials
from policywatch.matching import words as explanation_words
from policywatch.matching.check import doubts
from policywatch.matching.matcher import Matcher
from policywatch.pipeline import reading
from policywatch.pipeline import trials as page_trials
from policywatch.pipeline.digest import Closed, Digester
from policywatch.sandbox.pool import Sandbox
from policywatch.store import articles as article_rows
from policywatch.store.db import Database
from policywatch.text.decode import decode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from policywatch.bootstrap import Parts
    from policywatch.config import Config
    from policywatch.model import Rendered


def init(directory: Path) -> list[Path]:
    """Copies the shipped configuration and gives the files written. Never overwrites one."""
    source = bootstrap.shipped("config")
    files = sorted(
        path.relative_to(source)
        for path in source.rglob("*")
        if path.suffix in {".yaml", ".json"} and path.relative_to(source) != Path("demo.yaml")
    )
    existing = [path for path in files if (directory / path).exists()]
    if existing:
        raise errors.PolicywatchError(f"{directory / existing[0]} is there already; name a new folder")
    try:
        for path in files:
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, directory / path)
        # In the checkout the data lies beside the configuration's folder; a folder of one's own holds its data.
        main = directory / "policywatch.yaml"
        main.write_text(main.read_text(encoding="utf-8").replace("state: ../var\n", "state: var\n"), encoding="utf-8")
    except OSError as error:
        raise errors.PolicywatchError(
            f"{error.filename or directory} cannot be written ({error.strerror}); "
            f"name a folder that user {os.geteuid()} may write to"
        ) from error
    return [directory / path for path in files]


def describe(config: Config) -> list[str]:
    """What a configuration means, in lines. Builds everything that can be built without the database."""
    plan = bootstrap.compiled(config)
    lines = [
        f"ok: {len(plan.sources)} sources, {len(plan.watchlists)} watch-lists, {len(plan.subscriptions)} subscriptions",
        f"mail leaves by {config.mail.kind} from {config.mail.sender}; data lies in {config.state}",
        f"pages listen on {config.web.listen}",
    ]
    for subscription in plan.subscriptions:
        to = ", ".join(recipient.address for recipient in subscription.recipients(plan.language))
        lists = plan.lists_of(subscription)
        when = "alerts only"
        if subscription.digest is not None:
            zone = subscription.digest.zone(plan.zone)
            coming = slots.next_slot(subscription.digest.crontabs, zone, bootstrap.now())
            when = f"next digest {coming.astimezone(zone):%Y-%m-%d %H:%M %Z}" if coming else "no digest ever comes"
        lines.append(f"{subscription.id}: {len(lists)} watch-lists to {to}; {when}")
    lines += [f"note: {spec.name}: {doubt}" for spec in plan.watchlists for doubt in doubts(spec.rule)]
    return lines


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
    plan = bootstrap.plan_of(config)
    _known("subscription", [subscription], [spec.id for spec in plan.subscriptions])
    spec = next(spec for spec in plan.subscriptions if spec.id == subscription)
    db = Database.open(bootstrap.database_path(config), read_only=True)
    try:
        digester = Digester(plan, db, bootstrap.renderer_of(config), bootstrap.now)
        digest = db.read_now(digester.preview, spec)
        return digester.rendered(digest, language or plan.language)
    finally:
        db.close()


def trial(config: Config) -> Callable[[str], dict[str, Any]]:
    """What `try match` answers to a line."""
    matcher = Matcher(config.watchlists)
    return lambda line: trials.trial(matcher, line)


async def try_pages(method: str, manifest: Path) -> AsyncIterator[dict[str, Any]]:
    """What `try read` and `try extract` answer to the lines of a manifest."""
    sandbox = Sandbox("policywatch.pipeline.trials:Reader", tuple, calls_per_child=10_000)
    try:
        async for answer in page_trials.answers(sandbox, method, manifest, bootstrap.now()):
            yield answer
    finally:
        await sandbox.close()


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
    db = Database.open(bootstrap.database_path(config), read_only=True) if is_article else None
    try:
        found = db.read_now(article_rows.find, wanted) if db is not None else None
    finally:
        if db is not None:
            db.close()
    if found is None:
        what = "article in the store" if is_article else "file"
        raise errors.PolicywatchError(f"no {what} {wanted!r}; give an article's number or address, a text file or -")
    return found.title, found.body, reading.source_text(found.source_name, found.publisher)
