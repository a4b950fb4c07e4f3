"""Every article is read as a document: by whom it was, and how far that has come with those of before."""

from policywatch.store.migrations import statements

revision = "0014"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    # 1: read when it was put into the index, from what is kept of the article; read anew whenever that is put in anew
    "ALTER TABLE document ADD COLUMN is_by_index INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE search_reading (                   -- one row
        position BIGINT NOT NULL,                   -- articles with lower numbers are to be put in anew; 0: none
        waiting  BIGINT NOT NULL                    -- how many they are
    )
    """,
    """
    INSERT INTO search_reading (position, waiting)
    SELECT coalesce(max(id) + 1, 0), count(*) FROM article WHERE text_state <> 'awaiting'
    """,
)


def upgrade() -> None:
    """Adds what is needed; the job that indexes puts in anew what is there, bit by bit.

    A later step that sets `search_reading` back the same way has what the index read of articles read anew.
    """
    statements.run(*STATEMENTS)
