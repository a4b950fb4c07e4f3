"""What readers decide without a log-in, who is mailed no longer, and what a shared outbox needs."""

import hashlib

from alembic import op
from sqlalchemy import text

from policywatch.store.migrations import statements

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE secret (                           -- made by policywatch itself; a backup keeps old links working
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE reader (                           -- a recipient of a subscription, as its links know it
        subscription TEXT NOT NULL,
        reader       TEXT NOT NULL,                 -- hash of the address
        token        TEXT NOT NULL,                 -- hash of what stands in the links; empty before the first mail
        state        TEXT NOT NULL,                 -- active, paused, stopped
        until_at     BIGINT,                        -- the end of a pause
        changed_at   BIGINT NOT NULL,
        PRIMARY KEY (subscription, reader)
    )
    """,
    "CREATE INDEX reader_token ON reader (token)",
    """
    CREATE TABLE suspension (                       -- an address that is mailed no longer, whatever the YAML says
        reader  TEXT PRIMARY KEY,                   -- hash of the address
        kind    TEXT NOT NULL,                      -- suspended: its server refuses it; forgotten: erased
        address TEXT NOT NULL,                      -- empty for a forgotten one
        reason  TEXT NOT NULL,
        at      BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE refusal (                          -- permanent failures since the last mail that was taken
        reader TEXT NOT NULL,
        at     BIGINT NOT NULL,
        PRIMARY KEY (reader, at)
    )
    """,
    """
    CREATE TABLE verdict (                          -- a reader says that a story does not belong to a watch-list
        subscription TEXT NOT NULL,
        story_id     BIGINT NOT NULL REFERENCES story (id),
        watchlist    TEXT NOT NULL,
        reader       TEXT NOT NULL,                 -- hash of the address
        at           BIGINT NOT NULL,
        PRIMARY KEY (subscription, story_id, watchlist, reader)
    )
    """,
    """
    CREATE TABLE message_content (                  -- apart: a stage that is recorded must not rewrite 90 KB
        id      BIGINT PRIMARY KEY REFERENCES message (id),
        content BLOB NOT NULL                       -- the bytes that are sent, from try to try the same
    )
    """,
    "INSERT INTO message_content (id, content) SELECT id, content FROM message",
    "ALTER TABLE message DROP COLUMN content",
    "ALTER TABLE message ADD COLUMN reader TEXT NOT NULL DEFAULT ''",  # hash of the address; empty for other channels
    "ALTER TABLE message ADD COLUMN domain TEXT NOT NULL DEFAULT ''",  # of the address; what a pace is kept for
    "ALTER TABLE message ADD COLUMN claimed_at BIGINT",  # of the last try
    "ALTER TABLE message ADD COLUMN is_held INTEGER NOT NULL DEFAULT 0",  # 1: the settings of its channel are at fault
    "CREATE INDEX message_waiting ON message (channel, domain, next_at) WHERE state IN ('pending', 'retry')",
    "CREATE INDEX message_tried ON message (channel, domain, claimed_at)",
)


def upgrade() -> None:
    """Adds tables and columns; the mails that are there get the hash and domain of their recipients."""
    statements.run(*STATEMENTS)
    connection = op.get_bind()
    recipients = connection.execute(text("SELECT DISTINCT recipient FROM message")).scalars().all()
    for recipient in recipients:
        address = recipient.strip().lower()
        connection.execute(
            text("UPDATE message SET reader = :reader, domain = :domain WHERE recipient = :recipient"),
            {
                "reader": hashlib.blake2b(address.encode(), digest_size=16, person=b"policywatch").hexdigest(),
                "domain": address.rpartition("@")[2],
                "recipient": recipient,
            },
        )
