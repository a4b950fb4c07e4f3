"""The store as a whole: store copy."""

from __future__ import annotations

from typing import Annotated

import typer

from policywatch.cli.base import app
from policywatch.commands import storage

store = typer.Typer(help="The store as a whole: moves it to another database.", no_args_is_help=True)
app.add_typer(store, name="store")


@store.command("copy")
def store_copy(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="A SQLite file (policywatch.sqlite in the state folder) or postgresql://..."
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TO",
            envvar="POLICYWATCH_COPY_TO",
            help="An empty PostgreSQL database, postgresql://user:password@host/database, or a new file. "
            "With a password better in the environment variable POLICYWATCH_COPY_TO than on the command line.",
        ),
    ],
) -> None:
    """Copies a whole store into an empty one: from SQLite to PostgreSQL, or back. Stop the service first.

    Nothing is kept there unless every row arrived. Then set `store:` in the configuration to the new address and start.
    """
    counts = storage.copy(source, target, lambda table, rows: typer.echo(f"{table}: {rows:,} rows"))
    typer.echo(f"copied: {sum(counts.values()):,} rows in {len(counts)} tables")
