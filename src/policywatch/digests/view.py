"""What templates see: a digest in the words of a language, ready to be laid out. Plain values only.

Everything that came from a source is on one line, bounded in length and free of control characters; markup is escaped
by the templates. An empty string or tuple means that there is nothing to show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from policywatch.digests import evidence, links, select
from policywatch.digests.lines import Piece, cut, pieces, plain
from policywatch.model import TextState
from policywatch.text.html import safe_url

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.digests.catalogue import Catalogue
    from policywatch.model import Digest, Story

MAX_TITLE = 300
MAX_EXCERPT = 200
MAX_NAME = 80
MAX_ALSO = 40
MAX_FAILURES = 10
MAX_FAULT = 120
MAX_URL = 2048
_HAN = re.compile("[\u3400-\u9fff]")
_KANA = re.compile("[\u3041-\u30fa]")


@dataclass(frozen=True, slots=True)
class StoryView:
    """One story."""

    title: tuple[Piece, ...]
    title_text: str
    url: str
    """http, https or mailto; empty when the source gave no address that is safe to follow."""
    language: str
    """Of title and excerpt where it is known to be another than the mail's, else empty."""
    facts: str
    """Who published it, where and when."""
    excerpt: tuple[Piece, ...]
    excerpt_text: str
    absence: str
    """Why there is no text to show, where there is none."""
    tags: tuple[str, ...]
    """Which terms stood where."""
    spelling: str
    """How the source wrote them, where that differs."""
    also: str
    """The other watch-lists that it belongs to."""
    notes: tuple[str, ...]
    """Reprints, repaired text."""
    strength: tuple[float, float, int]
    """Sorts the strongest first."""
    not_relevant_url: str = ""
    """Where the reader says that it does not belong here; for one reader's eyes, and empty without public_url."""
    not_relevant: str = ""
    """The words of that link."""


@dataclass(frozen=True, slots=True)
class GroupView:
    """A heading and its stories."""

    name: str
    count: str
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True)
class DigestView:
    """A whole mail."""

    language: str
    name: str
    kind: str
    """`digest` or `alert`."""
    date: str
    """`11月23日`."""
    date_weekday: str
    time: str
    count: int
    """How many stories there are, shown or not."""
    headline: str
    lead: str
    preheader: str
    """What a mailbox shows beside the subject: what the subject does not say yet."""
    groups: tuple[GroupView, ...]
    left_out: str
    """How many are not shown."""
    coverage: str
    failures: tuple[tuple[str, str], ...]
    """(source, what is wrong)."""
    more_failures: str
    status_url: str
    """The status page, with the feeds of the watch-lists; empty without public_url."""
    top: str
    """The title of the strongest story."""
    unsubscribe_url: str = ""
    """Where the reader stops, pauses or resumes; for one reader's eyes, and empty without public_url."""


def view(digest: Digest, words: Catalogue, left_out: int = 0) -> DigestView:
    """Puts a digest into words; `left_out` is how many stories it had to do without."""
    zone = ZoneInfo(digest.timezone)
    at = digest.slot.astimezone(zone)
    base = digest.public_url if digest.public_url and safe_url(digest.public_url) else ""
    groups = tuple(
        GroupView(
            name=cut(group.name, MAX_NAME) or words.text("group.other"),
            count=words.text("group.count", n=len(group.stories)),
            stories=tuple(story_view(story, group.name, digest.slot, zone, words, base) for story in group.stories),
        )
        for group in digest.groups
    )
    ranked = sorted((story for group in groups for story in group.stories), key=lambda story: story.strength)
    count = digest.story_count + left_out
    failures = digest.coverage.sources_failed
    date_weekday = words.day_weekday(at)
    lead = "" if digest.kind == "alert" else _lead(digest, zone, words, count)
    following = " · ".join(cut(story.title_text, 60) for story in ranked[1:4])
    return DigestView(
        language=words.language,
        name=cut(digest.name, MAX_NAME),
        kind=digest.kind,
        date=words.day(at),
        date_weekday=date_weekday,
        time=f"{at:%H:%M}",
        count=count,
        headline=words.text("headline" if count else "headline.empty", n=count, date=date_weekday),
        lead=lead,
        preheader=following or (ranked[0].excerpt_text if ranked else "") or lead,
        groups=groups,
        left_out=words.text("left_out", n=left_out) if left_out else "",
        coverage=_coverage(digest, words),
        failures=tuple((cut(name, MAX_NAME), cut(fault, MAX_FAULT)) for name, fault in failures[:MAX_FAILURES]),
        more_failures=words.text("coverage.more", n=len(failures) - MAX_FAILURES)
        if len(failures) > MAX_FAILURES
        else "",
        status_url=f"{safe_url(base)}/" if base else "",
        top=ranked[0].title_text if ranked else "",
        unsubscribe_url=links.unsubscribe_url(base) if base else "",
    )


def story_view(story: Story, group: str, slot: datetime, zone: ZoneInfo, words: Catalogue, base: str = "") -> StoryView:
    """One story as it stands in a group; `base` is where readers reach the pages."""
    hit = select.hit_of(story, group)
    # The store gives titles stripped, but a title that is not must still be marked where it was matched.
    title_marks = [mark for one in story.hits for mark in one.title_marks]
    title = pieces(story.title, title_marks, MAX_TITLE) or (Piece(words.text("story.untitled"), is_marked=False),)
    excerpt = pieces(hit.excerpt.text, hit.excerpt.marks, MAX_EXCERPT) if hit else ()
    spans = hit.spans if hit else ()
    spelled = evidence.spellings(spans)
    others = [cut(one.watchlist, MAX_NAME) for one in story.hits if one.watchlist != group]
    url = safe_url(story.url)
    return StoryView(
        title=title,
        title_text=plain(title),
        url=url if len(url) <= MAX_URL else "",
        language=_language(plain(title) + plain(excerpt), words),
        facts=_facts(story, slot, zone, words),
        excerpt=excerpt,
        excerpt_text=plain(excerpt),
        absence=_absence(story, words) if not excerpt or story.text_state is TextState.NOT_READ else "",
        tags=evidence.tags(spans, words),
        spelling=words.text("evidence.spelling", text=words.text("list.separator").join(spelled)) if spelled else "",
        also=_also(others, words),
        notes=_notes(story, words),
        strength=select.strength(story),
        not_relevant_url=links.not_relevant_url(base, story.id, hit.watchlist) if base and hit else "",
        not_relevant=words.text("story.not_relevant") if base and hit else "",
    )


def _language(text: str, words: Catalogue) -> str:
    """Tells browsers which shapes the characters have: Han letters in an English mail would be drawn as Japanese."""
    if words.language.startswith("zh") or not _HAN.search(text):
        return ""
    return "ja" if _KANA.search(text) else "zh"


def _facts(story: Story, slot: datetime, zone: ZoneInfo, words: Catalogue) -> str:
    publisher, source = cut(story.publisher, MAX_NAME), cut(story.source_name, MAX_NAME)
    # A source is often named after its publisher (示例部 通知): that need not be said twice.
    facts = [name for name in (publisher if publisher not in source else "", source) if name]
    if story.published is not None:
        facts.append(words.moment(story.published, zone, slot))
    else:
        facts.append(words.text("story.seen", moment=words.moment(story.first_seen, zone, slot)))
    return " · ".join(facts)


def _also(others: list[str], words: Catalogue) -> str:
    if not others:
        return ""
    names = words.text("list.separator").join(others[:MAX_ALSO])
    if len(others) > MAX_ALSO:
        return words.text("story.also_more", names=names, n=len(others) - MAX_ALSO)
    return words.text("story.also", names=names)


def _absence(story: Story, words: Catalogue) -> str:
    return words.text("story.not_read" if story.text_state is TextState.NOT_READ else "story.title_only")


def _notes(story: Story, words: Catalogue) -> tuple[str, ...]:
    notes = []
    if story.reprints:
        notes.append(words.text("story.reprints", n=story.reprints))
    if story.was_repaired:
        notes.append(words.text("story.repaired"))
    return tuple(notes)


def _lead(digest: Digest, zone: ZoneInfo, words: Catalogue, count: int) -> str:
    coverage = digest.coverage
    values: dict[str, str | int] = {
        "sources": words.text("count.sources", n=coverage.sources_read),
        "articles": words.text("count.articles", n=coverage.articles_read),
        "stories": words.text("count.stories", n=count),
    }
    ending = "" if count else "_empty"
    if coverage.since is None:
        return words.text(f"lead{ending}", **values)
    since, at = coverage.since.astimezone(zone), digest.slot.astimezone(zone)
    days = (at.date() - since.date()).days
    if days == 0:
        name = words.text("date.today")
    elif days == 1:
        name = words.text("date.yesterday")
    elif days < 7:
        name = words.weekday(since)
    else:
        name = words.day(since, at)
    return words.text(f"lead_since{ending}", since=f"{name} {since:%H:%M}", **values)


def _coverage(digest: Digest, words: Catalogue) -> str:
    coverage = digest.coverage
    read = words.text("coverage.read", n=coverage.sources_read)
    if not coverage.sources_failed:
        return words.text("coverage.all_well", read=read) if coverage.sources_read else read
    return words.text("coverage.failed", read=read, n=len(coverage.sources_failed))
