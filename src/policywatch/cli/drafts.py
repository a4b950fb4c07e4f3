"""Digests that wait for their reviewer: drafts list, show, release, drop."""

from __future__ import annotations

from typing import Annotated

import typer

from policywatch.cli.base import ConfigPath, app, load
from policywatch.commands import drafts as work

drafts = typer.Typer(name="drafts", help="Digests that wait for somebody to let them go.", no_args_is_help=True)
app.add_typer(drafts)

DraftId = Annotated[int, typer.Argument(help="The draft's number, as `drafts list` shows it.")]


@drafts.command("list")
def list_(config: ConfigPath = None) -> None:
    """Lists the digests that wait, the one whose time ends first at the top."""
    lines = work.waiting(load(config))
    for line in lines or ["no draft waits"]:
        typer.echo(line)


@drafts.command()
def show(draft: DraftId, config: ConfigPath = None) -> None:
    """Shows a draft as its readers would get it."""
    for line in work.show(load(config), draft):
        typer.echo(line)


@drafts.command()
def release(draft: DraftId, config: ConfigPath = None) -> None:
    """Lets a draft go: its mails leave with the next delivery. Also beside a running service."""
    typer.echo(work.release(load(config), draft))


@drafts.command()
def drop(draft: DraftId, config: ConfigPath = None) -> None:
    """Drops a draft: it is not sent, and its stories do not come again. Also beside a running service."""
    typer.echo(work.drop(load(config), draft))
