"""Looking without changing anything: preview, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from policywatch.cli.base import ConfigPath, app, load
from policywatch.commands import look


@app.command()
def preview(
    subscription: Annotated[str, typer.Argument(help="Id of a subscription.")],
    at: Annotated[
        str | None,
        typer.Option(help="The slot at this time, such as 2026-11-25T08:30: what it held if it is closed."),
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="text, html or eml (the whole mail).")] = "text",
    language: Annotated[str | None, typer.Option(help="zh-CN or en; without it the configuration's.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Writes to a file.")] = None,
    config: ConfigPath = None,
) -> None:
    """Shows the digest that would be sent now. Sends and claims nothing, also beside a running service."""
    if format_ not in look.FORMATS:
        raise typer.BadParameter(", ".join(look.FORMATS), param_hint="--format")
    document = look.preview(load(config), subscription, at=at, form=format_, language=language)
    if output is None:
        typer.echo(document)
    else:
        output.write_bytes(document)
        typer.echo(f"written to {output}")


@app.command()
def explain(
    what: Annotated[
        str | None,
        typer.Argument(help="An article's number or address, a text file whose first line is the title, or -."),
    ] = None,
    *,
    term: Annotated[str | None, typer.Option("--term", help="Shows how this term is looked for.")] = None,
    language: Annotated[str | None, typer.Option(help="zh-CN or en; without it the configuration's.")] = None,
    config: ConfigPath = None,
) -> None:
    """Says why a text matches: which terms stand where, what was discounted, what nearly matched."""
    if (what is None) == (term is None):
        raise typer.BadParameter("give an article, a file or -, or else --term")
    loaded = load(config)
    told = look.explain_term(loaded, term, language) if term else look.explain(loaded, what or "", language)
    for line in told:
        typer.echo(line)
