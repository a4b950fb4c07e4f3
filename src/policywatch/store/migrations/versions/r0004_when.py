"""Drafts that wait for a release, alerts that wait for their hour, and the wall clock's time of a slot."""

from policywatch.store.migrations import statements

revision = "0004"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    # What a slot was on the wall clock: after a change of the zone the same local time must not come twice.
    "ALTER TABLE digest_run ADD COLUMN local_at TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE digest_run ADD COLUMN zone TEXT NOT NULL DEFAULT ''",
    # Of state `draft`: until when it waits, what becomes of it then (send or drop), when its reviewer was reminded.
    "ALTER TABLE digest_run ADD COLUMN review_until BIGINT",
    "ALTER TABLE digest_run ADD COLUMN review_after TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE digest_run ADD COLUMN reminded_at BIGINT",
    "CREATE INDEX digest_run_draft ON digest_run (review_until) WHERE state = 'draft'",
    # Since when an alert could not go out: quiet hours, or its list's hour is full.
    "ALTER TABLE due ADD COLUMN held_at BIGINT",
    """
    CREATE TABLE alert_sent (                       -- which lists' hours an alert counts against
        run_id    BIGINT NOT NULL REFERENCES digest_run (id),
        watchlist TEXT NOT NULL,
        PRIMARY KEY (run_id, watchlist)
    )
    """,
)


def upgrade() -> None:
    """Runs that are there have no local time and no draft; nothing waits for an hour."""
    statements.run(*STATEMENTS)
