"""What one poll or one read text leaves in the store: one function of `tx` each, whole or not at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from policywatch.articles import changes, dedupe, standing
from policywatch.model import Article, Hit, Request, TextState, Verdict
from policywatch.pipeline import documents
from policywatch.pipeline.gather import gather
from policywatch.store import articles as article_rows
from policywatch.store import documents as document_rows
from policywatch.store import hits as hit_rows
from policywatch.store import runs
from policywatch.store import stories as story_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from policywatch.pipeline.plan import Plan


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll found, on its way into the store.

    Articles older than `oldest`, and undated ones of a first poll, are the baseline: kept, matched, never mailed.
    """

    found: Sequence[tuple[Article, tuple[Hit, ...]]]
    details: Mapping[str, Request] = field(default_factory=dict)
    """By an article's key, what to ask for its own page."""
    oldest: datetime | None = None
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a poll's articles."""

    new: int = 0
    reprints: int = 0
    baseline: int = 0
    matched: int = 0


def add_polls(tx: Connection, plan: Plan, polls: Sequence[Poll], now: datetime) -> list[Recorded]:
    """Adds what polls found: articles, their stories, hits, and what they make due; says of each what became of it.

    A handful of statements for all of them together, so that what a statement costs does not grow with the sources.
    """
    found = [(at, article, hits) for at, poll in enumerate(polls) for article, hits in poll.found]
    gone = article_rows.gone(tx, [article for _, article, _ in found])
    found = [one for one in found if (one[1].source, one[1].key) not in gone]
    articles = [article for _, article, _ in found]
    judgements = dedupe.judge(articles, _known(tx, articles))
    names = {source: plan.source_name(source) for source in {article.source for article in articles}}
    entries: list[article_rows.NewArticle] = []
    beside: list[tuple[int, tuple[Hit, ...]]] = []
    edited: list[_Edit] = []
    # Of each article: the story it is in, or the entry whose story it shares.
    places: list[tuple[int | None, int | None]] = []
    for (at, article, hits), judgement in zip(found, judgements, strict=True):
        poll = polls[at]
        story, like = (judgement.known.story_id if judgement.known else None), None
        if story is None and judgement.of is not None:
            story, like = places[judgement.of]
        if judgement.verdict in (Verdict.SAME, Verdict.CHANGED):
            places.append((story, like))
            if judgement.known is not None:
                edited.append(_Edit(judgement.known, article, hits, judgement.change, poll.details.get(article.key)))
            continue
        places.append((story, like) if story is not None or like is not None else (None, len(entries)))
        entries.append(
            article_rows.NewArticle(
                article,
                story,
                like,
                baseline=_is_baseline(article, poll.oldest, is_first=poll.is_first),
                detail=poll.details.get(article.key),
                next_text_at=now if article.text_state is TextState.AWAITING else None,
                standing=standing.standing(article, names.get(article.source, "")),
            )
        )
        beside.append((at, hits))
    added = [
        (one, entry, hits, at)
        for one, entry, (at, hits) in zip(article_rows.add(tx, entries), entries, beside, strict=True)
        if one.is_new
    ]
    story_rows.choose_heads(tx, [one.story_id for one, entry, _, _ in added if _is_like(entry)])
    hit_rows.add(tx, [(one.article_id, hit) for one, _, hits, _ in added for hit in hits], now)
    documents.keep(tx, [(one.article_id, entry.article) for one, entry, _, _ in added])
    stories = gather(
        tx, [(one.article_id, one.story_id, entry.article) for one, entry, _, _ in added], plan.story_window, now
    )
    make_due(tx, plan, [(stories[one.article_id], hits) for one, entry, hits, _ in added if not entry.baseline], now)
    for edit in edited:
        _take_edit(tx, plan, edit, now)
    counts = [Counter[str]() for _ in polls]
    for one, entry, hits, at in added:
        counts[at]["new"] += 1
        counts[at]["reprints"] += _is_like(entry) or stories[one.article_id] != one.story_id
        counts[at]["baseline"] += entry.baseline
        counts[at]["matched"] += bool(hits)
    return [Recorded(**count) for count in counts]


def _known(tx: Connection, articles: Sequence[Article]) -> list[dedupe.Known]:
    return [
        dedupe.Known(row.article_id, row.story_id, row.source, row.key, row.canonical_url, row.signature, row.title)
        for row in article_rows.known(tx, articles)
    ]


def _is_like(entry: article_rows.NewArticle) -> bool:
    return entry.story_id is not None or entry.like is not None


@dataclass(frozen=True, slots=True)
class _Edit:
    """An article that is known, as its list names it now."""

    known: dedupe.Known
    article: Article
    hits: tuple[Hit, ...]
    change: str
    detail: Request | None


def _take_edit(tx: Connection, plan: Plan, edit: _Edit, now: datetime) -> None:
    """Takes over what a list says anew of an article: marked as changed when it matters, silently when not."""
    article_id, article = edit.known.article_id, edit.article
    if edit.change:
        article_rows.mark_changed(tx, article_id, article, now, what=edit.change)
        documents.keep(tx, [(article_id, article)])
        if article.text_state is TextState.AWAITING:
            article_rows.read_again(tx, article_id, edit.detail, now)
    elif edit.known.key == article.key:
        article_rows.relist(tx, [(article_id, article.listed)])
    if article.text_state is not TextState.COMPLETE:
        return
    what = changes.of_text(article_rows.body_of(tx, article_id), article.body)
    if not what:
        return
    article_rows.mark_text_changed(tx, article_id, now, what)
    _replace_text(tx, plan, article_id, article)
    hit_rows.add(tx, [(article_id, hit) for hit in edit.hits], now, renew=True)
    stories = gather(tx, [(article_id, edit.known.story_id, article)], plan.story_window, now)
    make_due(tx, plan, [(stories[article_id], edit.hits)], now)


def _replace_text(tx: Connection, plan: Plan, article_id: int, article: Article) -> None:
    near = standing.standing(article, plan.source_name(article.source))
    article_rows.update_text(tx, article_id, article, standing=near)
    documents.keep(tx, [(article_id, article)])


def _is_baseline(article: Article, oldest: datetime | None, *, is_first: bool) -> bool:
    if oldest is None:
        return False
    if article.published is None:
        # The first list of a source holds years; without a date nothing says that an item is news.
        return is_first
    return article.published < oldest


def settle_text(
    tx: Connection,
    plan: Plan,
    row: article_rows.Awaiting,
    article: Article,
    hits: tuple[Hit, ...],
    *,
    backfill: timedelta | None,
    now: datetime,
) -> bool:
    """Records that an article's text was read (or given up) and what it matched; true when it matched."""
    if row.is_reread:
        if article.text_state is TextState.NOT_READ:
            # What was read before is better than nothing.
            article = replace(article, text_state=TextState.COMPLETE)
        what = changes.of_text(article_rows.body_of(tx, row.article_id), article.body)
        if what:
            article_rows.mark_text_changed(tx, row.article_id, now, what)
    _replace_text(tx, plan, row.article_id, article)
    # It may have been joined to another while its page was asked for.
    story = story_rows.of_article(tx, row.article_id)
    known = [other for other in _known(tx, [article]) if other.article_id != row.article_id]
    (judgement,) = dedupe.judge([article], known)
    if judgement.verdict is Verdict.REPRINT and judgement.known is not None and judgement.known.story_id != story:
        into, other = sorted((story, judgement.known.story_id))
        story_rows.merge(tx, other, into)
        story = into
    story = gather(tx, [(row.article_id, story, article)], plan.story_window, now)[row.article_id]
    story_rows.choose_heads(tx, [story])
    if not hits:
        return False
    hit_rows.add(tx, [(row.article_id, hit) for hit in hits], now, renew=row.is_reread)
    is_baseline = row.baseline
    if is_baseline and backfill is not None and row.published is None and article.published is not None:
        # Its list gave no date, its page does: young enough to be news after all.
        is_baseline = article.published < row.fetched_at - backfill
    if not is_baseline:
        make_due(tx, plan, [(story, hits)], now)
    return True


def make_due(tx: Connection, plan: Plan, found: Sequence[tuple[int, Sequence[Hit]]], now: datetime) -> None:
    """Puts each story into the next digest of every subscription that one of its hits belongs to; once for ever."""
    found = [(story, hits) for story, hits in found if hits]
    if not found:
        return
    due = []
    narrows = any(subscription.only for subscription in plan.subscriptions)
    known = document_rows.of_stories(tx, [story for story, _ in found]) if narrows else {}
    for subscription in plan.subscriptions:
        lists = set(plan.lists_of(subscription))
        for story, hits in found:
            if subscription.only is not None and not subscription.only.wants(known.get(story)):
                continue
            score = max((hit.score for hit in hits if hit.watchlist in lists), default=None)
            if score is not None:
                due.append(runs.Due(subscription.id, story, score))
    runs.add_due(tx, due, now)
