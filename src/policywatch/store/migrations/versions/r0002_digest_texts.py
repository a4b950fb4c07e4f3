"""What was mailed is kept for the feeds of digests, apart from the outbox: without recipients, once a language."""

from alembic import op

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
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in STATEMENTS:
        sql = statement
        if is_sqlite and "CREATE TABLE" in sql:
            # STRICT knows five type names only.
            sql = sql.replace("BIGINT", "INTEGER").rstrip() + " STRICT"
        op.execute(sql)
