"""The commands of a reviewer, and previews, beside a service that holds the database."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy

import pytest

from desk import Desk, title

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 08:00 in China
SUBSCRIPTION = {
    "id": "m",
    "to": ["zh@example.org", {"address": "en@example.org", "language": "en"}],
    "digest": {"every": "day at 08:30"},
    "review": True,
}
CONFIG = """
watchlists: [{{name: 量子, any: [量子]}}]
state: {state}
subscriptions:
  - {{id: m, to: [zh@example.org, {{address: en@example.org, language: en}}], watchlists: all, review: true,
     digest: {{every: {every}}}}}
"""


class Office:
    """A database that another process holds, and the commands beside it."""

    def __init__(self, folder) -> None:
        self.desk = Desk(folder, START, SUBSCRIPTION)
        self.path = folder / "policywatch.yaml"
        self.write("day at 08:30")
        self.desk.arrive()
        self.desk.tick(timedelta(minutes=31))
        self.desk.arrive()

    def write(self, every: str) -> None:
        self.path.write_text(CONFIG.format(state=self.path.parent, every=every), encoding="utf-8")

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "policywatch", *words, "--config", str(self.path)],
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            capture_output=True, text=True, timeout=60, check=False, encoding="utf-8",
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    yield made
    made.desk.db.close()


def test_a_draft_is_listed_shown_and_released_beside_the_service(office):
    (number,) = [row.id for row in office.desk.rows("SELECT id FROM digest_run WHERE state = 'draft'")]
    listed = office.run("drafts", "list")
    assert listed.startswith(f"{number}  m  ")
    assert "1 stories, 2 mails; sent at 2026-11-23 12:31 if nobody acts" in listed
    shown = office.run("drafts", "show", str(number))
    assert "[en] " in shown
    assert "[zh-CN] " in shown
    assert shown.count(title(1)) >= 2
    assert "2 mails leave" in office.run("drafts", "release", str(number))
    assert {state for state, _ in office.desk.mails()} == {"pending"}
    assert office.run("drafts", "list") == "no draft waits\n"
    assert f"no draft {number} waits" in office.run("drafts", "drop", str(number), code=1)


def test_a_draft_is_dropped_beside_the_service_and_the_service_goes_on(office):
    (number,) = [row.id for row in office.desk.rows("SELECT id FROM digest_run WHERE state = 'draft'")]
    assert "2 mails are not sent" in office.run("drafts", "drop", str(number))
    assert {state for state, _ in office.desk.mails()} == {"dropped"}
    office.desk.tick(timedelta(days=1))
    assert [state for state, _ in office.desk.mails()] == ["dropped", "dropped", "held", "held"]


def test_a_preview_shows_what_waits_or_what_a_closed_slot_held(office):
    assert title(2) in office.run("preview", "m")
    assert title(1) not in office.run("preview", "m")
    held = office.run("preview", "m", "--at", "2026-11-23T08:30")
    assert title(1) in held
    assert title(2) not in held
    assert office.run("preview", "m", "--at", "2026-11-23T01:30+01:00") == held
    assert "no time; write one such as" in office.run("preview", "m", "--at", "tomorrow", code=1)


def test_a_preview_may_be_the_whole_mail(office):
    mail = message_from_string(office.run("preview", "m", "--format", "eml", "--language", "en"), policy=policy.default)
    assert mail["To"] == "en@example.org"
    assert title(2) in mail.get_body(("plain",)).get_content()
    assert title(2) in office.run("preview", "m", "--format", "html")
    assert office.desk.rows("SELECT count(*) AS n FROM due WHERE run_id IS NULL")[0].n == 1


@pytest.mark.parametrize(
    ("every", "told"),
    [
        ("[工作日 08:30, monthly on last at 17:00]", "working days at 08:30; the last day of the month at 17:00"),
        ('"weekly on mon, thu at 09:00"', "Monday and Thursday at 09:00 (Asia/Shanghai); next "),
    ],
)
def test_check_says_when_in_words(office, every, told):
    office.write(every)
    said = office.run("check")
    assert told in said
    assert said.count("09:00 CST") + said.count("08:30 CST") + said.count("17:00 CST") == 3
    assert "nobody is told of its drafts" in said


def test_a_schedule_that_is_none_is_told_with_its_place(office):
    office.write("wrkday at 08:30")
    told = office.run("check", code=78)
    assert "policywatch.yaml:6:22: subscriptions[m].digest.every" in told
    assert "write one such as `workday at 08:30`" in told
