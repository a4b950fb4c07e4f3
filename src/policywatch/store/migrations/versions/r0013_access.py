"""Who is logged in, and the tokens that open feeds and pages. Of neither is kept what opens, only its hash."""

from policywatch.store.migrations import statements

revision = "0013"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE web_session (
        id       TEXT PRIMARY KEY,                  -- SHA-256 of what the reader's cookie holds
        reader   TEXT NOT NULL,                     -- the name under `web.users`; empty for `web.password`
        proof    TEXT NOT NULL,                     -- of the password as it was configured, keyed with the cookie
        begun_at BIGINT NOT NULL,
        seen_at  BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE web_token (
        id         TEXT PRIMARY KEY,                -- SHA-256 of the token
        name       TEXT NOT NULL,                   -- whose it is; several while one takes over from another
        scope      TEXT NOT NULL,                   -- feeds, json, metrics
        feeds      TEXT NOT NULL DEFAULT '[]',      -- JSON: `kind/name` of each feed that it opens; empty: every one
        made_at    BIGINT NOT NULL,
        expires_at BIGINT                           -- NULL: until it is revoked
    )
    """,
    "CREATE INDEX web_token_name ON web_token (name)",
)


def upgrade() -> None:
    """Adds the tables."""
    statements.run(*STATEMENTS)
