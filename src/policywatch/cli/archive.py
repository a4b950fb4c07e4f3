"""The archive: search, backup, restore, export, import."""

from __future__ import annotations

from typing import Annotated

import typer

from policywatch.cli.base import ConfigPath, app, json_lines, load
from policywatch.commands import archive


@app.command()
def search(
    query: Annotated[
        str,
        typer.Argument(
            help="Words that must all be there; OR between two, - before one, title: for titles, “…” for a phrase. "
            "May be empty (''), for the filters alone. Write -- before a query that begins with -."
        ),
    ],
    *,
    watchlist: Annotated[
        list[str] | None, typer.Option(help="Only what belongs to it or its members; may be said several times.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="Id of a source; several times for any of them.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Such as 全国 or 广东; several times for any.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Such as 通知 or 征求意见稿; several times for any.")] = None,
    issuer: Annotated[str, typer.Option(help="A part of the issuing body's name, or its short name.")] = "",
    since: Annotated[str | None, typer.Option(help="A day as 2026-11-25, or 30d for thirty days ago.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day, written the same way.")] = None,
    newest: Annotated[
        bool, typer.Option("--newest", help="Newest first, instead of those with all words in the title first.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many stories at the most.")] = 20,
    config: ConfigPath = None,
) -> None:
    """Searches everything that is kept, in both spellings of Chinese; also beside a running service."""
    loaded = load(config)
    results = archive.found(
        loaded,
        query,
        watchlists=watchlist or (),
        sources=source or (),
        regions=region or (),
        kinds=kind or (),
        issuer=issuer,
        since=since,
        until=until,
        newest=newest,
        limit=limit,
    )
    if json_:
        out = json_lines()
        for match in results.matches:
            out(archive.as_json(match))
    else:
        for match in results.matches:
            for line in archive.as_lines(match, loaded.timezone):
                typer.echo(line)
        if not results.matches:
            typer.echo("nothing was found")
    if results.after is not None:
        typer.echo(f"there are more; --limit {limit * 5} shows them", err=True)
    if results.waiting:
        typer.echo(
            f"the index lags: {results.waiting:,} articles cannot be found yet; the running service puts them in, "
            "`policywatch poll` does too",
            err=True,
        )
