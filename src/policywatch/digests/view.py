"""What templates see: a digest in the words of a language, ready to be laid out. Plain values only.

Everything that came from a source is on one line, bounded in length and free of control characters; markup is escaped
by the templates. An empty string or tuple means that there is nothing to show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from policywatch.digests import documents, evidence, faults, links, select, trend
from policywatch.digests.lines import Piece, cut, pieces, plain
from policywatch.model import TextState
from policywatch.text.html import safe_url

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.documents import DocumentFacts
    from policywatch.digests.trend import Bar
    from policywatch.model import Closing, Digest, FailedSource, Group, Reprint, SilentSource, Story

MAX_TITLE = 300
MAX_EXCERPT = 200
MAX_SUMMARY = 400
MAX_NAME = 80
MAX_ALSO = 8
MAX_FAILURES = 10
MAX_FAULT = 120
MAX_URL = 2048
MAX_CHANGE = 160
MAX_REPRINTS = 3
"""Of those that are named."""
MAX_CLOSING = 10
MAX_BARS = 12
"""Headings that get bars; where there are more, bars would cost more bytes than they tell."""
_HAN = re.compile("[\u3400-\u9fff]")
_KANA = re.compile("[\u3041-\u30fa]")


@dataclass(frozen=True, slots=True)
class LinkView:
    """A name that may lead somewhere."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class TrendView:
    """How a watch-list went in the last weeks."""

    name: str
    label: str
    """`近八周 0、1、3 …`: what the bars say, in words."""
    bars: tuple[Bar, ...]
    """Empty where the words have to do."""


@dataclass(frozen=True, slots=True)
class ClosingView:
    """A deadline that is near."""

    title: str
    url: str
    language: str
    who: str
    days: str
    """`5 天`, `今天`."""
    date: str
    what: str
    """The kind of the deadline and the words that it came from."""
    is_urgent: bool
    """Three days or less."""


@dataclass(frozen=True, slots=True)
class StoryView:
    """One story."""

    id: int
    title: tuple[Piece, ...]
    title_text: str
    url: str
    """http, https or mailto; empty when the source gave no address that is safe to follow."""
    language: str
    """Of title and excerpt where it is known to be another than the mail's, else empty."""
    kind: str
    """What kind of document it is, where that is known."""
    facts: str
    """Who issued and published it, its number, its region, when."""
    deadline: str
    """Until when something is to be done."""
    change: str
    """What its source changed in it."""
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
    reprinted: str
    """How many reprints there are."""
    reprints: tuple[LinkView, ...]
    """The first few of them."""
    note: str
    """What was done to its text."""
    not_relevant_url: str
    """Where its reader says that it is beside the point; empty without such a page."""
    strength: tuple[float, float, int]
    """Sorts the strongest first."""


@dataclass(frozen=True, slots=True)
class GroupView:
    """A heading and its stories."""

    name: str
    total: int
    """How many stories belong under it, shown or not."""
    count: str
    """The same in words."""
    stories: tuple[StoryView, ...]
    trend: TrendView | None = None
    left_out: str = ""
    """How many more there are than the subscription shows of each heading."""
    more_url: str = ""


@dataclass(frozen=True, slots=True)
class DigestView:
    """A whole mail."""

    language: str
    name: str
    kind: str
    """`digest` or `alert`."""
    date: str
    """`11月23日`."""
    weekday: str
    date_weekday: str
    time: str
    count: int
    """How many stories there are, shown or not."""
    headline: str
    lead: str
    preheader: str
    """What a mailbox shows beside the subject: what the subject does not say yet."""
    closing: tuple[ClosingView, ...]
    """What closes soon, the nearest first."""
    closing_more: str
    closing_count: int
    groups: tuple[GroupView, ...]
    trends: tuple[TrendView, ...]
    """Those that stand beside no heading."""
    left_out: str
    """How many are not shown."""
    coverage: str
    failures: tuple[tuple[str, str], ...]
    """(source, what is wrong)."""
    more_failures: str
    silent: tuple[tuple[str, str], ...]
    """(source, since when nothing new came from it)."""
    silence: str
    """How many are silent."""
    more_silent: str
    status_url: str
    """The pages; empty without public_url."""
    top: str
    """The title of the strongest story."""
    unsubscribe_url: str = ""
    """Where the reader stops, pauses or resumes; for one reader's eyes, and empty without public_url."""
    note: str = ""
    """What a reader should know of the mail itself."""


def view(digest: Digest, words: Catalogue, note: str = "") -> DigestView:
    """Puts a digest into words."""
    zone = ZoneInfo(digest.timezone)
    at = digest.slot.astimezone(zone)
    base = digest.public_url if digest.public_url and safe_url(digest.public_url) else ""
    status_url = f"{safe_url(base)}/" if base else ""
    trends = _trends(digest, words)
    groups = tuple(_group(group, digest, trends, zone, words, status_url) for group in digest.groups)
    ranked = sorted((story for group in groups for story in group.stories), key=lambda story: story.strength)
    count = digest.total
    coverage = digest.coverage
    date_weekday = words.day_weekday(at)
    headline = words.text("headline" if count else "headline.empty", n=count, date=date_weekday)
    if digest.closing:
        headline = words.text("headline.closing", headline=headline, n=len(digest.closing))
    lead = "" if digest.kind == "alert" else _lead(digest, zone, words, count)
    following = " · ".join(cut(story.title_text, 60) for story in ranked[1:4])
    beside = {group.name for group in digest.groups} if digest.group_by == "watchlist" else set()
    return DigestView(
        language=words.language,
        name=cut(digest.name, MAX_NAME),
        kind=digest.kind,
        date=words.day(at),
        weekday=words.weekday(at),
        date_weekday=date_weekday,
        time=f"{at:%H:%M}",
        count=count,
        headline=headline,
        lead=lead,
        preheader=following or (ranked[0].excerpt_text if ranked else "") or lead,
        closing=tuple(_closing(one, digest, words) for one in digest.closing[:MAX_CLOSING]),
        closing_more=_more("closing.more", len(digest.closing) - MAX_CLOSING, words),
        closing_count=len(digest.closing),
        groups=groups,
        trends=tuple(one for name, one in trends.items() if name not in beside) if digest.kind == "digest" else (),
        left_out=_more("left_out", digest.left_out, words),
        coverage=_coverage(digest, words),
        failures=tuple(_failure(source, words) for source in coverage.sources_failed[:MAX_FAILURES]),
        more_failures=_more("coverage.more", len(coverage.sources_failed) - MAX_FAILURES, words),
        silent=tuple(_silence(source, at, words) for source in coverage.sources_silent[:MAX_FAILURES]),
        silence=_more("coverage.silent", len(coverage.sources_silent), words),
        more_silent=_more("coverage.more", len(coverage.sources_silent) - MAX_FAILURES, words),
        status_url=status_url,
        top=ranked[0].title_text if ranked else "",
        unsubscribe_url=links.unsubscribe_url(base) if base else "",
        note=note,
    )


def story_view(story: Story, group: str, digest: Digest, zone: ZoneInfo, words: Catalogue) -> StoryView:
    """One story as it stands in a group."""
    hit = select.hit_of(story, group)
    slot = digest.slot
    base = digest.public_url if digest.public_url and safe_url(digest.public_url) else ""
    # The store gives titles stripped, but a title that is not must still be marked where it was matched.
    title_marks = [mark for one in story.hits for mark in one.title_marks]
    title = pieces(story.title, title_marks, MAX_TITLE) or (Piece(words.text("story.untitled"), is_marked=False),)
    if story.summary.text:
        excerpt = pieces(story.summary.text, story.summary.marks, MAX_SUMMARY)
    else:
        excerpt = pieces(hit.excerpt.text, hit.excerpt.marks, MAX_EXCERPT) if hit else ()
    title_text, excerpt_text = plain(title), plain(excerpt)
    spans = evidence.outermost(hit.spans) if hit else ()
    spelled = evidence.spellings(spans)
    others = [cut(one.watchlist, MAX_NAME) for one in story.hits if one.watchlist != group]
    document = (
        documents.facts(story.document, slot.astimezone(zone).date(), words) if story.document else documents.NOTHING
    )
    return StoryView(
        id=story.id,
        title=title,
        title_text=title_text,
        url=_url(story.url),
        language=_language(title_text + excerpt_text, words),
        kind=document.kind,
        facts=_facts(story, document, slot, zone, words),
        deadline=document.deadline,
        change=words.text("story.change", change=cut(story.change, MAX_CHANGE)) if story.change else "",
        excerpt=excerpt,
        excerpt_text=excerpt_text,
        absence=_absence(story, words) if not excerpt or story.text_state is TextState.NOT_READ else "",
        tags=evidence.tags(spans, words),
        spelling=words.text("evidence.spelling", text=words.text("list.separator").join(spelled)) if spelled else "",
        also=_also(others, words, is_listed=digest.group_by == "watchlist"),
        reprinted=words.text("story.reprints", n=story.reprints) if story.reprints else "",
        reprints=tuple(map(_reprint, story.also[:MAX_REPRINTS])) if story.reprints else (),
        note=words.text("story.repaired") if story.was_repaired else "",
        not_relevant_url=links.not_relevant_url(base, story.id, hit.watchlist) if base and hit else "",
        strength=select.strength(story),
    )


def _group(
    group: Group,
    digest: Digest,
    trends: dict[str, TrendView],
    zone: ZoneInfo,
    words: Catalogue,
    more_url: str,
) -> GroupView:
    named = words.named(f"document.{digest.group_by}s", group.name) if digest.group_by != "watchlist" else group.name
    total = len(group.stories) + group.left_out
    return GroupView(
        name=cut(named, MAX_NAME) or words.text("group.other"),
        total=total,
        count=words.text("group.count", n=total),
        stories=tuple(story_view(story, group.name, digest, zone, words) for story in group.stories),
        trend=trends.get(group.name) if digest.group_by == "watchlist" else None,
        left_out=_more("group.left_out", group.left_out, words),
        more_url=more_url,
    )


def _trends(digest: Digest, words: Catalogue) -> dict[str, TrendView]:
    found = {}
    for one in digest.trends:
        bars = trend.bars(one.weeks)
        if bars:
            counts = words.text("list.separator").join(f"{count:,}" for count in one.weeks)
            label = words.text("trend", n=len(one.weeks), counts=counts)
            found[one.watchlist] = TrendView(cut(one.watchlist, MAX_NAME), label, bars)
    if len(found) > MAX_BARS:
        return {name: TrendView(one.name, one.label, ()) for name, one in found.items()}
    return found


def _closing(closing: Closing, digest: Digest, words: Catalogue) -> ClosingView:
    story, deadline = closing.story, closing.deadline
    title = cut(story.title, MAX_TITLE) or words.text("story.untitled")
    issuers = story.document.issuers[:1] if story.document else ()
    kind = words.named("deadline.kinds", deadline.kind)
    said = cut(deadline.text, MAX_FAULT)
    return ClosingView(
        title=title,
        url=_url(story.url),
        language=_language(title, words),
        who=cut(issuers[0] if issuers else story.publisher or story.source_name, MAX_NAME),
        days=documents.days_left(closing.days, words),
        date=words.day(deadline.date, digest.slot.astimezone(ZoneInfo(digest.timezone)).date()),
        what=said if kind in said else words.text("closing.words", kind=kind, text=said) if said else kind,
        is_urgent=closing.days <= documents.URGENT,
    )


def _reprint(reprint: Reprint) -> LinkView:
    return LinkView(cut(reprint.source_name, MAX_NAME) or "–", _url(reprint.url))


def _url(url: str) -> str:
    """The address where it is safe to follow and of a length that mail programs take."""
    safe = safe_url(url)
    return safe if len(safe) <= MAX_URL else ""


def _more(key: str, count: int, words: Catalogue) -> str:
    return words.text(key, n=count) if count > 0 else ""


def _failure(source: FailedSource, words: Catalogue) -> tuple[str, str]:
    return cut(source.name, MAX_NAME), cut(faults.told(source.fault, source.error, words), MAX_FAULT)


def _silence(source: SilentSource, at: datetime, words: Catalogue) -> tuple[str, str]:
    if source.since is None:
        return cut(source.name, MAX_NAME), words.text("coverage.never")
    day = words.day(source.since.astimezone(at.tzinfo), at)
    return cut(source.name, MAX_NAME), words.text("coverage.silent_since", day=day)


def _language(text: str, words: Catalogue) -> str:
    """Tells browsers which shapes the characters have: Han letters in an English mail would be drawn as Japanese."""
    if words.language.startswith("zh") or not _HAN.search(text):
        return ""
    return "ja" if _KANA.search(text) else "zh"


def _facts(story: Story, document: DocumentFacts, slot: datetime, zone: ZoneInfo, words: Catalogue) -> str:
    publisher, source = cut(story.publisher, MAX_NAME), cut(story.source_name, MAX_NAME)
    issuers = document.issuers
    facts = [words.text("list.separator").join(issuers)] if issuers else []
    # A source is often named after its publisher (示例部 通知), and that is often the issuer: not to be said twice.
    names = (publisher if publisher not in source else "", source)
    facts += [name for name in names if name and not (issuers and any(issuer in name for issuer in issuers))]
    facts += document.marks
    if story.published is not None:
        facts.append(words.moment(story.published, zone, slot))
    else:
        facts.append(words.text("story.seen", moment=words.moment(story.first_seen, zone, slot)))
    return " · ".join([*facts, *document.dates])


def _also(others: list[str], words: Catalogue, *, is_listed: bool) -> str:
    """The watch-lists that the heading does not tell."""
    if not others:
        return ""
    names = words.text("list.separator").join(others[:MAX_ALSO])
    if len(others) > MAX_ALSO:
        return words.text("story.also_more", names=names, n=len(others) - MAX_ALSO)
    return words.text("story.also" if is_listed else "story.lists", names=names)


def _absence(story: Story, words: Catalogue) -> str:
    return words.text("story.not_read" if story.text_state is TextState.NOT_READ else "story.title_only")


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
