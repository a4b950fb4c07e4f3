"""The step to tables for readers, on mails that are there already."""

from __future__ import annotations

from alembic import command
from sqlalchemy import create_engine, text

from policywatch.store import outbox, recipients, schema
from policywatch.store.db import Database


def test_mails_that_waited_before_the_step_are_sent_after_it_and_know_their_readers(tmp_path):
    path = tmp_path / "old.sqlite"
    with create_engine(f"sqlite:///{path}").begin() as tx:
        command.upgrade(schema._config(tx), "0002")
        tx.execute(text("INSERT INTO digest_run VALUES (1, 'm', 's', 'digest', 1, 'closed', 1, 1)"))
        tx.execute(
            text(
                "INSERT INTO message (run_id, recipient, channel, message_id, subject, content, state, next_at, "
                "created_at) VALUES (1, 'Who@Example.org', 'smtp', '<1@x>', 's', :content, 'pending', 1, 1)"
            ),
            {"content": b"bytes\r\n"},
        )
    db = Database.open(path)
    try:
        (row,) = db.read_now(lambda tx: tx.execute(text("SELECT * FROM message")).all())
        assert (row.reader, row.domain) == (recipients.key("who@example.org"), "example.org")
        (claimed,) = db.write_now(outbox.claim, outbox.values.required(10))
        assert claimed.message.content == b"bytes\r\n"
    finally:
        db.close()
