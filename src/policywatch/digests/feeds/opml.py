"""A list of feeds as OPML 2.0 (https://opml.org/spec2.opml): feed readers subscribe to all of it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.digests.feeds.markup import element, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

MEDIA_TYPE = "text/x-opml"


def document(title: str, feeds: Iterable[tuple[str, str]], home_url: str) -> bytes:
    """The list as UTF-8; a feed is its name and its address. `home_url` is the page about them."""
    outlines = "\n".join(
        f'<outline type="rss" text="{escape(name)}" title="{escape(name)}" xmlUrl="{escape(url)}" '
        f'htmlUrl="{escape(home_url)}"/>'
        for name, url in feeds
    )
    whole = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<opml version="2.0">\n<head>{element("title", title)}</head>\n<body>\n{outlines}\n</body>\n</opml>\n'
    )
    return whole.encode("utf-8")
