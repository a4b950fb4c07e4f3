"""Pages that come in a list's place: a log-in, a challenge, an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch import errors, standins
from policywatch.text import html

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser


def named(tree: LexborHTMLParser, text: str) -> str:
    """What the page is, in words that follow `instead of the list came`; empty when it is none of these.

    `text` is the page's source. To be asked only of a page without a list.
    """
    # Before the captcha that log-ins ask for too.
    if tree.css_first("input[type=password]") is not None:
        return standins.LOG_IN
    title = tree.css_first("title")
    shown = html.shown(tree.body) if tree.body is not None else ""
    return standins.named(title.text(deep=True).strip() if title is not None else "", shown, text)


def refuse(url: str, tree: LexborHTMLParser, text: str) -> None:
    """Raises ParseError (`stand_in`) for such a page."""
    came = named(tree, text)
    if came:
        raise errors.ParseError(url, f"instead of the list came {came}", code="stand_in")
