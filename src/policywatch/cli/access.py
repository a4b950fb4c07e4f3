"""Who may reach what: token new, token list, token revoke, hash-password."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from policywatch import errors
from policywatch.cli.base import ConfigPath, app, load
from policywatch.commands import access

token = typer.Typer(
    help="Tokens that open feeds, the pages as JSON, or metrics; made, listed and revoked beside a running service.",
    no_args_is_help=True,
)
app.add_typer(token, name="token")

Name = Annotated[str, typer.Argument(help="Whose it is, such as the program or reader that uses it.")]


@token.command("new")
def token_new(
    name: Name,
    *,
    feeds: Annotated[
        list[str] | None,
        typer.Option(
            help="A feed that it opens, as kind/name: watchlist/量子科技, subscription/morning or digest/morning; may "
            "be said several times. Without it every feed."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Opens the pages as JSON, for reading, and feeds.")] = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Opens /metrics and nothing else.")] = False,
    overlap: Annotated[
        str, typer.Option(help="For how long earlier tokens of the same name go on opening, such as 0s, 12h or 7d.")
    ] = "7d",
    config: ConfigPath = None,
) -> None:
    """Makes a token and shows it, this once: only its hash is kept. The same name again replaces an earlier one."""
    if sum((bool(feeds), as_json, metrics)) > 1:
        raise errors.PolicywatchError("say one of --feeds, --json and --metrics; make a token for each")
    scope = "json" if as_json else "metrics" if metrics else "feeds"
    made, replaced = access.new(load(config), name, scope, feeds or [], access.span(overlap))
    typer.echo(made)
    if replaced:
        typer.echo(f"{replaced} earlier tokens of that name end in {overlap}", err=True)


@token.command("list")
def token_list(config: ConfigPath = None) -> None:
    """Lists the tokens that open something: name, what they open, since when and until when; never the token itself."""
    lines = access.listed(load(config))
    for line in lines:
        typer.echo(line)
    if not lines:
        typer.echo("no tokens")


@token.command("revoke")
def token_revoke(name: Name, config: ConfigPath = None) -> None:
    """Ends every token of a name; a running service refuses them within ten seconds."""
    count = access.revoke(load(config), name)
    typer.echo(f"{count} tokens revoked")


@app.command("hash-password")
def hash_password() -> None:
    """Asks for a password, or reads it from standard input, and prints the hash that may stand in the configuration."""
    if sys.stdin.isatty():
        typed = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != typed:
            raise errors.PolicywatchError("the two are not the same; nothing was made")
    else:
        typed = access.piped()
    typer.echo(access.hashed(typed))
