"""What a page is, told as comments above a source that is ready to paste."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from policywatch import bootstrap, errors, kinds, urls
from policywatch import config as configuration
from policywatch.model import Page, Request
from policywatch.pipeline import discover as pipeline
from policywatch.pipeline import trials
from policywatch.sources import words
from policywatch.sources.base import http_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from policywatch.config import Config
    from policywatch.model import RawItem
    from policywatch.pipeline.discover import Found, Read

_SHOWN = 5
_LONGEST = 100
_FEW = 5
_COVERED = 0.8
_OLD = timedelta(days=120)
_NOWHERE = "http://localhost/"
_CUT = re.compile(r"(?:…|\.{2,})$")
_PART = re.compile(r"\s*[-_|–—>]+\s*")
_COMMON = frozenset(
    {"www", "gov", "com", "cn", "org", "net", "edu", "ac", "wap", "m", "index", "col", "list", "html", "htm"}
)


def config_or_none(path: Path | None) -> Config | None:
    """The configuration, where there is one: discover needs none. Raises ConfigError for one that is broken."""
    if path is None and not any(place.is_file() for place in bootstrap.LOOKED_FOR):
        return None
    return bootstrap.load(path)


async def discover(
    config: Config | None, what: str, *, url: str | None, kind: str | None, language: str | None
) -> tuple[list[str], bool]:
    """What is to be printed, and whether a source was found. Raises PolicywatchError."""
    if kind is not None and kind not in kinds.names("policywatch.sources.kinds"):
        raise kinds.UnknownKindError(kind, kinds.names("policywatch.sources.kinds"))
    spoken = language or (config.language if config is not None else configuration.LANGUAGES[0])
    if spoken not in configuration.LANGUAGES:
        raise errors.PolicywatchError(f"no language {spoken!r}; there are: {', '.join(configuration.LANGUAGES)}")
    is_file = "://" not in what
    if not is_file and url is not None:
        raise errors.PolicywatchError("--url says where a file came from; an address needs none")
    async with bootstrap.scouting(config) as (fetcher, sandbox):
        if is_file:
            page = _saved(Path(what), url)
            fetcher_or_none = None
        else:
            page = await fetcher.fetch(Request(_checked(what)))
            page = replace(page, url=_with_fragment(page.url, what))
            fetcher_or_none = fetcher
        found = await pipeline.discover(page, fetcher=fetcher_or_none, sandbox=sandbox, now=page.fetched_at, kind=kind)
    lines = list(_told(found, words.TEXTS[spoken], is_file=is_file))
    return lines, found.best is not None


def _with_fragment(answered: str, asked: str) -> str:
    """The address that answered, with the fragment that was asked for: on some platforms it names the column."""
    fragment = asked.partition("#")[2]
    return f"{answered}#{fragment}" if fragment and "#" not in answered else answered


def _checked(address: str) -> str:
    try:
        return http_url(address)
    except ValueError as error:
        raise errors.PolicywatchError(f"{address}: {error}") from None


def _saved(path: Path, url: str | None) -> Page:
    try:
        body = trials.saved(path)
    except OSError as error:
        raise errors.PolicywatchError(f"{path} cannot be read: {error.strerror or error}") from None
    return Page(_checked(url) if url else _NOWHERE, 200, {}, body, bootstrap.now())


def _told(found: Found, texts: dict[str, str], *, is_file: bool) -> Iterator[str]:
    best, sight = found.best, found.sight
    if sight.title:
        yield _comment(texts["page"].format(title=sight.title[:_LONGEST]))
    if is_file:
        yield _comment(texts["file"])
    if sight.is_article and best is None:
        yield _comment(texts["is.article"])
        yield from (_comment(f"  {name} {url}".rstrip()) for name, url in sight.columns)
    elif best is None:
        yield _comment(texts["is.nothing"].format(why=_why_nothing(found, texts)))
    else:
        yield from _told_of(best, found.page, texts)
    told = {(best.way.kind, best.way.url)} if best is not None else set()
    for other in found.others:
        if other.items and (other.way.kind, other.way.url) in told:
            continue
        told.add((other.way.kind, other.way.url))
        if other.items:
            yield _comment(texts["other"].format(kind=other.way.kind, url=other.way.url, n=len(other.items)))
        elif best is not None and other.error:
            yield _comment(texts["other.failed"].format(kind=other.way.kind, why=other.error))
    if best is not None:
        yield _source(best, found, is_file=is_file)


def _why_nothing(found: Found, texts: dict[str, str]) -> str:
    came = found.sight.instead
    nothing = texts["why.instead"].format(what=texts[f"came.{came}"]) if came else texts["why.nothing"]
    return next((one.error for one in found.others if one.error), nothing)


def _told_of(best: Read, page: Page, texts: dict[str, str]) -> Iterator[str]:
    yield _comment(texts[f"is.{best.way.reason}"].format(kind=best.way.kind, url=best.way.url))
    for url in best.unasked:
        yield _comment(texts["unasked"].format(url=url))
    if not best.items:
        return
    days = sorted(item.published for item in best.items if item.published is not None)
    if days:
        span = {"newest": _day(days[-1]), "oldest": _day(days[0])}
        yield _comment(texts["items"].format(n=len(best.items), dated=len(days), **span))
    else:
        yield _comment(texts["items.undated"].format(n=len(best.items)))
    for item in best.items[:_SHOWN]:
        yield _comment(f"  {_day(item.published) if item.published else '----------'} {item.title[:_LONGEST]}")
    for what, values in doubts(best.items, page.url, page.fetched_at):
        yield _comment(texts["doubt"].format(what=texts[f"doubt.{what}"].format(**values)))


def doubts(items: tuple[RawItem, ...], url: str, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a reader should look at before the source is used: a word, and the values of its sentence."""
    days = [item.published for item in items if item.published is not None]
    if len(items) < _FEW:
        yield "few", {"n": len(items)}
    if len(days) < _COVERED * len(items):
        yield "dates", {"n": len(items) - len(days)}
    if days and max(days) < now - _OLD:
        yield "old", {"day": _day(max(days))}
    for what, count in (
        ("cut", sum(_CUT.search(item.title) is not None for item in items)),
        ("elsewhere", sum(bool(item.url) and urls.host(item.url) != urls.host(url) for item in items)),
        ("same", len(items) - len({item.title for item in items})),
    ):
        if count:
            yield what, {"n": count}


def _source(best: Read, found: Found, *, is_file: bool) -> str:
    """The source in YAML."""
    spec = pipeline.spec_of(best.way)
    entry: dict[str, Any] = {
        "id": identity(spec.url),
        "name": _name(found.sight.title) or urls.host(spec.url),
        "kind": spec.kind,
        "url": spec.url,
        "verified": "never" if is_file or not best.items else found.page.fetched_at.date(),
    }
    if spec.options:
        entry["options"] = dict(spec.options)
    return pasted([entry])


def pasted(entries: Sequence[dict[str, Any]]) -> str:
    """Sources in YAML, as they stand in a configuration."""
    writer = YAML()
    writer.allow_unicode = True
    writer.width = 10_000
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    writer.dump({"sources": list(entries)}, out)
    return out.getvalue().rstrip("\n")


def identity(url: str) -> str:
    """A short id of host and column: `ndrc-tz` of https://www.ndrc.gov.cn/xxgk/zcfb/tz/."""
    host = [part for part in urls.host(url).split(".") if part not in _COMMON]
    path = re.split(r"[/?&=#]", url.split("://", 1)[-1].partition("/")[2])
    column = [re.sub(r"\.\w+$", "", part).lower() for part in path]
    last = next((part for part in reversed(column) if part not in _COMMON and re.search(r"[a-z0-9]", part)), "")
    joined = "-".join([*(host or ["source"])[:2], *([last] if last else [])])
    return re.sub(r"[^a-z0-9._-]+", "-", joined).strip("-._")[:64] or "source"


def _name(title: str) -> str:
    """Of a page's title the site before the column, as sources are called: 示例部 通知公告."""
    parts = [part for part in _PART.split(title) if part]
    return " ".join(reversed(parts[:2]))[:60] if parts else ""


def _day(moment: datetime) -> str:
    return moment.astimezone(pipeline.ZONE).date().isoformat()


def _comment(text: str) -> str:
    return "# " + " ".join(text.split("\n"))
