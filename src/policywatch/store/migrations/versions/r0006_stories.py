"""Stories: what reprints are known by, whose page stands for a story, what a source changed afterwards."""

from policywatch.store.migrations import statements

revision = "0006"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE article ADD COLUMN listed TEXT NOT NULL DEFAULT ''",
    # 0: the issuing body's own page; the more, the farther from it. 3: nothing says.
    "ALTER TABLE article ADD COLUMN standing INTEGER NOT NULL DEFAULT 3",
    # 1: its page is asked for again because its list's entry changed.
    "ALTER TABLE article ADD COLUMN is_reread INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE article_profile (                  -- of the last days: see `stories.window`
        article_id BIGINT PRIMARY KEY REFERENCES article (id),
        profile    BLOB NOT NULL,                   -- sketch and hashes of sentences, as articles/profile.py packs them
        seen_at    BIGINT NOT NULL
    )
    """,
    "CREATE INDEX article_profile_seen ON article_profile (seen_at)",
    """
    CREATE TABLE article_band (                     -- two articles that may be one story share a band
        band       BIGINT NOT NULL,
        article_id BIGINT NOT NULL REFERENCES article (id),
        PRIMARY KEY (band, article_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX article_band_article ON article_band (article_id)",
    """
    CREATE TABLE article_change (
        article_id BIGINT NOT NULL REFERENCES article (id),
        changed_at BIGINT NOT NULL,
        title      TEXT NOT NULL,                   -- repaired, as it was before
        what       TEXT NOT NULL,                   -- 截止日期 11月30日 → 12月15日
        PRIMARY KEY (article_id, changed_at)
    )
    """,
)


def upgrade() -> None:
    """Adds columns and tables; articles that are there already take no part in new stories."""
    statements.run(*STATEMENTS)
