"""What articles are as policy documents, and reminders of their deadlines."""

from policywatch.store.migrations import statements

revision = "0007"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE document (
        article_id BIGINT PRIMARY KEY REFERENCES article (id),
        kind       TEXT NOT NULL,
        region     TEXT NOT NULL,
        level      TEXT NOT NULL,
        written    TEXT,                            -- days as YYYY-MM-DD, which sorts
        published  TEXT,
        effective  TEXT,
        expires    TEXT,
        name       TEXT NOT NULL                    -- what draft, final text and interpretation have in common; folded
    )
    """,
    "CREATE INDEX document_name ON document (name)",
    "CREATE INDEX document_kind ON document (kind, region)",
    """
    CREATE TABLE document_number (
        article_id BIGINT NOT NULL REFERENCES article (id),
        number     TEXT NOT NULL,
        place      INTEGER NOT NULL,                -- 0: the first
        PRIMARY KEY (article_id, number)
    )
    """,
    "CREATE INDEX document_number_of ON document_number (number)",
    """
    CREATE TABLE document_issuer (
        article_id BIGINT NOT NULL REFERENCES article (id),
        name       TEXT NOT NULL,
        place      INTEGER NOT NULL,                -- 0: the leading one
        PRIMARY KEY (article_id, name)
    )
    """,
    "CREATE INDEX document_issuer_of ON document_issuer (name)",
    """
    CREATE TABLE deadline (
        article_id BIGINT NOT NULL REFERENCES article (id),
        day        TEXT NOT NULL,
        kind       TEXT NOT NULL,
        words      TEXT NOT NULL,                   -- those that say so, as they stand in the article
        place      INTEGER NOT NULL,
        PRIMARY KEY (article_id, day)
    )
    """,
    "CREATE INDEX deadline_day ON deadline (day)",
    """
    CREATE TABLE relation (
        article_id BIGINT NOT NULL REFERENCES article (id),
        how        TEXT NOT NULL,
        what       TEXT NOT NULL,                   -- number or title, as it is shown
        target     TEXT NOT NULL,                   -- the number, else the folded name: what it is found by
        place      INTEGER NOT NULL,
        PRIMARY KEY (article_id, how, what)
    )
    """,
    "CREATE INDEX relation_target ON relation (target)",
    """
    CREATE TABLE reminder (                         -- what was reminded of; nothing twice
        subscription TEXT NOT NULL,
        story_id     BIGINT NOT NULL REFERENCES story (id),
        day          TEXT NOT NULL,
        days         INTEGER NOT NULL,              -- how many days before
        run_id       BIGINT NOT NULL REFERENCES digest_run (id),
        PRIMARY KEY (subscription, story_id, day, days)
    )
    """,
    "CREATE INDEX reminder_story ON reminder (story_id)",
    "CREATE INDEX reminder_run ON reminder (run_id)",
)


def upgrade() -> None:
    """Adds the tables. Articles of before have no document until they are read again."""
    statements.run(*STATEMENTS)
