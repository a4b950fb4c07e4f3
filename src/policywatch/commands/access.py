"""Tokens and password hashes: what opens feeds, pages as JSON and metrics, and what stands in the configuration."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from policywatch import bootstrap, dates, errors, passwords
from policywatch.store import tokens
from policywatch.store.db import Database
from policywatch.web import door, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from policywatch.config import Config

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")


def span(text: str) -> timedelta:
    """A span of time from a command line. Raises PolicywatchError."""
    try:
        return dates.duration(text)
    except ValueError as error:
        raise errors.PolicywatchError(f"--overlap: {error}") from None


def new(config: Config, name: str, scope: str, feeds: Sequence[str], overlap: timedelta) -> tuple[str, int]:
    """Makes a token and gives it, with how many of the same name it replaces: these end after the overlap."""
    if not _NAME.fullmatch(name):
        raise errors.PolicywatchError("a token's name has 1 to 64 characters, none of them a control character")
    known = [f"{one.kind}/{one.name}" for one in publish.addresses(bootstrap.plan_of(config))]
    for feed in feeds:
        if feed not in known:
            raise errors.PolicywatchError(f"there is no feed {feed!r}; there are: {', '.join(known)}")
    token, now = door.drawn(), bootstrap.now()
    row = tokens.TokenRow(door.digest(token), name, scope, tuple(feeds), now, None)
    with _store(config) as db:
        db.write_now(tokens.prune, now)
        return token, db.write_now(tokens.add, row, until=now + overlap)


def listed(config: Config) -> list[str]:
    """The tokens that open something, in lines: name, what it opens, since when, until when."""
    with _store(config) as db:
        found = db.read_now(tokens.valid, bootstrap.now())
    zone = config.timezone
    lines = []
    for one in found:
        opens = ", ".join(one.feeds) if one.feeds else {"feeds": "every feed"}.get(one.scope, one.scope)
        until = f"; ends {one.expires_at.astimezone(zone):%Y-%m-%d %H:%M}" if one.expires_at else ""
        lines.append(f"{one.name}: {opens}; made {one.made_at.astimezone(zone):%Y-%m-%d %H:%M}{until}")
    return lines


def revoke(config: Config, name: str) -> int:
    """Ends every token of a name. Raises PolicywatchError when there is none."""
    with _store(config) as db:
        count = db.write_now(tokens.revoke, name)
    if not count:
        raise errors.PolicywatchError(f"there is no token {name!r}; `policywatch token list` shows them")
    return count


def hashed(typed: str) -> str:
    """The line for the configuration. Raises PolicywatchError for a password that is too short."""
    if typed.startswith("scrypt:"):
        raise errors.PolicywatchError("the password is a hash already")
    try:
        return passwords.hashed(passwords.checked(typed))
    except ValueError as error:
        raise errors.PolicywatchError(f"the password {error}") from None


def piped() -> str:
    """The password on standard input, without the line's end."""
    return sys.stdin.readline(passwords.MOST + 2).rstrip("\r\n")


@contextmanager
def _store(config: Config) -> Iterator[Database]:
    """Also beside a running service."""
    db = Database.open_beside(bootstrap.database(config))
    try:
        yield db
    finally:
        db.close()
