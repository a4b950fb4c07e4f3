"""One story with all that is known of it: texts, files, edits, and where it was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.model import Attachment, Story
from policywatch.store import runs, values

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What a source edited in one of its articles."""

    at: datetime
    title: str
    """As it was before."""
    what: str


@dataclass(frozen=True, slots=True)
class Mailing:
    """A subscription that the story was made due for."""

    subscription: str
    """Its id."""
    kind: str
    """`digest` or `alert`; empty while it waits."""
    at: datetime
    """Of the slot; while it waits, since when."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A story and what stands beside it."""

    story: Story
    body: str
    """What was captured of the head's text; empty when none is kept."""
    fetched: datetime
    """When the head was first seen."""
    attachments: tuple[Attachment, ...]
    changes: tuple[Change, ...]
    """Oldest first."""
    mailings: tuple[Mailing, ...]


def whole(tx: Connection, story_id: int) -> Whole | None:
    """Everything of a story; None when there is none of that number."""
    found = runs.load(tx, [story_id], ())
    if not found:
        return None
    (story,) = found
    head = {"id": story.article}
    row = tx.execute(
        text(
            "SELECT fetched_at, body FROM article LEFT JOIN article_text ON article_text.article_id = article.id "
            "WHERE article.id = :id"
        ),
        head,
    ).one()
    files = tx.execute(text("SELECT name, url, type FROM attachment WHERE article_id = :id ORDER BY place"), head)
    changes = tx.execute(
        text("SELECT changed_at, title, what FROM article_change WHERE article_id = :id ORDER BY changed_at"), head
    )
    mailings = tx.execute(
        text(
            """
            SELECT due.subscription, due_at, kind, slot_at FROM due LEFT JOIN digest_run ON digest_run.id = due.run_id
            WHERE due.story_id = :story ORDER BY coalesce(slot_at, due_at), due.subscription
            """
        ),
        {"story": story_id},
    )
    return Whole(
        story=story,
        body=row.body or "",
        fetched=values.required(row.fetched_at),
        attachments=tuple(Attachment(one.name, one.url, one.type) for one in files),
        changes=tuple(Change(values.required(one.changed_at), one.title, one.what) for one in changes),
        mailings=tuple(
            Mailing(
                one.subscription,
                one.kind or "",
                values.required(one.slot_at if one.slot_at is not None else one.due_at),
            )
            for one in mailings
        ),
    )
