"""Backups: made while the service writes, refused where they would do harm, and what a restored store sends."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from policywatch import errors
from policywatch.model import Message, Outcome, Receipt
from policywatch.store import backup, outbox, runs
from policywatch.store.db import Database

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=2)


def opened(place):
    made = Database.open(place)
    yield made
    made.close()


@pytest.fixture
def db(place):
    yield from opened(place)


def put_mail(db, slot: str, *recipients: str) -> None:
    run = db.write_now(runs.open_run, "m", slot, NOW, "digest", NOW)
    messages = [Message(name, f"<{slot}-{name}>", "s", b"\x00\xffmail\r\n") for name in recipients]
    db.write_now(outbox.add, run, messages, "smtp", NOW)


def send(db, claimed) -> None:
    assert db.write_now(
        outbox.settle, claimed.id, claimed.attempt, Receipt(Outcome.SENT, "reply", 250), next_at=None, at=NOW
    )


def test_100_a_backup_made_while_writing_is_whole_and_sends_again_only_what_is_in_doubt(db, place, tmp_path):
    """Sent before: never again. Waiting or under way at that moment: once more, marked, under the same Message-ID."""
    put_mail(db, "first", "sent@x.org", "busy@x.org")
    busy, sent = sorted(db.write_now(outbox.claim, NOW), key=lambda one: one.message.recipient)
    send(db, sent)
    db.write_now(outbox.stage, busy.id, busy.attempt, "dot")
    put_mail(db, "second", "waiting@x.org")
    stop = threading.Event()
    written = []

    def write():
        while not stop.is_set():
            db.write_now(runs.subscribe, [f"s{len(written)}"], NOW)
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 20:
            stop.wait(0.001)
        before = len(written)
        file = tmp_path / "backup.sqlite"
        assert backup.write(place, file) == file.stat().st_size
    finally:
        stop.set()
        writer.join()
    whole = sqlite3.connect(file)
    assert whole.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert whole.execute("PRAGMA foreign_key_check").fetchall() == []
    assert whole.execute("SELECT count(*) FROM subscription").fetchone()[0] >= before
    whole.close()
    assert [path.name for path in tmp_path.glob(".*")] == []

    target = tmp_path / "restored" / "policywatch.sqlite"
    waiting, old = backup.restore(file, target, LATER)
    assert (waiting, old) == (2, None)
    restored = Database.open(target)
    try:
        assert restored.write_now(outbox.recover, LATER) == []
        claimed = restored.write_now(outbox.claim, LATER)
        assert sorted(one.message.recipient for one in claimed) == ["busy@x.org", "waiting@x.org"]
        assert {one.message.message_id for one in claimed} == {"<first-busy@x.org>", "<second-waiting@x.org>"}
        marks = restored.read_now(lambda tx: tx.execute(text("SELECT recipient, ambiguous FROM message")).all())
        assert {row.recipient: row.ambiguous for row in marks} == {"sent@x.org": 0, "busy@x.org": 1, "waiting@x.org": 1}
        assert restored.write_now(runs.open_run, "m", "first", NOW, "digest", LATER) is None
    finally:
        restored.close()


def test_a_backup_goes_into_an_empty_database_of_the_other_kind(db, place, tmp_path):
    put_mail(db, "first", "a@x.org")
    backup.write(place, tmp_path / "backup.sqlite")
    db.close()
    if isinstance(place, str):
        with pytest.raises(errors.StoreError, match="not empty"):
            backup.restore(tmp_path / "backup.sqlite", place, LATER)
    else:
        assert backup.restore(tmp_path / "backup.sqlite", place, LATER)[0] == 1


def test_a_restore_keeps_what_was_there_and_its_log(tmp_path):
    place = tmp_path / "policywatch.sqlite"
    db = Database.open(place)
    db.write_now(runs.subscribe, ["before"], NOW)
    backup.write(place, tmp_path / "backup.sqlite")
    db.write_now(runs.subscribe, ["after"], NOW)
    db.close()
    (tmp_path / "policywatch.sqlite-wal").write_bytes(b"of the old one")
    _, old = backup.restore(tmp_path / "backup.sqlite", place, LATER)
    assert old is not None
    assert (old.parent / f"{old.name}-wal").read_bytes() == b"of the old one"
    again = Database.open(place)
    assert again.read_now(runs.first_seen, "before") == NOW
    assert again.read_now(runs.first_seen, "after") is None
    again.close()
    assert sqlite3.connect(old).execute("SELECT count(*) FROM subscription").fetchone() == (2,)


def test_what_would_do_harm_is_refused(tmp_path):
    place = tmp_path / "policywatch.sqlite"
    db = Database.open(place)
    file = tmp_path / "backup.sqlite"
    backup.write(place, file)
    with pytest.raises(errors.StoreError, match="there already"):
        backup.write(place, file)
    with pytest.raises(errors.StoreError, match="no folder"):
        backup.write(place, tmp_path / "none" / "b.sqlite")
    with pytest.raises(errors.StoreBusyError, match="in use"):
        backup.restore(file, place, LATER)
    db.close()
    with pytest.raises(errors.StoreError, match="no file"):
        backup.restore(tmp_path / "none.sqlite", place, LATER)
    (tmp_path / "text").write_text("no database at all")
    with pytest.raises(errors.StoreError, match="damaged"):
        backup.restore(tmp_path / "text", place, LATER)
    sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE a (b)").connection.close()
    with pytest.raises(errors.StoreError, match="no backup of policywatch"):
        backup.restore(tmp_path / "other.sqlite", place, LATER)
    newer = sqlite3.connect(file)
    newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.commit()
    newer.close()
    with pytest.raises(errors.StoreError, match="newer policywatch"):
        backup.restore(file, place, LATER)
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 4096] = b"\xa5" * 4096
    file.write_bytes(raw)
    with pytest.raises(errors.StoreError, match="damaged"):
        backup.restore(file, place, LATER)
    assert Database.open(place).close() is None
