"""What every command is made of: the program and its exit codes, shared options, progress, lines of JSON.

Exit codes: 0 done; 1 something could not be done (a source failed, a mail was refused), the rest was; 2 the command
was called wrongly; 75 another policywatch holds the database, try again later; 78 the configuration must be changed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from policywatch import __version__, bootstrap, errors, logs

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
    context_settings={"max_content_width": 120},
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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
SourceIds = Annotated[list[str] | None, typer.Argument(help="Ids of sources; without any: those that are due.")]
SubscriptionIds = Annotated[list[str] | None, typer.Argument(help="Ids of subscriptions; without any: all.")]


def main() -> None:
    """The entry point: errors that policywatch raises on purpose become one clear text and an exit code."""
    try:
        app()
    except errors.ConfigError as error:
        _fail(bootstrap.told(error), EX_CONFIG)
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


def load(path: Path | None) -> Config:
    """The configuration, with logs as it wants them. Raises ConfigError."""
    config = bootstrap.load(path)
    logs.configure(style=config.log.format, level=config.log.level)
    return config


def run_to_end(work: Coroutine[Any, Any, _Answer]) -> _Answer:
    """Runs asynchronous work from a command."""
    return asyncio.run(work)


@app.callback(invoke_without_command=True)
def _about(
    *, version: Annotated[bool, typer.Option("--version", help="Prints the version and ends.", is_eager=True)] = False
) -> None:
    if version:
        typer.echo(f"policywatch {__version__}")
        raise typer.Exit


def json_lines() -> Callable[[dict[str, Any]], None]:
    """Writes one JSON object a line to standard output, at once, as UTF-8 whatever the terminal's encoding is."""
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115

    def write(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()

    return write


def given_lines() -> TextIO:
    """Standard input, as UTF-8 whatever the terminal's encoding is."""
    return open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False)


def pipe(answer: Callable[[str], dict[str, Any]]) -> None:
    """Answers each line of standard input with one line of JSON; blank ones are passed over."""
    out = json_lines()
    for line in given_lines():
        if line.strip():
            out(answer(line))


class progress:  # noqa: N801  # a context manager that reads as a word
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
