"""Pipes that try parts of policywatch on input of one's own: try match, read, extract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from policywatch.cli.base import ConfigPath, app, json_lines, load, pipe, run_to_end
from policywatch.commands import pipes

trials = typer.Typer(
    help="Tries parts of policywatch on your own input, without touching the store.", no_args_is_help=True
)
app.add_typer(trials, name="try")

ManifestPath = Annotated[Path, typer.Option("--manifest", help="A file of JSON lines, one for each saved page.")]


@trials.command("match")
def try_match(config: ConfigPath = None) -> None:
    """Matches texts from standard input against the watch-lists.

    Each line is a JSON object {"id", "title", "body"}; each answer is a line {"id", "watchlists", "scores", "hits"}
    whose offsets point into the text as given. A line that is no such object is answered with an "error".
    """
    pipe(pipes.trial(load(config)))


@trials.command("read")
def try_read(manifest: ManifestPath) -> None:
    """Reads saved feeds and list pages: one answer for each line of a manifest, never stopping at a bad one.

    Each line is a JSON object {"file", "kind", "url", "options", "now"}: kind is feed, listpage ...; url is where the
    page stood; options are those of the kind; now is when it was read. Options and now may be left out; paths are
    relative to the manifest, and .gz files are read. Each answer is a line {"file", "ok", "error", "items"} with items
    {"title", "url", "id", "published"}; published is ISO 8601 with offset, or null.
    """
    run_to_end(_answer_pages("read", manifest))


@trials.command("extract")
def try_extract(manifest: ManifestPath) -> None:
    """Reads saved article pages: one answer for each line of a manifest, never stopping at a bad one.

    Each line is a JSON object {"file", "url", "options", "now"}; options may hold CSS selectors for title, body, date
    and publisher. Each answer is a line {"file", "ok", "error", "title", "published", "source", "body", "attachments"}
    with attachments {"name", "url", "type"}.
    """
    run_to_end(_answer_pages("extract", manifest))


@trials.command("document")
def try_document() -> None:
    """Reads articles as policy documents: number, issuing bodies, kind, days, region, deadlines, related documents.

    Each line of standard input is a JSON object {"id", "title", "body", "url", "meta", "fetched"}; meta holds the
    page's meta tags, and all but the title may be left out. Each answer is a line {"id", "numbers", "issuers", "kind",
    "written", "published", "effective", "expires", "region", "level", "deadlines", "relates"}; days are YYYY-MM-DD or
    null. A line that is no such object is answered with an "error".
    """
    pipe(pipes.document)


async def _answer_pages(method: str, manifest: Path) -> None:
    out = json_lines()
    async for answer in pipes.try_pages(method, manifest):
        out(answer)
