"""The commands: parse arguments, call, print, exit.

Exit codes: 0 done; 1 something could not be done (a source failed, a mail was refused), the rest was; 2 the command
was called wrongly; 75 another policywatch holds the database, try again later; 78 the configuration must be changed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from policywatch import __version__, bootstrap, commands, errors, logs, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from policywatch.config import Config

_Answer = TypeVar("_Answer")

EX_TEMPFAIL = 75
EX_CONFIG = 78

app = typer.Typer(
    name="policywatch",
    help="Watches policy and industry news, matches it against watch-lists and mails one digest.\n\n"
    "Begin with `policywatch init my-watch`, edit the files there, then `policywatch check` and `policywatch run`.\n\n"
    "Exit codes: 0 done, 1 something could not be done and the rest was, 2 called wrongly, "
    "75 another policywatch holds the database, 78 the configuration must be changed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
trials = typer.Typer(
    help="Tries parts of policywatch on your own input, without touching the store.", no_args_is_help=True
)
app.add_typer(trials, name="try")

errors_out = Console(stderr=True)

ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="POLICYWATCH_CONFIG",
        help="The main YAML file. Without it: ./policywatch.yaml, ./config/policywatch.yaml, /config/policywatch.yaml.",
        show_default=False,
    ),
]
ManifestPath = Annotated[Path, typer.Option("--manifest", help="A file of JSON lines, one for each saved page.")]
SourceIds = Annotated[list[str] | None, typer.Argument(help="Ids of sources; without any: those that are due.")]
SubscriptionIds = Annotated[list[str] | None, typer.Argument(help="Ids of subscriptions; without any: all.")]


def main() -> None:
    """The entry point: errors that policywatch raises on purpose become one clear text and an exit code."""
    try:
        app()
    except errors.ConfigError as error:
        _fail(str(error), EX_CONFIG)
    except errors.StoreBusyError as error:
        _fail(str(error), EX_TEMPFAIL)
    except errors.StoreError as error:
        _fail(str(error), EX_CONFIG)
    except errors.PolicywatchError as error:
        _fail(str(error), 1)
    except BrokenPipeError:
        # The reader of our output (head, less) has enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _fail(text: str, code: int) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    sys.exit(code)


def _load(path: Path | None) -> Config:
    config = bootstrap.load(path)
    logs.configure(style=config.log.format, level=config.log.level)
    return config


def _run(work: Coroutine[Any, Any, _Answer]) -> _Answer:
    return asyncio.run(work)


@app.callback(invoke_without_command=True)
def _about(
    *, version: Annotated[bool, typer.Option("--version", help="Prints the version and ends.", is_eager=True)] = False
) -> None:
    if version:
        typer.echo(f"policywatch {__version__}")
        raise typer.Exit


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="A new or empty folder.")]) -> None:
    """Writes a commented configuration that works as it is, to begin with."""
    written = commands.init(directory)
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
    loaded = _load(config)
    for line in commands.describe(loaded):
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


@app.command()
def run(config: ConfigPath = None) -> None:
    """Runs the service: polls, matches, mails and serves the pages until it is stopped (Ctrl-C, SIGTERM)."""
    from policywatch import serving  # noqa: PLC0415  # the web server is not loaded for one command

    _run(serving.serve(bootstrap.located(config)))


@app.command()
def health(
    url: Annotated[
        str | None, typer.Option(help="Where to ask, on this machine; without it the configuration's web.listen.")
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Asks the running service on this machine how it is. Exit code 1 and the reasons if it is not well."""
    faults = probe.faults(url or probe.url_of(_load(config).web.listen))
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo("ok")


@app.command()
def poll(sources: SourceIds = None, config: ConfigPath = None) -> None:
    """Polls sources once, reads new articles and matches them. Exit code 1 if a source failed."""
    loaded = _load(config)

    async def work() -> int:
        async with bootstrap.assembled(loaded) as parts:
            commands.known_sources(parts, sources)
            with _progress("polling", None) as advance:
                polled = await parts.poller.poll_due(sources or None, on_polled=lambda _one: advance())
            with _progress("reading articles", None) as advance:
                matched = await commands.read_all_texts(parts, advance)
        failed = [one for one in polled if one.status == "error"]
        for one in failed:
            typer.echo(f"{one.source}: {one.error}", err=True)
        new = sum(one.new for one in polled)
        hits = sum(one.matched for one in polled) + matched
        typer.echo(f"{len(polled)} sources polled, {len(failed)} failed, {new} new articles, {hits} matched")
        return 1 if failed else 0

    raise typer.Exit(_run(work()))


@app.command()
def digest(
    subscriptions: SubscriptionIds = None,
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Closes a slot at this moment, whatever the schedule says.")
    ] = False,
    config: ConfigPath = None,
) -> None:
    """Closes the slots that are due: what waits for them becomes mail in the outbox (`deliver` sends it)."""
    loaded = _load(config)

    async def work() -> None:
        async with bootstrap.assembled(loaded) as parts:
            closed = await commands.close_slots(parts, subscriptions, now=now)
        for one in closed:
            what = "nothing new, no mail" if one.messages == 0 else f"{one.stories} stories, {one.messages} mails"
            typer.echo(f"{one.subscription} {one.slot}: {what}")
        if not closed:
            typer.echo("no slot is due")

    _run(work())


@app.command()
def deliver(config: ConfigPath = None) -> None:
    """Sends what waits in the outbox. Exit code 1 if something could not be sent."""
    loaded = _load(config)

    async def work() -> int:
        async with bootstrap.assembled(loaded) as parts:
            done = await parts.deliver_all()
        typer.echo(f"{done.sent} sent, {done.retried} to be tried again, {done.failed} failed, {done.unknown} unknown")
        return 1 if done.retried or done.failed or done.unknown else 0

    raise typer.Exit(_run(work()))


@app.command()
def preview(
    subscription: Annotated[str, typer.Argument(help="Id of a subscription.")],
    format_: Annotated[str, typer.Option("--format", help="html or text.")] = "text",
    language: Annotated[str | None, typer.Option(help="zh-CN or en; without it the configuration's.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Writes to a file.")] = None,
    config: ConfigPath = None,
) -> None:
    """Shows the digest that would be sent now. Sends and claims nothing, also beside a running service."""
    if format_ not in {"html", "text"}:
        raise typer.BadParameter("html or text", param_hint="--format")
    rendered = commands.preview(_load(config), subscription, language)
    document = rendered.html if format_ == "html" else f"{rendered.subject}\n\n{rendered.text}"
    if output is None:
        typer.echo(document)
    else:
        output.write_text(document, encoding="utf-8")
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
    loaded = _load(config)
    told = commands.explain_term(loaded, term, language) if term else commands.explain(loaded, what or "", language)
    for line in told:
        typer.echo(line)


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
    _run(show.show(state, article or [], once=once, say=typer.echo))


@trials.command("match")
def try_match(config: ConfigPath = None) -> None:
    """Matches texts from standard input against the watch-lists.

    Each line is a JSON object {"id", "title", "body"}; each answer is a line {"id", "watchlists", "scores", "hits"}
    whose offsets point into the text as given. A line that is no such object is answered with an "error".
    """
    _pipe(commands.trial(_load(config)))


@trials.command("read")
def try_read(manifest: ManifestPath) -> None:
    """Reads saved feeds and list pages: one answer for each line of a manifest, never stopping at a bad one.

    Each line is a JSON object {"file", "kind", "url", "options", "now"}: kind is feed, listpage ...; url is where the
    page stood; options are those of the kind; now is when it was read. Options and now may be left out; paths are
    relative to the manifest, and .gz files are read. Each answer is a line {"file", "ok", "error", "items"} with items
    {"title", "url", "id", "published"}; published is ISO 8601 with offset, or null.
    """
    _run(_answer_pages("read", manifest))


@trials.command("extract")
def try_extract(manifest: ManifestPath) -> None:
    """Reads saved article pages: one answer for each line of a manifest, never stopping at a bad one.

    Each line is a JSON object {"file", "url", "options", "now"}; options may hold CSS selectors for title, body, date
    and publisher. Each answer is a line {"file", "ok", "error", "title", "published", "source", "body"}.
    """
    _run(_answer_pages("extract", manifest))


async def _answer_pages(method: str, manifest: Path) -> None:
    out = _json_lines()
    async for answer in commands.try_pages(method, manifest):
        out(answer)


def _json_lines() -> Callable[[dict[str, Any]], None]:
    """Writes one JSON object a line to standard output, at once, as UTF-8 whatever the terminal's encoding is."""
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115

    def write(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()

    return write


def _pipe(answer: Callable[[str], dict[str, Any]]) -> None:
    lines = open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    out = _json_lines()
    for line in lines:
        if line.strip():
            out(answer(line))


class _progress:  # noqa: N801  # a context manager that reads as a word
    """A bar on a terminal, nothing elsewhere."""

    def __init__(self, what: str, total: int | None) -> None:
        self._bar = Progress(console=errors_out, transient=True, disable=not sys.stderr.isatty())
        self._what = what
        self._total = total

    def __enter__(self) -> Callable[[], None]:
        self._bar.start()
        task = self._bar.add_task(self._what, total=self._total)
        return lambda: self._bar.advance(task)

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()
