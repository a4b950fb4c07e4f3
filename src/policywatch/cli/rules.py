"""Rules against the archive: replay, trends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from policywatch import bootstrap, dates
from policywatch.cli.base import ConfigPath, app, load, progress
from policywatch.commands import rules

if TYPE_CHECKING:
    from datetime import timedelta

    from policywatch.digests import timeline
    from policywatch.pipeline.rematch import Mode


def _span(text: str) -> timedelta:
    try:
        return dates.duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error


@app.command()
def replay(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="RULES",
            help="A YAML file of watch-lists, or - for standard input; without it the configuration's own lists.",
        ),
    ] = None,
    *,
    query: Annotated[str | None, typer.Option("--query", help="A rule in one line instead of a file.")] = None,
    watchlist: Annotated[
        str | None, typer.Option("--watchlist", help="Only this list; a query is held against what it has recorded.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only articles that came in since, such as 30d; without it all.")
    ] = None,
    apply: Annotated[
        str | None,
        typer.Option(
            "--apply",
            help="Records what is found: quietly, or digest, which also puts it into the next digest.",
        ),
    ] = None,
    examples: Annotated[int, typer.Option("--examples", min=0, help="Articles shown of each list and change.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Prints one JSON object.")] = False,
    language: Annotated[str | None, typer.Option(help="zh-CN or en; without it the configuration's.")] = None,
    config: ConfigPath = None,
) -> None:
    """Tries rules on the archive: what they would find, gain and lose against what stands recorded.

    Changes nothing without --apply, also beside a running service.
    """
    if file is not None and query is not None:
        raise typer.BadParameter("give a file or --query, not both")
    if apply is not None and apply not in rules.MODES:
        raise typer.BadParameter("quietly or digest", param_hint="--apply")
    loaded = load(config)
    lists = rules.chosen(loaded, file, query, watchlist)
    span = _span(since) if since is not None else None
    with progress("replay", rules.parts(loaded, span)) as advance:
        report = rules.replay(loaded, lists, span, cast("Mode | None", apply), examples, advance)
    words = bootstrap.renderer_of(loaded).catalogue(language or loaded.language)
    if as_json:
        typer.echo(json.dumps(rules.plain(report), ensure_ascii=False, indent=2))
    else:
        for line in rules.told(report, words, loaded.timezone):
            typer.echo(line)
        if apply is not None:
            typer.echo("\n" + words.text("replay.recorded"))
    if apply is not None:
        for name in rules.unconfigured(loaded, lists):
            typer.echo(words.text("replay.unconfigured", name=name), err=True)


@app.command()
def trends(
    *,
    watchlist: Annotated[
        list[str] | None, typer.Option("--watchlist", help="Only this list; may be given several times.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="week or month.")] = "week",
    since: Annotated[str, typer.Option("--since", help="How far back, such as 90d.")] = "90d",
    region: Annotated[str, typer.Option("--region", help="Only documents of this region, such as 广东.")] = "",
    issuer: Annotated[str, typer.Option("--issuer", help="Only documents of this body, such as 工信部.")] = "",
    form: Annotated[str, typer.Option("--format", help="table, csv, json or svg.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Writes to a file.")] = None,
    config: ConfigPath = None,
) -> None:
    """Counts articles and stories of watch-lists by week or month, region and issuing body, and who was first.

    Articles count on the day that they bear, else on the day they came in; who was first, among several sources that
    have a story. Changes nothing, also beside a running service.
    """
    if by not in {"week", "month"}:
        raise typer.BadParameter("week or month", param_hint="--by")
    if form not in rules.FORMS:
        raise typer.BadParameter(", ".join(rules.FORMS), param_hint="--format")
    span = _span(since)
    text = rules.trends(load(config), watchlist or [], cast("timeline.By", by), span, region, issuer, form)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        typer.echo(f"written to {output}")
