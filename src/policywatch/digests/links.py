"""Addresses by which a reader decides without a log-in, and how they come into a mail that is rendered once for all.

Templates get addresses with a placeholder, and each reader's mail gets that reader's token in its place. The token is
a keyed hash of subscription and address: it names nobody, is as long as the placeholder (so that a mail's size does not
change), and what one list's token opens, another list's does not.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from policywatch.model import Rendered

PLACEHOLDER = "\x00token-of-this-reader\x00"
"""No source can write it into a mail: controls are taken out of all that they say."""
_ANCHOR = re.compile(rf"<a\b[^>]*{PLACEHOLDER}[^>]*>.*?</a>", re.DOTALL)
_LINE = re.compile(rf"^.*{PLACEHOLDER}.*\n?", re.MULTILINE)


class Links:
    """Makes a reader's addresses (`model.LinkMaker`): below `base`, which has no slash at its end, with a secret."""

    def __init__(self, base: str, secret: str) -> None:
        self._base = base
        self._secret = hashlib.blake2b(secret.encode()).digest()

    def token(self, subscription: str, recipient: str) -> str:
        """22 characters that stand for 128 bits."""
        told = f"{subscription}\n{recipient.strip().lower()}".encode()
        digest = hashlib.blake2b(told, key=self._secret, digest_size=16, person=b"reader").digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def unsubscribe(self, subscription: str, recipient: str) -> str:
        """Where the reader stops, pauses or resumes a subscription."""
        return unsubscribe_url(self._base, self.token(subscription, recipient))

    def not_relevant(self, subscription: str, recipient: str, story: int, watchlist: str) -> str:
        """Where the reader says that a story does not belong to a watch-list."""
        return not_relevant_url(self._base, story, watchlist, self.token(subscription, recipient))


def unsubscribe_url(base: str, token: str = PLACEHOLDER) -> str:
    """The page of one reader of one subscription."""
    return f"{base}/u/{token}"


def not_relevant_url(base: str, story: int, watchlist: str, token: str = PLACEHOLDER) -> str:
    """The page of one story for one reader."""
    return f"{base}/n/{token}?story={story}&list={quote(watchlist, safe='')}"


def personal(rendered: Rendered, token: str) -> Rendered:
    """A digest with one reader's token in its addresses."""
    return replace(
        rendered, html=rendered.html.replace(PLACEHOLDER, token), text=rendered.text.replace(PLACEHOLDER, token)
    )


def impersonal(rendered: Rendered) -> Rendered:
    """A digest without what only one reader may follow: for feeds, previews and other channels."""
    if PLACEHOLDER not in rendered.html and PLACEHOLDER not in rendered.text:
        return rendered
    html, text = _ANCHOR.sub("", rendered.html), _LINE.sub("", rendered.text)
    return replace(rendered, html=html.replace(PLACEHOLDER, ""), text=text.replace(PLACEHOLDER, ""))
