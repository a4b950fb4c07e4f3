"""Looking at a page that is not configured yet: discover."""

from __future__ import annotations

from typing import Annotated

import typer

from policywatch.cli.base import ConfigPath, app, run_to_end
from policywatch.commands import discover as discovery


@app.command()
def discover(
    what: Annotated[str, typer.Argument(help="Address of a page or feed, or a saved file.", metavar="URL|FILE")],
    *,
    url: Annotated[str | None, typer.Option("--url", help="Where a saved file came from.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Tries only this kind of source.")] = None,
    language: Annotated[str | None, typer.Option(help="zh-CN or en; without it the configuration's.")] = None,
    config: ConfigPath = None,
) -> None:
    """Says what a page is and prints a source for the configuration, ready to paste.

    Finds feeds, also those that a page links or that stand at common places, the platforms of Chinese government sites,
    list pages and JSON. Above the source stand its first items, how many have dates, and doubts, as comments. Of an
    article's page it names the columns. Needs no configuration, and stores nothing. Exit code 1: nothing was found.
    """
    loaded = discovery.config_or_none(config)
    lines, is_found = run_to_end(discovery.discover(loaded, what, url=url, kind=kind, language=language))
    for line in lines:
        typer.echo(line)
    if not is_found:
        raise typer.Exit(1)
