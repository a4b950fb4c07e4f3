"""Digests as they were sent, as a feed: each issue one entry with its whole content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nh3
from selectolax.lexbor import LexborHTMLParser

from policywatch.digests import links
from policywatch.digests.feeds.published import GENERATOR, Entry, Feed, urn
from policywatch.digests.lines import cut
from policywatch.model import Issue
from policywatch.text.html import ALLOWED_TAGS, xml_safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from selectolax.lexbor import LexborNode

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Rendered

MAX_NAME = 200
MAX_TITLE = 500
MAX_SUMMARY = 200
# What a mail hides from its reader (the words for the mailbox's list), and would stand there without its style.
_HIDDEN = "[hidden], [style*='display:none' i], [style*='display: none' i], head, title, style, script"
# Bars are nothing without their styles.
_NOT_PUBLISHED = "table[role=img]"
_LAYOUT = "table[role=presentation]"
_BLOCKS = "p, div, table, ul, ol, h1, h2, h3, h4, blockquote"
_BLANK = re.compile(r"\n\s*\n")
_CLEANER = nh3.Cleaner(
    tags=ALLOWED_TAGS,
    attributes={"a": {"href", "title"}, "h3": {"lang"}, "h4": {"lang"}, "p": {"lang"}, "span": {"lang"}},
    url_schemes={"http", "https", "mailto"},
    # Nobody knows what a link of a mail is relative to.
    url_relative="deny",
)


def issue(slot: str, at: datetime, rendered: Rendered) -> Issue:
    """What is kept of a digest when it is mailed. It is the same for every recipient and names none of them."""
    rendered = links.impersonal(rendered)
    return Issue(
        slot=slot,
        at=at,
        language=rendered.language,
        subject=rendered.subject,
        html=fragment(rendered.html),
        text=xml_safe(rendered.text),
    )


def of_subscription(subscription: SubscriptionSpec, issues: Sequence[Issue], words: Catalogue) -> Feed:
    """The feed of what was mailed to a subscription, digests and alerts, in the given order."""
    name = cut(subscription.title, MAX_NAME)
    return Feed(
        id=urn("digests", subscription.id),
        title=words.text("feed.digests.title", name=name),
        subtitle=words.text("feed.digests", name=name),
        entries=tuple(_entry(subscription.id, one) for one in issues),
        language=issues[0].language if issues else "",
    )


def _entry(subscription: str, issue: Issue) -> Entry:
    return Entry(
        id=urn("digest", subscription, issue.slot),
        title=cut(issue.subject, MAX_TITLE) or "–",
        author=GENERATOR,
        updated=issue.at,
        published=issue.at,
        summary=cut(issue.text, MAX_SUMMARY),
        html=issue.html,
        text=issue.text,
    )


def fragment(html: str) -> str:
    """What stands in the body of a mail, as a feed may carry it: no styles, scripts, hidden text or relative links."""
    tree = LexborHTMLParser(html)
    for node in [*tree.css(_HIDDEN), *tree.css(_NOT_PUBLISHED)]:
        node.decompose()
    for table in tree.css(_LAYOUT):
        _lines_of(tree, table)
        # The frame that mail programs want; readers would draw it as a table.
        for part in [*table.css("tbody, tr, td"), table]:
            if _is_of(part, table):
                part.unwrap()
    inside = tree.body.inner_html if tree.body is not None else ""
    return xml_safe(_BLANK.sub("\n", _CLEANER.clean(inside or "")).strip())


def _lines_of(tree: LexborHTMLParser, table: LexborNode) -> None:
    """Makes a paragraph of each row of cells that hold only words, such as a deadline with its day beside it.

    Without the table the cells of all rows would run together.
    """
    for row in [row for row in table.css("tr") if _is_of(row, table)]:
        cells = [cell for cell in row.iter() if cell.tag == "td"]
        if len(cells) < 2 or row.css_first(_BLOCKS) is not None:
            continue
        line = tree.create_node("p")
        for number, cell in enumerate(cells):
            if number:
                line.insert_child(tree.create_node("br"))
            for part in list(cell.iter(include_text=True)):
                line.insert_child(part.clone())
        row.insert_before(line)
        row.decompose()


def _is_of(part: LexborNode, table: LexborNode) -> bool:
    """A table, row or cell belongs to this table rather than to one inside it."""
    at: LexborNode | None = part
    while at is not None and at.tag != "table":
        at = at.parent
    return at is not None and at.mem_id == table.mem_id
