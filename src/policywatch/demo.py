"""The demonstration: a newsroom on this machine, watched from list page to mail, feeds and pages."""

from __future__ import annotations

import asyncio
import shutil
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from policywatch import bootstrap, errors, serving
from policywatch.commands import steps
from policywatch.digests.feeds.formats import FORMATS
from policywatch.newsroom import article, server
from policywatch.newsroom.site import DedeCms
from policywatch.pipeline import saved
from policywatch.web import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from policywatch.config import Config

_MARKER = ".policywatch-demo"
"""Stands in the folder that `reset` may clear: never one that somebody names by mistake."""
KEPT = "added"
"""Texts given with --article; they stay in the newsroom from run to run."""


def reset(state: Path) -> str:
    """Clears what earlier runs left, and says so."""
    if not state.exists():
        return f"{state} is not there; nothing to clear"
    if not (state / _MARKER).exists():
        raise errors.PolicywatchError(f"{state} was not made by the demo; it is left alone")
    shutil.rmtree(state)
    return f"{state} cleared"


async def show(state: Path, added: Sequence[Path], *, once: bool, say: Callable[[str], None]) -> None:
    """Runs the whole job; without `once` the service and its pages go on until a stop is asked for."""
    _prepare(state, added)
    adjust = bootstrap.kept_in(state)
    config = adjust(bootstrap.load(bootstrap.demo_path()))
    newsroom = server.Newsroom(server.bundled())
    for path in sorted((state / KEPT).glob("*.txt")):
        _site(newsroom).add(article.from_page_text(path.read_text(encoding="utf-8")))
    async with newsroom:
        say(
            f"newsroom: {len(newsroom.sites)} sites, "
            f"{sum(len(one.articles) for one in newsroom.sites.values())} articles"
        )
        await _round(config, state, say)
        if once:
            return
        say(f"\npages: http://{config.web.listen}/   (Ctrl-C ends)")
        await serving.serve(bootstrap.demo_path(), adjust)


def _prepare(state: Path, added: Sequence[Path]) -> None:
    if state.exists() and not (state / _MARKER).exists() and any(state.iterdir()):
        raise errors.PolicywatchError(f"{state} holds something else; name a new folder with --state")
    (state / KEPT).mkdir(parents=True, exist_ok=True)
    (state / _MARKER).touch()
    for path in added:
        try:
            text = path.read_text(encoding="utf-8")
            made = article.from_page_text(text)
        except (OSError, ValueError) as error:
            raise errors.PolicywatchError(f"{path} cannot be made into an article: {error}") from error
        (state / KEPT / f"{made.slug}.txt").write_text(text, encoding="utf-8")


def _site(newsroom: server.Newsroom) -> DedeCms:
    return next(one for one in newsroom.sites.values() if isinstance(one, DedeCms))


async def _round(config: Config, state: Path, say: Callable[[str], None]) -> None:
    """One round of everything: poll, read, match, close the slot, deliver, write the feeds."""
    async with bootstrap.assembled(config) as parts:
        polled = await parts.poller.poll_due([spec.id for spec in parts.plan.sources])
        matched = await steps.read_all_texts(parts, lambda: None)
        await parts.index()
        for one in sorted(polled, key=lambda one: one.source):
            say(
                f"  {one.source}: {one.error or f'{one.seen} seen, {one.new} new'}"
                if one.status != "unchanged"
                else f"  {one.source}: unchanged"
            )
        new = sum(one.new for one in polled)
        say(f"new articles: {new}; matched: {matched + sum(one.matched for one in polled)}")
        closed = await steps.close_slots(parts, None, now=True)
        delivered = await parts.deliver_all()
        stories = sum(one.stories for one in closed)
        if delivered.sent:
            say(f"digest: {stories} stories, {delivered.sent} mails written to {config.mail.options.path}")
        elif delivered.retried or delivered.failed or delivered.unknown:
            say(f"digest: {stories} stories; mails could not be written to {config.mail.options.path}")
        else:
            say("digest: nothing new, no mail")
        for path in _write_parts(config.mail.options.path, state / "digest"):
            say(f"  {path}")
        written = await _write_feeds(parts, config, state / "feeds")
        say(f"feeds: {written} in {state / 'feeds'}")


def _write_parts(maildir: Path, folder: Path) -> list[Path]:
    """Puts the newest mail to each recipient beside it as .html and .txt, to be opened without a mail program."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for path in sorted((maildir / "new").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        name = str(mail["To"]).partition("@")[0]
        for kind, ending in (("html", "html"), ("plain", "txt")):
            part = mail.get_body((kind,))
            if part is not None:
                target = folder / f"{name}.{ending}"
                target.write_text(part.get_content(), encoding="utf-8")
                written[target] = target
    return sorted(written)


async def _write_feeds(parts: bootstrap.Parts, config: Config, folder: Path) -> int:
    """The same documents that the pages serve."""
    base = config.web.public_url or f"http://{config.web.listen}"
    today = saved.today(parts.plan, bootstrap.now())
    written = 0
    for address in publish.addresses(parts.plan):
        for ending in FORMATS:
            _, document = await parts.db.read(
                publish.document, parts.plan, parts.renderer, address, ending, base, today
            )
            path = folder / address.kind / f"{address.name.replace('/', '-')}.{ending}"
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(path.write_bytes, document)
            written += 1
    return written
