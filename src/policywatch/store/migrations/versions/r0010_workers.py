"""Several processes share a database: who is there, and who is sending what."""

from policywatch.store.migrations import statements

revision = "0010"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE worker (
        id         TEXT PRIMARY KEY,                -- drawn at its start
        roles      TEXT NOT NULL,
        host       TEXT NOT NULL,
        pid        BIGINT NOT NULL,
        started_at BIGINT NOT NULL,
        seen_at    BIGINT NOT NULL                  -- by the database's clock
    )
    """,
    "ALTER TABLE message ADD COLUMN claimed_by TEXT",
    """
    CREATE TABLE host (                             -- turns at a host, where several processes ask
        name       TEXT PRIMARY KEY,
        free_at    BIGINT NOT NULL,                 -- by the database's clock: when its pause is over
        holder     TEXT NOT NULL DEFAULT '',        -- whose turn it is; empty: nobody's
        held_until BIGINT NOT NULL DEFAULT 0        -- when a turn that was never given back ends
    )
    """,
)


def upgrade() -> None:
    """Adds the tables and the column."""
    statements.run(*STATEMENTS)
