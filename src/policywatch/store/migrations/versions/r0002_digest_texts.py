"""What was mailed is kept for the feeds of digests, apart from the outbox: without recipients, once a language."""

from policywatch.store.migrations import statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE digest_text (
        run_id   BIGINT NOT NULL REFERENCES digest_run (id),
        language TEXT NOT NULL,
        subject  TEXT NOT NULL,
        html     TEXT NOT NULL,                     -- a fragment that is safe to show
        body     TEXT NOT NULL,                     -- the same as plain text
        PRIMARY KEY (run_id, language)
    )
    """,
    "CREATE INDEX due_newest ON due (subscription, due_at)",
)


def upgrade() -> None:
    """Adds the table; of what was mailed before, nothing is put into it."""
    statements.run(*STATEMENTS)
