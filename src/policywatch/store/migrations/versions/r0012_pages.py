"""What the pages ask for: the newest articles of a source, how many came in each day, mails by state."""

from policywatch.store.migrations import statements

revision = "0012"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE INDEX article_of_source ON article (source, id)",
    "CREATE INDEX article_day ON article (fetched_at, source)",
    "DROP INDEX article_fetched",  # the beginning of the one above
    "CREATE INDEX message_state ON message (state, id)",
    "CREATE INDEX message_sent ON message (settled_at) WHERE state = 'sent'",
    "CREATE INDEX digest_run_of ON digest_run (subscription, id)",
)


def upgrade() -> None:
    """Adds indexes."""
    statements.run(*STATEMENTS)
