"""The archive: search, backup, restore, export, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from policywatch import bootstrap
from policywatch.cli.base import ConfigPath, app, json_lines, load
from policywatch.commands import archive, discover, opml


@app.command()
def search(
    query: Annotated[
        str,
        typer.Argument(
            help="Words that must all be there; OR between two, - before one, title: for titles, “…” for a phrase, "
            "* behind the beginning of a word. "
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
    level: Annotated[list[str] | None, typer.Option(help="国家, 省, 市 or 区县; several times for any.")] = None,
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
        levels=level or (),
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
    if results.unread and (region or kind or level or issuer):
        typer.echo(
            f"of {results.unread:,} older articles region, kind, level and issuing body are still to be read; the "
            "filters by them do not find those yet. The running service reads them",
            err=True,
        )


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file; its folder must be there.")], config: ConfigPath = None
) -> None:
    """Writes the whole store into one SQLite file, while the service goes on. From PostgreSQL too."""
    size = archive.back_up(load(config), file)
    typer.echo(f"written to {file}: {size / 1e6:,.1f} MB")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `policywatch backup` wrote.")], config: ConfigPath = None
) -> None:
    """Puts a backup in the place of the store. Stop the service first; the old store is kept beside it.

    Mail that was waiting when the backup was made may have been sent since: it is sent once more, under the same
    Message-ID. A PostgreSQL database must be empty.
    """
    waiting, old = archive.restore(load(config), file)
    typer.echo(f"restored from {file}")
    if old is not None:
        typer.echo(f"the old store is now {old}; delete it when all is well")
    if waiting:
        typer.echo(f"{waiting} mails that were waiting then may have been sent since; they are sent once more")


@app.command()
def export(
    *,
    since: Annotated[
        str | None, typer.Option(help="What came since a day, written 2026-11-25, or 30d for thirty days ago.")
    ] = None,
    opml_: Annotated[bool, typer.Option("--opml", help="The sources, as other readers take them up.")] = False,
    config: ConfigPath = None,
) -> None:
    """Writes every article with its text, document and hits to standard output: one JSON object a line."""
    loaded = load(config)
    if opml_:
        if since is not None:
            raise typer.BadParameter("sources have no day; leave it out", param_hint="--since")
        bootstrap.hide_secrets(loaded)
        for line in opml.written(loaded.sources):
            typer.echo(line)
        return
    out = json_lines()
    for article in archive.exported(loaded, since):
        out(article)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An OPML file, as feed readers export it.")], config: ConfigPath = None
) -> None:
    """Prints the feeds of an OPML file as sources to paste. Changes nothing; those that are there are left out."""
    loaded = discover.config_or_none(config)
    entries, passed = opml.read(file, loaded.sources if loaded is not None else ())
    for line in passed:
        typer.echo(f"left out: {line}", err=True)
    if not entries:
        raise typer.Exit(1)
    typer.echo(discover.pasted(entries))
