"""Making a configuration and looking at it: init, check, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from policywatch.cli.base import ConfigPath, app, load
from policywatch.commands import setup


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="A new or empty folder.")]) -> None:
    """Writes a commented configuration that works as it is, to begin with."""
    written = setup.init(directory)
    typer.echo(f"{len(written)} files written to {directory}:")
    for path in written:
        typer.echo(f"  {path}")
    typer.echo(
        "\nNext:\n"
        f"  1. edit {directory / 'policywatch.yaml'}: who gets which watch-lists, and when\n"
        f"  2. policywatch check --config {directory / 'policywatch.yaml'}\n"
        f"  3. policywatch run --config {directory / 'policywatch.yaml'}"
    )


@app.command()
def check(config: ConfigPath = None) -> None:
    """Checks the whole configuration and says what it means, or every fault with its file, line and column."""
    loaded = load(config)
    for line in setup.describe(loaded):
        typer.echo(line)


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A folder; without it to standard output.")
    ] = None,
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="The same as a reference to read.")] = False,
) -> None:
    """Writes the configuration's JSON Schemas, one for each kind of file, with which editors complete and underline."""
    from policywatch import reference  # noqa: PLC0415  # parses the sources, which no other command needs
    from policywatch import schema as schemas  # noqa: PLC0415

    if markdown:
        documents = {"configuration.md": reference.markdown()}
    else:
        documents = {name: schemas.document(file) for file, name in schemas.FILES.items()}
    for name, document in documents.items():
        if output is None:
            typer.echo(document, nl=False)
        else:
            output.mkdir(parents=True, exist_ok=True)
            (output / name).write_text(document, encoding="utf-8")
            typer.echo(f"written to {output / name}")
