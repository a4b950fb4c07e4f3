"""Mails and readers by hand: outbox, readers, forget, verdicts, send-test."""

from __future__ import annotations

from typing import Annotated

import typer

from policywatch.cli.base import ConfigPath, app, load, run_to_end
from policywatch.commands import outbox, sendtest

box = typer.Typer(name="outbox", help="The mails that wait, were sent, or could not be.", no_args_is_help=True)
people = typer.Typer(name="readers", help="Who gets which subscription, and who no longer does.", no_args_is_help=True)
app.add_typer(box)
app.add_typer(people)

Numbers = Annotated[list[int], typer.Argument(help="Numbers of messages, as `outbox list` shows them.")]
Address = Annotated[str, typer.Argument(help="The mail address.")]


@box.command("list")
def list_(
    *,
    state: Annotated[list[str] | None, typer.Option("--state", help="Only these, such as failed.")] = None,
    limit: Annotated[int, typer.Option(help="How many lines at most.")] = 50,
    config: ConfigPath = None,
) -> None:
    """Lists messages, those in trouble first: number, state, when, to whom, why. Works beside a running service."""
    _tell(outbox.listed(load(config), state or [], limit))


@box.command()
def show(
    number: Annotated[int, typer.Argument(help="Number of a message, as `outbox list` shows it.")],
    config: ConfigPath = None,
) -> None:
    """Shows what is known of one message: tries, how far it got, the server's words."""
    _tell(outbox.shown(load(config), number))


@box.command()
def retry(numbers: Numbers, config: ConfigPath = None) -> None:
    """Sends messages again, whatever became of them; one that may have been received gets a new Message-ID."""
    _tell(outbox.again(load(config), numbers))


@box.command()
def drop(numbers: Numbers, config: ConfigPath = None) -> None:
    """Throws messages away that were not sent; they stay in the list as dropped."""
    _tell(outbox.dropped(load(config), numbers))


@people.command("list")
def list_readers(config: ConfigPath = None) -> None:
    """Lists every recipient with what holds mail back: unsubscribed, paused, suspended or forgotten."""
    _tell(outbox.readers(load(config)))


@people.command()
def stop(
    address: Address,
    subscription: Annotated[str | None, typer.Option("--subscription", "-s", help="Only this one.")] = None,
    config: ConfigPath = None,
) -> None:
    """Unsubscribes a reader who asked for it by mail or by telephone, before the next mail."""
    _tell(outbox.set_reader(load(config), address, subscription, "stopped"))


@people.command()
def resume(address: Address, config: ConfigPath = None) -> None:
    """Mails a reader again who was suspended, forgotten, paused or unsubscribed."""
    _tell(outbox.resumed(load(config), address))


@app.command()
def forget(address: Address, config: ConfigPath = None) -> None:
    """Erases a reader everywhere; counts stay, and a hash that keeps the address from being mailed again."""
    _tell(outbox.forgotten(load(config), address))


@app.command()
def verdicts(config: ConfigPath = None) -> None:
    """Shows which stories readers found not relevant, and the terms that brought them: what to tune in a list."""
    _tell(outbox.verdicts(load(config)))


@app.command("send-test")
def send_test(
    address: Annotated[str | None, typer.Argument(help="Where to; without it to the operator.")] = None,
    config: ConfigPath = None,
) -> None:
    """Sends one mail by the configured channel and tells each step, and what to change. Exit code 1 if it failed."""
    loaded = load(config)
    raise typer.Exit(0 if run_to_end(sendtest.send(loaded, address, typer.echo)) else 1)


def _tell(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)
