"""Rules against the archive: what they would find, and what the lists found over time."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policywatch import bootstrap, errors
from policywatch.commands import steps
from policywatch.config import rules
from policywatch.digests import plots, timeline
from policywatch.digests.evidence import tags
from policywatch.matching.matcher import Matcher
from policywatch.pipeline import rematch
from policywatch.pipeline.replay import ListReport, Replay, Report
from policywatch.store import rematch as rows
from policywatch.store import trends as trend_rows
from policywatch.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from policywatch.config import Config
    from policywatch.digests.catalogue import Catalogue
    from policywatch.matching.base import WatchlistSpec
    from policywatch.model import Hit
    from policywatch.pipeline.rematch import Mode
    from policywatch.store.rematch import Kept

MODES = ("quietly", "digest")
ALL = datetime(1970, 1, 1, tzinfo=UTC)


def chosen(config: Config, path: str | None, query: str | None, watchlist: str | None) -> dict[str, WatchlistSpec]:
    """The lists to be tried, by the name of the recorded list that each is held against. Raises PolicywatchError."""
    if query is not None:
        return _one(rules.query(query, "--query", watchlist or query), watchlist or query)
    if path is None:
        specs: Sequence[WatchlistSpec] = config.watchlists
        steps.require_known("watch-list", [watchlist] if watchlist else [], [spec.name for spec in specs])
    else:
        specs = rules.read(_text(path), "standard input" if path == "-" else path, config.watchlists)
    if watchlist is None:
        return {spec.name: spec for spec in specs}
    named = [spec for spec in specs if spec.name == watchlist]
    if named:
        return _one(named[0], watchlist)
    if len(specs) == 1:
        return _one(specs[0], watchlist)
    raise errors.PolicywatchError(f"none of the {len(specs)} lists of {path} is called {watchlist!r}")


def _one(spec: WatchlistSpec, against: str) -> dict[str, WatchlistSpec]:
    return {against: spec}


def _text(path: str) -> str:
    if path == "-":
        raw = sys.stdin.buffer.read()
    else:
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            raise errors.PolicywatchError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise errors.PolicywatchError(f"{path} is not UTF-8 text; save the file as UTF-8 (编码选择 UTF-8)") from error


def replay(
    config: Config,
    lists: dict[str, WatchlistSpec],
    since: timedelta | None,
    apply: Mode | None,
    examples: int,
    advance: Callable[[], None],
) -> Report:
    """Holds lists against the archive; with `apply` makes what they find what stands recorded.

    `advance` is called after each part. Raises PolicywatchError.
    """
    renamed = [spec.name for against, spec in lists.items() if spec.name != against]
    if apply is not None and renamed:
        raise errors.PolicywatchError(
            f"{renamed[0]!r} would be recorded under another name; call the list as the one that it is to replace"
        )
    now = bootstrap.now()
    plan = bootstrap.plan_of(config)
    begin = _begin(since)
    names = {spec.name: against for against, spec in lists.items()}
    db = Database.open(bootstrap.database(config), read_only=apply is None)
    try:
        tried = Replay(Matcher(list(lists.values())), names, begin, examples=examples, is_applied=apply is not None)
        while not tried.report.is_whole:
            found = tried.step(db)
            if apply is not None:
                db.write_now(rematch.settle, plan, found, list(names), apply, now)
            advance()
        return tried.report
    finally:
        db.close()


def parts(config: Config, since: timedelta | None) -> int:
    """In how many parts a replay goes through the archive."""
    db = Database.open(bootstrap.database(config), read_only=True)
    try:
        return db.read_now(rows.count, _begin(since)) // rematch.BATCH + 1
    finally:
        db.close()


def _begin(since: timedelta | None) -> datetime:
    return ALL if since is None else bootstrap.now() - since


def unconfigured(config: Config, lists: dict[str, WatchlistSpec]) -> list[str]:
    """Names of lists that the configuration does not have, so that what they record is shown nowhere."""
    known = {spec.name for spec in config.watchlists}
    return [name for name in lists if name not in known]


def told(report: Report, words: Catalogue, zone: ZoneInfo) -> list[str]:
    """A report in lines."""
    said = [words.text("replay.looked", n=report.looked)]
    if report.without_text:
        said.append(words.text("replay.without_text", n=report.without_text))
    for one in report.lists:
        said += ["", _head(one, words)]
        for mark, kept, hit in _shown(one):
            day = (kept.article.published or kept.article.fetched_at).astimezone(zone)
            said.append(f"  {mark} {day:%Y-%m-%d}  {kept.article.title}  [{kept.source_name} {kept.article_id}]")
            said.append(f"      {'; '.join(tags(hit.spans, words))}  ({hit.score:g})")
        left = one.gained + one.lost - len(one.gains) - len(one.losses)
        if left:
            said.append("  " + words.text("replay.more", n=left))
    return said


def _head(one: ListReport, words: Catalogue) -> str:
    name = one.name if one.name == one.against else f"{one.name} ({one.against})"
    if one.gained or one.lost:
        changed = words.text("replay.changed", gained=one.gained, lost=one.lost)
    else:
        changed = words.text("replay.unchanged")
    counts = words.text("replay.counts", found=one.found, stories=len(one.stories), recorded=one.recorded)
    return f"{name}: {counts}{changed}"


def _shown(one: ListReport) -> list[tuple[str, Kept, Hit]]:
    gains = [("+", told.kept, told.gained) for told in one.gains if told.gained is not None]
    losses = [("-", told.kept, told.lost) for told in one.losses if told.lost is not None]
    return [*gains, *losses]


def plain(report: Report) -> dict[str, Any]:
    """A report for programs."""
    return {
        "looked": report.looked,
        "without_text": report.without_text,
        "lists": [
            {
                "watchlist": one.name,
                "against": one.against,
                "found": one.found,
                "stories": len(one.stories),
                "recorded": one.recorded,
                "gained": one.gained,
                "lost": one.lost,
                "examples": [_plain(mark, kept, hit) for mark, kept, hit in _shown(one)],
            }
            for one in report.lists
        ],
    }


def _plain(mark: str, kept: Kept, hit: Hit) -> dict[str, Any]:
    article = kept.article
    return {
        "change": "gained" if mark == "+" else "lost",
        "article": kept.article_id,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "score": hit.score,
        "why": [
            {"rule": span.rule, "field": span.field, "start": span.start, "end": span.end, "text": span.text}
            for span in hit.spans
        ],
    }


# --- over time ---------------------------------------------------------------------------------------------------

FORMS = ("table", "csv", "json", "svg")
_ASKED: dict[str, Callable[[Connection, trend_rows.Wanted], list[trend_rows.Count]]] = {
    "region": trend_rows.by_region,
    "issuer": trend_rows.by_issuer,
    "first": trend_rows.first_to_report,
}


def trends(
    config: Config, watchlists: Sequence[str], by: timeline.By, since: timedelta, region: str, issuer: str, form: str
) -> str:
    """What lists found over time, in a form of FORMS. Raises PolicywatchError."""
    names = [spec.name for spec in config.watchlists]
    steps.require_known("watch-list", watchlists, names)
    now = bootstrap.now()
    spans = timeline.bounds(by, now - since, now, config.timezone)
    wanted = trend_rows.Wanted(tuple(watchlists or names), spans, region, issuer)
    db = Database.open(bootstrap.database(config), read_only=True)
    try:
        counts = db.read_now(trend_rows.over_time, wanted)
        found = [row for name in wanted.watchlists for row in timeline.rows(name, spans, counts[name], by)]
        for key, ask in _ASKED.items():
            found += [
                timeline.Row(one.watchlist, key, one.key, one.articles, one.stories) for one in db.read_now(ask, wanted)
            ]
    finally:
        db.close()
    words = bootstrap.renderer_of(config).catalogue(config.language)
    if form == "csv":
        return timeline.table(found)
    if form == "json":
        rows_ = [dataclasses.asdict(one) for one in found]
        return json.dumps({"by": by, "since": spans[0].isoformat(), "rows": rows_}, ensure_ascii=False, indent=2) + "\n"
    if form == "svg":
        drawn = [timeline.plot(name, spans, counts[name], by, words) for name in wanted.watchlists]
        return plots.sheet(words.text("trends.sheet"), drawn) + "\n"
    order = {name: at for at, name in enumerate(wanted.watchlists)}
    some = [one for one in found if one.articles]
    said = timeline.lines(sorted(some, key=lambda one: order[one.watchlist]), words)
    return "\n".join(said or [words.text("trends.nothing")]) + "\n"
