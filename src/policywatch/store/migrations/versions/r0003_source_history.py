"""What a source has been like, where it is reached, and the robots.txt of hosts."""

from policywatch.store.migrations import statements

revision = "0003"
down_revision = "0010"
branch_labels = None
depends_on = None

STATEMENTS = (
    # scheme://host:port, so that a host that asks to be left alone is left alone also after a restart
    "ALTER TABLE source ADD COLUMN host TEXT NOT NULL DEFAULT ''",
    # JSON: model.SourceHistory
    "ALTER TABLE source ADD COLUMN history TEXT NOT NULL DEFAULT '{}'",
    # of the history, for those who ask for many sources: a model.Trouble, or empty
    "ALTER TABLE source ADD COLUMN trouble TEXT NOT NULL DEFAULT ''",
    # of the history: where its address says that it moved for good
    "ALTER TABLE source ADD COLUMN moved_to TEXT NOT NULL DEFAULT ''",
    # the trouble that the operator was told of last, and when
    "ALTER TABLE source ADD COLUMN trouble_told TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE source ADD COLUMN trouble_told_at BIGINT",
    """
    CREATE TABLE robots (
        origin     TEXT PRIMARY KEY,                -- scheme://host:port
        rules      TEXT NOT NULL,                   -- the file's text; empty: everything is allowed
        is_closed  INTEGER NOT NULL,                -- 1: the server failed, so nothing is allowed (RFC 9309, 2.3.1.4)
        fetched_at BIGINT NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Adds the columns; sources begin with an empty history."""
    statements.run(*STATEMENTS)
