"""What one poll or one read text leaves in the store: one function of `tx` each, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.articles import dedupe
from policywatch.model import Article, Hit, Request, TextState, Verdict
from policywatch.pipeline import documents
from policywatch.store import articles as article_rows
from policywatch.store import documents as document_rows
from policywatch.store import hits as hit_rows
from policywatch.store import runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from policywatch.pipeline.plan import Plan


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a poll's articles."""

    new: int = 0
    reprints: int = 0
    baseline: int = 0
    matched: int = 0


def add_articles(
    tx: Connection,
    plan: Plan,
    found: Sequence[tuple[Article, tuple[Hit, ...]]],
    details: Mapping[str, Request],
    *,
    oldest: datetime | None,
    is_first: bool,
    now: datetime,
) -> Recorded:
    """Adds what a poll found: articles, their stories, hits, and what they make due.

    Articles older than `oldest`, and undated ones of a first poll, are the baseline: kept, matched, never mailed.
    """
    articles = [article for article, _ in found]
    known = [
        dedupe.Known(row.article_id, row.story_id, row.source, row.key, row.canonical_url, row.signature, row.title)
        for row in article_rows.known(tx, articles)
    ]
    entries: list[article_rows.NewArticle] = []
    found_hits: list[tuple[Hit, ...]] = []
    reprints = 0
    # Of each article: the story it is in, or the entry whose story it shares.
    places: list[tuple[int | None, int | None]] = []
    for (article, hits), judgement in zip(found, dedupe.judge(articles, known), strict=True):
        story, like = (judgement.known.story_id if judgement.known else None), None
        if story is None and judgement.of is not None:
            story, like = places[judgement.of]
        if judgement.verdict in (Verdict.SAME, Verdict.CHANGED):
            places.append((story, like))
            if judgement.verdict is Verdict.CHANGED and judgement.known is not None:
                article_rows.mark_changed(tx, judgement.known.article_id, article, now)
                documents.keep(tx, [(judgement.known.article_id, article)])
            continue
        places.append((story, like) if story is not None or like is not None else (None, len(entries)))
        reprints += judgement.verdict is Verdict.REPRINT
        entries.append(
            article_rows.NewArticle(
                article,
                story,
                like,
                baseline=_is_baseline(article, oldest, is_first=is_first),
                detail=details.get(article.key),
                next_text_at=now if article.text_state is TextState.AWAITING else None,
            )
        )
        found_hits.append(hits)
    added = [
        (one, entry, hits)
        for one, entry, hits in zip(article_rows.add(tx, entries), entries, found_hits, strict=True)
        if one.is_new
    ]
    hit_rows.add(tx, [(one.article_id, hit) for one, _, hits in added for hit in hits], now)
    documents.keep(tx, [(one.article_id, entry.article) for one, entry, _ in added])
    make_due(tx, plan, [(one.story_id, hits) for one, entry, hits in added if not entry.baseline], now)
    return Recorded(
        new=len(added),
        reprints=reprints,
        baseline=sum(entry.baseline for _, entry, _ in added),
        matched=sum(bool(hits) for _, _, hits in added),
    )


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
    article_rows.update_text(tx, row.article_id, article)
    documents.keep(tx, [(row.article_id, article)])
    story = row.story_id
    known = [
        dedupe.Known(
            other.article_id,
            other.story_id,
            other.source,
            other.key,
            other.canonical_url,
            other.signature,
            other.title,
        )
        for other in article_rows.known(tx, [article])
        if other.article_id != row.article_id
    ]
    (judgement,) = dedupe.judge([article], known)
    if judgement.verdict is Verdict.REPRINT and judgement.known is not None and judgement.known.story_id != story:
        story = judgement.known.story_id
        article_rows.join_story(tx, row.article_id, story)
    if not hits:
        return False
    hit_rows.add(tx, [(row.article_id, hit) for hit in hits], now)
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
