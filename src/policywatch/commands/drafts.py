"""Digests that wait for somebody to let them go: looked at, released, dropped. Also beside a running service."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from policywatch import bootstrap, errors
from policywatch.store import drafts
from policywatch.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policywatch.config import Config
    from policywatch.store.drafts import Draft


def waiting(config: Config) -> list[str]:
    """Every draft in a line."""
    with _reading(config) as db:
        return [_line(draft, config) for draft in db.read_now(drafts.waiting)]


def show(config: Config, draft: int) -> list[str]:
    """A draft as its readers would get it, in each of their languages."""
    with _reading(config) as db:
        found = db.read_now(drafts.find, draft)
        if found is None:
            raise _none(draft)
        texts = db.read_now(drafts.texts, draft)
    lines = [_line(found, config)]
    for language, subject, body in texts:
        lines += ["", f"[{language}] {subject}", "", body.rstrip()]
    return lines


def release(config: Config, draft: int) -> str:
    """Lets a draft go."""
    mails = _ended(config, draft, drop=False)
    return f"draft {draft} is released: {mails} mails leave with the next delivery"


def drop(config: Config, draft: int) -> str:
    """Drops a draft."""
    mails = _ended(config, draft, drop=True)
    return f"draft {draft} is dropped: {mails} mails are not sent, and its stories do not come again"


def _ended(config: Config, draft: int, *, drop: bool) -> int:
    db = Database.open_beside(bootstrap.database(config))
    try:
        mails = db.write_now(drafts.drop if drop else drafts.release, draft, bootstrap.now())
    finally:
        db.close()
    if mails is None:
        raise _none(draft)
    return mails


@contextmanager
def _reading(config: Config) -> Iterator[Database]:
    db = Database.open(bootstrap.database(config), read_only=True)
    try:
        yield db
    finally:
        db.close()


def _line(draft: Draft, config: Config) -> str:
    until = draft.until.astimezone(config.timezone)
    then = "dropped" if draft.after == "drop" else "sent"
    return (
        f"{draft.id}  {draft.subscription}  {draft.subject}  ({draft.stories} stories, {draft.mails} mails; "
        f"{then} at {until:%Y-%m-%d %H:%M} if nobody acts)"
    )


def _none(draft: int) -> errors.PolicywatchError:
    return errors.PolicywatchError(f"no draft {draft} waits; `policywatch drafts list` shows those that do")
