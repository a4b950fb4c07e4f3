"""Each kind of mail in each language as it was looked at and found good: a change of it is seen in `tests/golden`.

make golden        writes them anew; the difference then shows what changed
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import digests_samples as samples
from policywatch.digests import links, mail
from policywatch.model import Coverage, Notice, Recipient

GOLDEN = Path(__file__).parents[1] / "golden"
RENDER = samples.renderer()
HEADERS = ("From", "To", "Subject", "List-Id", "Auto-Submitted")
"""Message-ID and Date differ from mail to mail; what belongs to one reader has tests of its own."""


def notice(language):
    told = Notice("config", ("policywatch.yaml:12:5: sources[2].evry: unknown word; did you mean `every`?",))
    return RENDER.notice(told, language, samples.SLOT, ZoneInfo("Asia/Shanghai"), "https://watch.example.org")


def digest(**changes):
    return lambda language: RENDER.render(samples.morning(**changes), language)


def empty(language):
    return RENDER.render(samples.digest([], coverage=Coverage(sources_read=40, articles_read=12)), language)


MAILS = {
    "digest": digest(),
    "digest-by-kind": digest(
        spec=samples.subscription(digest={"at": "30 8 * * *", "group_by": "kind", "subject": "{n} 条：{title}"})
    ),
    "digest-empty": empty,
    "digest-fallback": lambda language: RENDER.render(samples.digest(), language, "footer.fallback"),
    "alert": lambda language: RENDER.render(samples.alert(), language),
    "notice": notice,
}


def told(rendered, language) -> str:
    """The mail as its reader gets it: sent as bytes, parsed back, its parts decoded."""
    message = mail.message(
        rendered,
        sender="策览 <news@example.org>",
        recipient=Recipient("reader@example.org", language, "李 Smith"),
        message_id="<golden@example.org>",
        date=datetime(2026, 11, 23, 0, 30, tzinfo=UTC),
        subscription="morning",
        links_of=links.Links("https://watch.example.org", "golden"),
    )
    parsed = message_from_bytes(message.content, policy=policy.default)
    assert not parsed.defects
    lines = [f"{name}: {parsed[name]}" for name in HEADERS]
    for part in parsed.iter_parts():
        assert not part.defects
        lines += [
            "",
            f"--- {part.get_content_type()}; charset={part.get_content_charset()}",
            "",
            part.get_content().replace("\r\n", "\n"),
        ]
    return "\n".join(lines)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", MAILS)
def test_a_mail_looks_as_it_was_found_good(name, language):
    path = GOLDEN / f"{name}.{language}.txt"
    made = told(MAILS[name](language), language)
    if os.environ.get("POLICYWATCH_RENEW_GOLDEN"):
        path.write_text(made, encoding="utf-8", newline="\n")
    assert made == path.read_text(encoding="utf-8"), f"{path.name} differs; if that is meant: make golden"


def test_no_golden_mail_is_without_its_test():
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{name}.{language}.txt" for name in MAILS for language in ("zh-CN", "en")
    }
