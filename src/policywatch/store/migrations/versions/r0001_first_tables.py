"""The first tables.

Moments are microseconds since 1970 in UTC. STRICT makes SQLite refuse a value of the wrong type.
"""

from policywatch.store.migrations import statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE source (
        id              TEXT PRIMARY KEY,
        name            TEXT NOT NULL,
        kind            TEXT NOT NULL,
        url             TEXT NOT NULL,
        fingerprint     TEXT NOT NULL,              -- of what decides the answers: a change drops the validators
        is_active       INTEGER NOT NULL,           -- 0: no longer configured; its history stays
        validators      TEXT NOT NULL DEFAULT '{}', -- JSON: address -> [etag, last-modified], byte for byte
        body_hashes     TEXT NOT NULL DEFAULT '{}', -- JSON: address -> hash of the last body that was read
        first_seen_at   BIGINT NOT NULL,
        next_poll_at    BIGINT NOT NULL,
        last_poll_at    BIGINT,
        last_success_at BIGINT,
        failures        INTEGER NOT NULL DEFAULT 0, -- in a row
        last_error      TEXT NOT NULL DEFAULT '',
        items_seen      INTEGER NOT NULL DEFAULT 0, -- on the last page that was read
        newest_at       BIGINT
    )
    """,
    "CREATE INDEX source_due ON source (is_active, next_poll_at)",
    """
    CREATE TABLE story (
        id            INTEGER PRIMARY KEY,
        head_id       BIGINT,                       -- the article that stands for it
        first_seen_at BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE article (
        id             INTEGER PRIMARY KEY,
        source         TEXT NOT NULL REFERENCES source (id),
        key            TEXT NOT NULL,               -- 16 hex digits, the source's own name for it
        story_id       BIGINT NOT NULL REFERENCES story (id),
        url            TEXT NOT NULL,
        canonical_url  TEXT NOT NULL,
        title          TEXT NOT NULL,               -- repaired
        title_original TEXT,                        -- NULL: as title
        publisher      TEXT NOT NULL,
        published_at   BIGINT,
        fetched_at     BIGINT NOT NULL,
        signature      TEXT NOT NULL,
        text_state     TEXT NOT NULL,               -- complete, awaiting, not_read, not_asked
        text_tries     INTEGER NOT NULL DEFAULT 0,
        text_next_at   BIGINT,                      -- when its page may be asked for; NULL when it need not be
        text_error     TEXT NOT NULL DEFAULT '',
        text_request   TEXT,                        -- JSON; NULL: a plain GET of the url
        is_baseline    INTEGER NOT NULL,            -- 1: older than the backfill at the first poll; never mailed
        changed_at     BIGINT,
        UNIQUE (source, key)
    )
    """,
    "CREATE INDEX article_story ON article (story_id)",
    "CREATE INDEX article_url ON article (canonical_url)",
    "CREATE INDEX article_signature ON article (signature)",
    "CREATE INDEX article_fetched ON article (fetched_at)",
    "CREATE INDEX article_awaiting ON article (text_next_at) WHERE text_state = 'awaiting'",
    """
    CREATE TABLE article_text (                     -- apart, so that `keep_text` prunes without touching articles
        article_id    BIGINT PRIMARY KEY REFERENCES article (id),
        body          TEXT NOT NULL,                -- repaired
        body_original TEXT                          -- NULL: as body
    )
    """,
    """
    CREATE TABLE hit (
        article_id BIGINT NOT NULL REFERENCES article (id),
        watchlist  TEXT NOT NULL,
        score      DOUBLE PRECISION NOT NULL,
        evidence   TEXT NOT NULL,                   -- JSON: [rule, field, start, end, text] into the original text
        excerpt    TEXT NOT NULL,                   -- JSON: [text, marks, title marks], repaired
        matched_at BIGINT NOT NULL,
        PRIMARY KEY (article_id, watchlist)
    )
    """,
    "CREATE INDEX hit_watchlist ON hit (watchlist, matched_at)",
    """
    CREATE TABLE subscription (
        id            TEXT PRIMARY KEY,
        first_seen_at BIGINT NOT NULL               -- slots before it are not owed
    )
    """,
    """
    CREATE TABLE digest_run (
        id           INTEGER PRIMARY KEY,
        subscription TEXT NOT NULL,
        slot         TEXT NOT NULL,                 -- a moment in UTC, or alert/<story>
        kind         TEXT NOT NULL,                 -- digest or alert
        slot_at      BIGINT NOT NULL,
        state        TEXT NOT NULL,                 -- closed, or empty: nothing to send
        created_at   BIGINT NOT NULL,
        story_count  INTEGER NOT NULL DEFAULT 0,
        UNIQUE (subscription, slot)
    )
    """,
    """
    CREATE TABLE due (
        subscription TEXT NOT NULL,
        story_id     BIGINT NOT NULL REFERENCES story (id),
        score        DOUBLE PRECISION NOT NULL,
        due_at       BIGINT NOT NULL,
        run_id       BIGINT REFERENCES digest_run (id), -- NULL: waits for the next slot
        PRIMARY KEY (subscription, story_id)
    )
    """,
    "CREATE INDEX due_waiting ON due (subscription) WHERE run_id IS NULL",
    "CREATE INDEX due_run ON due (run_id)",
    """
    CREATE TABLE message (                          -- the outbox: one row for each recipient
        id         INTEGER PRIMARY KEY,
        run_id     BIGINT NOT NULL REFERENCES digest_run (id),
        recipient  TEXT NOT NULL,
        channel    TEXT NOT NULL,
        message_id TEXT NOT NULL UNIQUE,
        subject    TEXT NOT NULL,
        content    BLOB NOT NULL,                   -- the bytes that are sent, from try to try the same
        state      TEXT NOT NULL,                   -- pending, sending, sent, retry, failed, unknown
        attempts   INTEGER NOT NULL DEFAULT 0,      -- numbers the tries; also fences a late answer
        retries    INTEGER NOT NULL DEFAULT 0,      -- tries that count against giving up
        ambiguous  INTEGER NOT NULL DEFAULT 0,      -- tries of which nobody knows whether they arrived
        stage      TEXT NOT NULL DEFAULT '',
        next_at    BIGINT,
        last_error TEXT NOT NULL DEFAULT '',
        created_at BIGINT NOT NULL,
        settled_at BIGINT,
        UNIQUE (run_id, recipient)
    )
    """,
    "CREATE INDEX message_due ON message (state, next_at)",
    """
    CREATE TABLE lease (                            -- who holds this database, for the error that the second one shows
        id         INTEGER PRIMARY KEY CHECK (id = 1),
        pid        INTEGER NOT NULL,
        host       TEXT NOT NULL,
        started_at BIGINT NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Creates every table; nothing was there before."""
    statements.run(*TABLES)
