"""What mail programs make of the mails: only features that they know, or can do without; no points from SpamAssassin."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

import digests_samples as samples
from digests_samples import LISTS, hit, story
from policywatch.digests import mail
from policywatch.model import Recipient

RENDER = samples.renderer()
TOP = Path(__file__).parents[2]
NPM = Path(os.environ.get("POLICYWATCH_CANIEMAIL", TOP / "var" / "caniemail"))
"""Where `npm install --prefix var/caniemail caniemail` puts the data of caniemail.com."""

EVERYWHERE = {
    "background", "border", "border-bottom", "border-bottom-color", "border-bottom-width", "border-collapse",
    "border-left", "border-top", "color", "font-family", "font-size", "font-weight", "line-height", "margin",
    "margin-right", "padding", "padding-bottom", "padding-top", "text-decoration", "width",
}  # fmt: skip
"""Known to Gmail, Apple Mail, Yahoo and Outlook in the way they are used here (caniemail.com, November 2026).

Of QQ Mail nothing is written there; it is known to drop style sheets, and here no style stands in one alone.
"""
WITHOUT = {
    "@media": "the mail is as by day and on a desk; it is fluid up to 640 pixels, and readable at 320",
    "<style> element": "it holds media queries only; every style stands on its tag",
    "<body> element": "its ground is also that of the outermost table",
    "display": "the line for the mailbox's list is also cut to no height, and one pixel small",
    "display:none": "as display",
    "overflow": "as display; nothing else uses it",
    "height property": "max-height, as display",
    "max-height": "as display",
    "max-height property": "as display",
    "color-scheme meta tag": "the mail is as by day, or as the program itself darkens it",
    "max-width": "Outlook gets a table of 640 pixels in a conditional comment",
    "overflow-wrap": "word-break says the same in the words of older programs",
    "word-break": "overflow-wrap says the same",
    "white-space": "a label may break over two lines",
    "letter-spacing": "the line over the headline is a little narrower",
    "border-radius": "labels have corners",
    "role attribute": "a screen reader may read that a table begins",
    "aria-label attribute": "the bars' title says the same, and the plain text",
    "lang attribute": "Han letters may be drawn in Japanese shapes",
    "mso-hide": "Outlook's own word; others have display",
}
"""What a mail is like where one of these is not known: the fallback of each."""


def mails():
    many = [
        story(number, f"第 {number} 条：某地出台支持政策", hits=[hit(LISTS[number % 3], number % 97, text="支持量子科技示范应用。" * 4)])
        for number in range(1, 501)
    ]  # fmt: skip
    return {
        "digest-zh": (samples.morning(), "zh-CN"),
        "digest-en": (samples.morning(), "en"),
        "alert-zh": (samples.alert(), "zh-CN"),
        "alert-en": (samples.alert(), "en"),
        "digest-of-1": (samples.digest([story()]), "zh-CN"),
        "digest-of-50": (samples.digest(many[:50]), "zh-CN"),
        "digest-of-500": (samples.digest(many, spec=samples.subscription(digest={"at": "0 9 * * *", "max_stories": 500})), "zh-CN"),
    }  # fmt: skip


MAILS = mails()


@pytest.mark.parametrize("name", MAILS)
def test_078_every_style_is_known_or_can_be_done_without(name):
    """The project's own table, for machines without npm."""
    tree = LexborHTMLParser(RENDER.render(*MAILS[name]).html)
    used = {
        declaration.partition(":")[0].strip()
        for node in tree.css("body, body [style]")
        for declaration in node.attributes.get("style", "").split(";")
        if declaration.strip()
    }
    assert used - EVERYWHERE - set(WITHOUT) == set()
    assert not tree.css("img, svg, video, picture, form, link, script, object, iframe"), "nothing waits for images"
    assert not [
        node for node in tree.css("[style]") if re.search(r"url\(|position|float|flex|grid", node.attributes["style"])
    ]


CHECK = """
import { caniemail } from 'caniemail'
import { readFileSync } from 'node:fs'
const clients = ['gmail.*', 'outlook.windows', 'outlook.windows-mail', 'outlook.outlook-com', 'apple-mail.*', 'yahoo.*']
const { issues } = caniemail({ clients, html: readFileSync(0, 'utf8') })
const found = []
for (const [client, all] of issues.errors) for (const issue of all) found.push([client, issue.title])
console.log(JSON.stringify(found))
"""


@pytest.mark.skipif(
    shutil.which("node") is None or not (NPM / "node_modules" / "caniemail").is_dir(),
    reason="npm's caniemail is not here: npm install --prefix var/caniemail caniemail",
)
@pytest.mark.parametrize("name", MAILS)
def test_078_caniemail_knows_no_feature_without_a_fallback(name):
    html = RENDER.render(*MAILS[name]).html
    done = subprocess.run(
        ["node", "--input-type=module", "-e", CHECK],
        cwd=NPM, input=html, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found, "old programs lack something: a check that finds nothing has not looked"
    assert {(client, title) for client, title in found if title not in WITHOUT} == set()


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="SpamAssassin is not installed: make test-deps")
@pytest.mark.parametrize("name", [name for name in MAILS if name != "alert-en"])
def test_079_spamassassin_finds_next_to_nothing(name, tmp_path):
    digest, language = MAILS[name]
    message = mail.message(
        RENDER.render(digest, language),
        sender="policywatch <news@example.org>",
        recipient=Recipient("reader@example.org", language),
        message_id=mail.message_id("digest", "morning", name, "reader@example.org", "example.org"),
        date=datetime.now(UTC),
        subscription="morning",
    )
    done = subprocess.run(
        ["spamassassin", "-L", "-t"],
        input=message.content, capture_output=True, timeout=100, check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    told = done.stdout.decode("utf-8", "replace")
    score = re.search(r"Content analysis details:\s+\((-?[\d.]+) points", told)
    assert score is not None, told[-2000:]
    assert float(score[1]) <= 2.0, told[told.find("Content analysis") :]
    rules = set(re.findall(r"^\s*-?[\d.]+ ([A-Z_0-9]+) ", told[told.find("Content analysis") :], re.MULTILINE))
    assert not [
        rule
        for rule in rules
        if rule.startswith(("MISSING_", "HTML_IMAGE_ONLY"))
        or rule in {"MIME_HTML_ONLY", "SUBJ_ALL_CAPS", "INVALID_DATE"}
    ]
