"""What is asked of the archive from the command line, from a read-only look beside a running service."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from policywatch import bootstrap
from policywatch.commands import steps
from policywatch.model import KINDS, LEVELS
from policywatch.store import backup, export, query, search
from policywatch.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, tzinfo
    from pathlib import Path

    from policywatch.config import Config

MARK = "【", "】"
MOST_LISTS = 6
"""Watch-lists of a story that a terminal shows."""


def day(text: str | None) -> date | None:
    """A day as 2026-11-25, or that of so long ago as 30d. Raises PolicywatchError."""
    return query.day(text, bootstrap.now().date()) if text is not None else None


def found(
    config: Config,
    wanted: str,
    *,
    watchlists: Sequence[str] = (),
    sources: Sequence[str] = (),
    regions: Sequence[str] = (),
    kinds: Sequence[str] = (),
    levels: Sequence[str] = (),
    issuer: str = "",
    since: str | None = None,
    until: str | None = None,
    newest: bool = False,
    limit: int = 20,
) -> search.Results:
    """The stories that hold what is asked for. Raises PolicywatchError for a query or a filter that cannot be."""
    plan = bootstrap.plan_of(config)
    steps.require_known("watch-list", watchlists, plan.watchlist_names)
    steps.require_known("source", sources, [spec.id for spec in config.sources])
    steps.require_known("kind", kinds, KINDS)
    steps.require_known("level", levels, LEVELS)
    parsed = query.parsed(wanted)
    filters = search.Filters(
        watchlists=tuple(dict.fromkeys(one for name in watchlists for one in (name, *plan.members(name)))),
        sources=tuple(sources),
        regions=tuple(regions),
        kinds=tuple(kinds),
        levels=tuple(levels),
        issuer=issuer,
        since=day(since),
        until=day(until),
    )
    db = Database.open(bootstrap.database(config), read_only=True)
    try:
        return db.read_now(search.search, parsed, filters, newest=newest, limit=limit)
    finally:
        db.close()


def as_json(match: search.Match) -> dict[str, Any]:
    """For a line of JSON."""
    story = match.story
    document = story.document
    return {
        "story": story.id,
        "article": match.article,
        "title": story.title,
        "url": story.url,
        "source": story.source,
        "published": story.published.isoformat() if story.published else None,
        "first_seen": story.first_seen.isoformat(),
        "watchlists": [hit.watchlist for hit in story.hits],
        "kind": document.kind if document else "",
        "region": document.region if document else "",
        "level": document.level if document else "",
        "issuers": document.issuers if document else (),
        "reprints": story.reprints,
        "title_marks": match.title_marks,
        "excerpt": match.excerpt.text,
        "marks": match.excerpt.marks,
    }


def as_lines(match: search.Match, zone: tzinfo) -> Iterator[str]:
    """For a terminal: what was found stands in brackets."""
    story = match.story
    at = (story.published or story.first_seen).astimezone(zone)
    yield f"{at:%Y-%m-%d}  {_marked(story.title, match.title_marks)}"
    facts = [story.source_name or story.source, *(hit.watchlist for hit in story.hits[:MOST_LISTS])]
    if len(story.hits) > MOST_LISTS:
        facts.append("…")
    if story.reprints:
        facts.append(f"+{story.reprints}")
    yield f"            {' · '.join(facts)}"
    if match.excerpt.text:
        yield f"            {_marked(match.excerpt.text, match.excerpt.marks)}"
    yield f"            {story.url}"


def _marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in marks:
        if start >= at:
            pieces += text[at:start], MARK[0], text[start:end], MARK[1]
            at = end
    return "".join([*pieces, text[at:]])


def back_up(config: Config, target: Path) -> int:
    """Writes the whole store into a new file, beside a running service; its size in bytes."""
    return backup.write(bootstrap.database(config), target)


def restore(config: Config, file: Path) -> tuple[int, Path | None]:
    """Puts a backup in the store's place; how many mails wait in it, and where the old store lies."""
    return backup.restore(file, bootstrap.database(config), bootstrap.now())


def exported(config: Config, since: str | None) -> Iterator[dict[str, Any]]:
    """Every article that came since a day, in the configuration's zone, with its document and hits."""
    first = day(since)
    begin = datetime.combine(first, time(), config.timezone) if first else None
    db = Database.open(bootstrap.database(config), read_only=True)
    try:
        last = 0
        while articles := db.read_now(export.after, last, begin):
            yield from articles
            last = articles[-1]["id"]
    finally:
        db.close()
