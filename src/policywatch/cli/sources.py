"""Looking after sources: check-sources."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from policywatch.cli.base import ConfigPath, app, json_lines, load, progress, run_to_end
from policywatch.commands import sources as commands

if TYPE_CHECKING:
    from policywatch.pipeline.checks import Checked


@app.command("check-sources")
def check_sources(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Ids of sources, also of disabled ones; without any: all enabled ones.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, as each trial ends.")] = False,
    config: ConfigPath = None,
) -> None:
    """Tries sources out: items, dates, titles, time, what is wrong and what to change. Exit code 1 if one is bad.

    Asks each site as a poll would and keeps nothing, also beside a running service.
    """
    loaded = load(config)
    write = json_lines()
    with progress("trying sources", None) as advance:

        def told(checked: Checked) -> None:
            advance()
            if as_json:
                write(commands.as_json(checked))

        found = run_to_end(commands.check(loaded, sources or [], told))
    if not as_json and sys.stdout.isatty():
        Console().print(commands.as_table(found))
    elif not as_json:
        for one in found:
            typer.echo(commands.as_line(one))
    raise typer.Exit(0 if all(one.is_well for one in found) else 1)
