"""The long-running service and its demonstration: run, health, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from policywatch import bootstrap, logs, probe
from policywatch.cli.base import ConfigPath, app, load, run_to_end


@app.command()
def run(
    role: Annotated[
        list[str] | None,
        typer.Option(
            help="What this process does: scheduler, poller, sender, web or all; may be said several times. "
            "Only for `engine: procrastinate`."
        ),
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Runs the service: polls, matches, mails and serves the pages until it is stopped (Ctrl-C, SIGTERM)."""
    from policywatch import serving  # noqa: PLC0415  # the web server is not loaded for one command
    from policywatch.engine import roles  # noqa: PLC0415

    run_to_end(serving.serve(bootstrap.located(config), roles=roles.parsed(role or ())))


@app.command()
def health(
    url: Annotated[
        str | None, typer.Option(help="Where to ask, on this machine; without it the configuration's web.listen.")
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Asks the running service on this machine how it is. Exit code 1 and the reasons if it is not well."""
    faults = probe.faults(url or probe.url_of(load(config).web.listen))
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo("ok")


@app.command()
def demo(
    *,
    state: Annotated[Path, typer.Option(help="Where the demo keeps its data between runs.")] = Path("var/demo"),
    once: Annotated[bool, typer.Option("--once", help="Ends after one round instead of serving the pages.")] = False,
    article: Annotated[
        list[Path] | None, typer.Option(help="Adds a page made of this file's text to the newsroom.", exists=True)
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Clears what earlier runs left, and ends.")] = False,
) -> None:
    """Shows the whole job on a newsroom that runs on this machine: nothing leaves it, nothing is opened."""
    from policywatch import demo as show  # noqa: PLC0415  # the newsroom is not loaded for real work

    logs.configure(style="auto", level="warning")
    if reset:
        typer.echo(show.reset(state))
        return
    run_to_end(show.show(state, article or [], once=once, say=typer.echo))
