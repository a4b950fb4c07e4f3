"""The archive: an index that follows the articles, a queue before it, files, and what was let go of."""

from alembic import op

from policywatch.store.migrations import statements

revision = "0008"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE search_queue (
        article_id BIGINT PRIMARY KEY,              -- it may be gone from the store: then it goes from the index
        mark       BIGINT NOT NULL                  -- rises with each change, so that none is taken for an earlier one
    )
    """,
    """
    CREATE TABLE search_text (
        document   BIGINT PRIMARY KEY,              -- the day since 1970 and a number within it: sorts by date
        article_id BIGINT NOT NULL UNIQUE,
        words      BLOB NOT NULL,                   -- title and body, folded and packed
        facets     TEXT NOT NULL                    -- tokens that do not stand in the text
    )
    """,
    "CREATE INDEX document_region ON document (region)",
    """
    CREATE TABLE attachment (                       -- a file that an article's page offers
        article_id BIGINT NOT NULL REFERENCES article (id),
        place      INTEGER NOT NULL,                -- 0: the first
        name       TEXT NOT NULL,
        url        TEXT NOT NULL,
        type       TEXT NOT NULL,                   -- pdf, docx; empty when nothing says
        PRIMARY KEY (article_id, place)
    )
    """,
    """
    CREATE TABLE article_gone (                     -- let go of; should a list still show it, it is no news
        source  TEXT NOT NULL,
        key     TEXT NOT NULL,
        gone_at BIGINT NOT NULL,
        PRIMARY KEY (source, key)
    )
    """,
    "CREATE INDEX article_gone_at ON article_gone (source, gone_at)",
)
SQLITE = """
    CREATE VIRTUAL TABLE search_index USING fts5(
        tokens, content='', columnsize=0, detail=none, tokenize='ascii')
    """
POSTGRESQL = (
    "CREATE TABLE search_index (document BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL)",
    "CREATE INDEX search_index_tokens ON search_index USING gin (tokens)",
)


def upgrade() -> None:
    """Adds the tables; all that is there already waits to be put in, and the service does that bit by bit."""
    statements.run(*TABLES)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE)
    else:
        for statement in POSTGRESQL:
            op.execute(statement)
    op.execute("INSERT INTO search_queue (article_id, mark) SELECT id, 1 FROM article")
