"""Edited watch-lists and what their last edit changed in the archive."""

from policywatch.store.migrations import statements

revision = "0011"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE watchlist_state (
        name        TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,                  -- of the rule; empty: no longer configured
        position    BIGINT,                         -- articles up to this one are matched anew; NULL: all are
        since_at    BIGINT NOT NULL DEFAULT 0,      -- articles that came before it keep the hits that they have
        noticed_at  BIGINT NOT NULL,                -- when the rule was first seen as it is
        applied_at  BIGINT,                         -- when the archive had been matched anew; NULL: not yet, or never
        is_settled  INTEGER NOT NULL DEFAULT 0,     -- 1: what was under way at the edit has been looked at again
        looked      BIGINT NOT NULL DEFAULT 0,      -- articles matched anew after the last edit
        gained      BIGINT NOT NULL DEFAULT 0,
        lost        BIGINT NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE watchlist_change (                 -- what the last edit of a list changed
        watchlist  TEXT NOT NULL,
        article_id BIGINT NOT NULL,                 -- may be gone: retention does not ask this table
        is_gained  INTEGER NOT NULL,                -- 0: lost
        score      DOUBLE PRECISION NOT NULL,
        evidence   TEXT NOT NULL,                   -- as in `hit`
        excerpt    TEXT NOT NULL,
        PRIMARY KEY (watchlist, article_id)
    )
    """,
)


def upgrade() -> None:
    """Adds the tables. Lists that have hits already are taken as applied."""
    statements.run(*STATEMENTS)
