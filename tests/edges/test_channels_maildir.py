"""Mails in a folder: whole, once, and readable by mail programs."""

from __future__ import annotations

import asyncio
import errno
import mailbox
import os
import stat

import pytest

from policywatch.channels.kinds.maildir import Channel
from policywatch.model import Outcome
from smtp_server import Stages, message


def deliver(folder, *messages):
    async def go():
        channel = Channel(Channel.Options.model_validate({"path": folder}))
        receipts = [await channel.deliver(one, Stages()) for one in messages]
        await channel.close()
        return receipts

    return asyncio.run(go())


def test_a_mail_is_written_byte_for_byte_where_mail_programs_look(tmp_path):
    content = "Subject: =?utf-8?q?x?=\r\nDate: Mon, 23 Nov 2026 08:30:00 +0800\r\n\r\n.dot\r\n正文\r\n".encode()
    (receipt,) = deliver(tmp_path / "mail", message(content=content))
    assert (receipt.outcome, receipt.stage, receipt.code) == (Outcome.SENT, "written", None)
    with open(receipt.detail, "rb") as file:
        assert file.read() == content
    box = mailbox.Maildir(tmp_path / "mail", create=False)
    assert [one["Subject"] for one in box] == ["=?utf-8?q?x?="]
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


def test_a_second_delivery_replaces_the_first(tmp_path):
    first, second, other = deliver(tmp_path, message(1), message(1), message(2))
    assert first.detail == second.detail != other.detail
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_two_readers_of_one_mail_get_a_file_each(tmp_path):
    deliver(tmp_path, message(1, to="a@example.org"), message(1, to="b@example.org"))
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_a_mail_that_was_read_already_is_not_new_again(tmp_path):
    deliver(tmp_path, message())
    (path,) = (tmp_path / "new").iterdir()
    path.rename(tmp_path / "cur" / f"{path.name}:2,S")
    (receipt,) = deliver(tmp_path, message())
    assert receipt.outcome is Outcome.SENT
    assert list((tmp_path / "new").iterdir()) == []
    assert len(list((tmp_path / "cur").iterdir())) == 1


def test_mails_are_for_their_owner_s_eyes(tmp_path):
    (receipt,) = deliver(tmp_path / "mail", message())
    assert stat.S_IMODE(os.stat(receipt.detail).st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "mail" / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize("date", ["", "Date: nonsense\r\n", "Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n"])
def test_a_mail_without_a_usable_date_is_written_all_the_same(tmp_path, date):
    (receipt,) = deliver(tmp_path, message(content=f"{date}Subject: x\r\n\r\nx\r\n".encode()))
    assert receipt.outcome is Outcome.SENT


def test_a_folder_that_cannot_be_is_a_retry_in_plain_words(tmp_path):
    (tmp_path / "mail").write_text("a file, where the folder should be")
    (receipt,) = deliver(tmp_path / "mail", message())
    assert (receipt.outcome, receipt.stage) == (Outcome.RETRY, "data")
    assert str(tmp_path / "mail") in receipt.detail


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no room left"), (errno.EACCES, "may not be written"), (errno.EIO, "Input/output error")],
)
def test_a_disk_that_fails_is_a_retry_in_plain_words_and_leaves_nothing_half_written(
    tmp_path, monkeypatch, number, words
):
    def fails(_descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    (receipt,) = deliver(tmp_path, message())
    assert receipt.outcome is Outcome.RETRY
    assert words in receipt.detail
    assert [list((tmp_path / part).iterdir()) for part in ("tmp", "new", "cur")] == [[], [], []]
