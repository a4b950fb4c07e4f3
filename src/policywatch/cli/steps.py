"""The steps of the pipeline one by one, from cron or by hand: poll, digest, deliver."""

from __future__ import annotations

from typing import Annotated

import typer

from policywatch import bootstrap
from policywatch.cli.base import ConfigPath, SourceIds, SubscriptionIds, app, load, progress, run_to_end
from policywatch.commands import steps


@app.command()
def poll(sources: SourceIds = None, config: ConfigPath = None) -> None:
    """Polls sources once, reads new articles and matches them. Exit code 1 if a source failed."""
    loaded = load(config)

    async def work() -> int:
        async with bootstrap.assembled(loaded) as parts:
            steps.known_sources(parts, sources)
            with progress("polling", None) as advance:
                polled = await parts.poller.poll_due(sources or None, on_polled=lambda _one: advance())
            with progress("reading articles", None) as advance:
                matched = await steps.read_all_texts(parts, advance)
            await parts.tell_troubles()
            await parts.index()
        failed = [one for one in polled if one.status == "error"]
        for one in failed:
            typer.echo(f"{one.source}: {one.error}", err=True)
        new = sum(one.new for one in polled)
        hits = sum(one.matched for one in polled) + matched
        typer.echo(f"{len(polled)} sources polled, {len(failed)} failed, {new} new articles, {hits} matched")
        return 1 if failed else 0

    raise typer.Exit(run_to_end(work()))


@app.command()
def digest(
    subscriptions: SubscriptionIds = None,
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Closes a slot at this moment, whatever the schedule says.")
    ] = False,
    config: ConfigPath = None,
) -> None:
    """Closes the slots that are due: what waits for them becomes mail in the outbox (`deliver` sends it)."""
    loaded = load(config)

    async def work() -> None:
        async with bootstrap.assembled(loaded) as parts:
            closed = await steps.close_slots(parts, subscriptions, now=now)
        for one in closed:
            what = "nothing new, no mail" if one.messages == 0 else f"{one.stories} stories, {one.messages} mails"
            typer.echo(f"{one.subscription} {one.slot}: {what}")
        if not closed:
            typer.echo("no slot is due")

    run_to_end(work())


@app.command()
def deliver(config: ConfigPath = None) -> None:
    """Sends what waits in the outbox. Exit code 1 if something could not be sent."""
    loaded = load(config)

    async def work() -> int:
        async with bootstrap.assembled(loaded) as parts:
            done = await parts.deliver_all()
        typer.echo(f"{done.sent} sent, {done.retried} to be tried again, {done.failed} failed, {done.unknown} unknown")
        return 1 if done.retried or done.failed or done.unknown else 0

    raise typer.Exit(run_to_end(work()))
