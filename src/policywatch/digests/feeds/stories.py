"""Stories as a feed: of a watch-list, of a subscription, or of a saved search."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from policywatch import urls
from policywatch.digests.feeds.published import Entry, Feed, urn
from policywatch.digests.lines import cut
from policywatch.digests.select import hit_of
from policywatch.text.html import safe_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Story

MAX_TITLE = 500
MAX_NAME = 200
MAX_EXCERPT = 200
_DEADLINES = {"征求意见": "comment", "申报": "apply", "公示": "object", "报名": "register"}


def of_watchlist(name: str, stories: Sequence[tuple[Story, datetime]], words: Catalogue, zone: tzinfo) -> Feed:
    """The feed of a watch-list: each story with when it came or was changed, newest first.

    An entry has the title, the address, who published it and when, and at most 200 characters around the hits; never
    an article's full text. Its id stays the same as long as the story's number and address do. Days and times in
    summaries are those of `zone`.
    """
    title = cut(name, MAX_NAME)
    return Feed(
        id=urn("watchlist", name),
        title=title,
        subtitle=words.text("feed.watchlist", name=title),
        entries=tuple(_entry(story, at, _around(story, name), words, zone) for story, at in stories),
    )


def of_subscription(
    subscription: SubscriptionSpec, stories: Sequence[tuple[Story, datetime]], words: Catalogue, zone: tzinfo
) -> Feed:
    """The feed of a subscription: what waits for its next digest and what was sent, as in `of_watchlist`."""
    title = cut(subscription.title, MAX_NAME)
    return Feed(
        id=urn("subscription", subscription.id),
        title=title,
        subtitle=words.text("feed.subscription", name=title),
        entries=tuple(_entry(story, at, _around(story, ""), words, zone) for story, at in stories),
    )


def of_search(
    name: str, title: str, stories: Sequence[tuple[Story, datetime, str]], words: Catalogue, zone: tzinfo
) -> Feed:
    """The feed of a saved search: each story with when it came or was changed, and the text around what was found.

    As in `of_watchlist`; where that is empty, the words around the strongest hit of a watch-list stand there.
    """
    title = cut(title, MAX_NAME)
    return Feed(
        id=urn("search", name),
        title=title,
        subtitle=words.text("feed.search", name=title),
        entries=tuple(_entry(story, at, text or _around(story, ""), words, zone) for story, at, text in stories),
    )


def _entry(story: Story, at: datetime, said: str, words: Catalogue, zone: tzinfo) -> Entry:
    return Entry(
        id=_id(story.id, story.url),
        title=cut(story.title, MAX_TITLE) or "–",
        author=_name(story.publisher) or _name(story.source_name) or story.source,
        updated=at,
        published=story.published,
        url=safe_url(story.url),
        categories=_categories(story),
        summary=_summary(story, said, words, zone),
    )


def _categories(story: Story) -> tuple[str, ...]:
    """The watch-lists, and of a policy document its kind, region and issuing bodies."""
    names = [_name(hit.watchlist) for hit in story.hits]
    if story.document is not None:
        names += map(_name, (story.document.kind, story.document.region, *story.document.issuers))
    return tuple(dict.fromkeys(name for name in names if name))


def _around(story: Story, watchlist: str) -> str:
    """The words around the watch-list's hits; without one, around the strongest."""
    hit = hit_of(story, watchlist)
    return hit.excerpt.text if hit else ""


def _summary(story: Story, said: str, words: Catalogue, zone: tzinfo) -> str:
    """Who told it and when, number and deadlines of a document, and some words of the text."""
    facts = [_name(story.source_name) or story.source]
    if story.published is not None:
        facts.append(story.published.astimezone(zone).isoformat(" ")[:16])
    if story.document is not None:
        facts += map(_name, story.document.numbers)
        facts += [
            words.text(f"feed.deadline.{_DEADLINES.get(one.kind, 'other')}", day=one.date.isoformat())
            for one in story.document.deadlines
        ]
    said = cut(said, MAX_EXCERPT)
    told = " · ".join(facts)
    return f"{told}: {said}" if said else told


@lru_cache(maxsize=1024)
def _name(text: str) -> str:
    return cut(text, MAX_NAME)


@lru_cache(maxsize=4096)
def _id(number: int, url: str) -> str:
    return urn("story", str(number), urls.canonical(url))
